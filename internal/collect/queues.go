// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A QueueLook is one reading of the listeners' queues and its report.
type QueueLook struct {
	Reading   diagnose.QueueReading
	Report    *engine.Report
	Filter    *query.Filter // chooses listeners; nil for all
	Undecided uint64        // listeners that the filter could not judge
	LeftOut   uint64        // listeners that the filter did not choose

	ownerless bool // some shown listener is held by a process that this user may not inspect
}

// LookAtQueues reads the queues of all listeners. The filter chooses the listeners
// that are judged; other sockets are only counted.
func LookAtQueues(ctx context.Context, src engine.Source, filter *query.Filter) (_ *QueueLook, err error) {
	l := &QueueLook{Filter: filter}
	scan := engine.Scan{
		Filter: query.InStates(diagnose.QueueStates()),
		Fields: diagnose.QueueFields().Union(filter.Needs()).Union(listenerFields()),
	}
	l.Report, err = src.Rows(ctx, scan, l)
	if h, ok := src.(*engine.Host); ok {
		l.Reading.AskStopped(h.Stopped)
	}
	if err == nil && !l.ownerless {
		l.Report.Gaps = besides(l.Report.Gaps)
	}
	return l, err
}

// besides marks gaps about processes as structural: if every listener shown has its
// owner, nothing shown depends on those gaps.
func besides(gaps []problem.Gap) []problem.Gap {
	gaps = slices.Clone(gaps)
	for i := range gaps {
		gaps[i].Structural = gaps[i].Structural || gaps[i].Code.OfProcesses()
	}
	return gaps
}

// Partial reports whether some data could have been read but was lost.
func (l *QueueLook) Partial() bool {
	return l.Report.Partial() || l.Undecided > 0 || l.Reading.LeftOut() > 0
}

// Judge judges the queues. If before is not nil, it compares with that earlier
// reading.
func (l *QueueLook) Judge(before *QueueLook, elapsed time.Duration) []diagnose.Queue {
	if before == nil {
		return diagnose.JudgeQueues(&l.Reading, nil, elapsed)
	}
	return diagnose.JudgeQueues(&l.Reading, &before.Reading, elapsed)
}

// Enter reads the kernel's counters and parameters that concern all listeners of a
// namespace.
func (l *QueueLook) Enter(space *engine.Space) error {
	if space.Netns == nil {
		return nil // a listing has no counters
	}
	l.Reading.Learn(space.Netns.Inode, space.Sysctls(diagnose.QueueSysctls()...), diagnose.NumbersOf(space.Counters()))
	return nil
}

// Row takes a socket.
func (l *QueueLook) Row(s *socket.Socket) bool {
	chosen := l.chosen(s)
	l.ownerless = l.ownerless || chosen && s.Owner != nil && s.Owner.Hidden
	l.Reading.Add(s, chosen)
	return true
}

// Leave does nothing.
func (*QueueLook) Leave(*engine.Space) error { return nil }

// Reset starts the reading again, see [engine.Again].
func (l *QueueLook) Reset() {
	l.Reading, l.Undecided, l.LeftOut, l.ownerless = diagnose.QueueReading{}, 0, 0, false
}

// listenerFields are the fields that say who owns a listener, and in which unit and
// container.
func listenerFields() socket.FieldSet {
	return ownerFields().Union(socket.FieldsOf(socket.FieldDevice))
}

// chosen applies the filter to listeners. Other rows are only counted.
func (l *QueueLook) chosen(s *socket.Socket) bool {
	if s.State != tcp.Listen {
		return false
	}
	verdict := l.Filter.Match(s)
	switch verdict {
	case query.Unknown:
		l.Undecided++
	case query.No:
		l.LeftOut++
	case query.Yes:
	}
	return verdict == query.Yes
}

// Unknown returns a gap for each number that the judgement needed and did not have.
func (l *QueueLook) Unknown(queues []diagnose.Queue) (gaps []problem.Gap) {
	limits, drops, caps, hands := 0, 0, 0, 0
	for i := range queues {
		limits += missing(queues[i].Limit)
		drops += missing(queues[i].Drops)
		caps += missing(queues[i].Somaxconn)
		hands += missing(queues[i].Unaccepted)
	}
	add := func(n int, source string, code problem.Code) {
		if n > 0 {
			gaps = append(gaps, problem.Unread(source, code).NeverShown())
		}
	}
	add(limits, "limit", problem.NoQueueLimits)
	add(drops, "drops", problem.NoDrops)
	add(hands, "unaccepted", problem.NoHolders)
	add(caps, "net.core.somaxconn", problem.NoSomaxconn)
	if l.Undecided > 0 {
		gaps = append(gaps, problem.Unread("filter", problem.UndecidedListeners, l.Undecided))
	}
	if n := l.Reading.LeftOut(); n > 0 {
		gaps = append(gaps, leftOut(n))
	}
	return gaps
}

// leftOut is the gap for n listeners that were not kept because there was no room.
func leftOut(n uint64) problem.Gap {
	return problem.Unread("listeners", problem.ListenersFull, n, diagnose.ListenersKept)
}

func missing(n *uint64) int {
	if n == nil {
		return 1
	}
	return 0
}
