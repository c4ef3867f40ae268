// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A TraceLook collects from a trace, for the doctor, how connections of each network
// namespace were opened and ended. The zero value has seen nothing.
type TraceLook struct {
	spaces map[uint64]*diagnose.TraceReading
}

// Row takes a row of a trace.
func (l *TraceLook) Row(s *socket.Socket) bool {
	if s.Netns == nil {
		return true
	}
	if l.spaces == nil {
		l.spaces = map[uint64]*diagnose.TraceReading{}
	}
	r := l.spaces[s.Netns.Inode]
	if r == nil {
		r = &diagnose.TraceReading{}
		l.spaces[s.Netns.Inode] = r
	}
	r.Add(s)
	return true
}

// Tell adds to a machine what the trace saw in the time took, and the trace's gaps.
func (l *TraceLook) Tell(e *Examined, took time.Duration, gaps []problem.Gap) {
	for _, space := range e.Machine.Spaces {
		space.Trace = &diagnose.TraceReading{}
		if r := l.ofSpace(space.Netns); r != nil {
			space.Trace = r
		}
		space.Trace.Took = took
	}
	for _, g := range gaps {
		if !slices.Contains(e.Report.Gaps, g) {
			e.Report.Gaps = append(e.Report.Gaps, g)
		}
	}
	e.Machine.Gaps = e.Report.Gaps
}

func (l *TraceLook) ofSpace(ns *socket.Netns) *diagnose.TraceReading {
	if ns == nil {
		return nil
	}
	return l.spaces[ns.Inode]
}
