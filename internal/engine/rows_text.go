// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"io"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// procfsRows reads /proc/net/tcp and tcp6 of the calling thread's namespace. If clues
// are needed it reads them twice: the text is not sorted.
func procfsRows(s *scanner) error {
	if err := s.annotator.withoutCgroups(); err != nil {
		return err
	}
	if s.annotator.need.listeners {
		if err := s.procTables(func(row *socket.Socket) bool { s.clue(row); return true }); err != nil {
			return err
		}
	}
	return s.procTables(s.offer)
}

func (s *scanner) procTables(do func(*socket.Socket) bool) error {
	files, gaps, err := s.host.proc.TCPTables()
	if err != nil {
		return err
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		defer f.Close()
		readers[i] = f
	}
	for _, g := range gaps {
		s.report.note(g)
	}
	rd := listing.NewReader(&cancellable{s.ctx, io.MultiReader(readers...)}, files[0].Name())
	for row, err := range rd.Rows() {
		if err != nil {
			return err
		}
		knowledgeOf(row)
		if !do(&row.Socket) {
			break
		}
	}
	s.report.limits(rd.Result().Limits)
	for _, g := range rd.Result().Gaps {
		if !g.Structural { // see procfsCensus
			s.report.Exact = false
			s.report.note(g)
		}
	}
	return nil
}

// note adds a gap, once.
func (r *Report) note(g problem.Gap) {
	if !slices.Contains(r.Gaps, g) {
		r.Gaps = append(r.Gaps, g)
	}
}

// limits adds what the source can never show.
func (r *Report) limits(gaps []problem.Gap) {
	for _, g := range gaps {
		g.Structural = true
		if !slices.Contains(r.Limits, g) {
			r.Limits = append(r.Limits, g)
		}
	}
}
