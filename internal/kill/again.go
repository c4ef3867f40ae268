// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Return tells whether sockets like the closed ones have come back.
type Return struct {
	// New is how many sockets match that no earlier look has met.
	New int
	// Totals counts them by process and state.
	Totals *query.Groups
	Gaps   []problem.Gap
}

// Again looks for sockets that match the filter and did not exist when Kill looked.
// Errors are those of [engine.Source.Rows].
func (p *Preview) Again(ctx context.Context, r *Result) (*Return, error) {
	known := make(map[identity]bool, len(r.NotShown))
	for i := range r.NotShown {
		known[r.NotShown[i].identity()] = true
	}
	again := &Return{Totals: totals()}
	var row socket.Socket
	visit := engine.Visit(func(s *socket.Socket) bool {
		if _, shown := p.index[identityOf(s)]; !shown && !known[identityOf(s)] && !p.wasSpared(s) {
			again.New++
			v := victimOf(s)
			v.Show(&row)
			again.Totals.Add(&row)
		}
		return true
	})
	report, err := p.o.Source.Rows(ctx, engine.Scan{Filter: p.o.Filter, Fields: Fields().Union(again.Totals.Needs())}, visit)
	if err != nil {
		return nil, err
	}
	again.Gaps = report.Gaps
	return again, nil
}
