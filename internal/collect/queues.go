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

// A QueueLook is one reading and how it went.
type QueueLook struct {
	Reading   diagnose.QueueReading
	Report    *engine.Report
	Filter    *query.Filter // chooses listeners; nil for all
	Undecided uint64        // listeners that the filter could not judge
	LeftOut   uint64        // listeners that the filter did not choose

	ownerless bool // somebody who could not be seen has one of those that are shown open
}

// LookAtQueues reads the queues of all listeners. The filter chooses those that
// are told of; all other sockets only count.
func LookAtQueues(ctx context.Context, src engine.Source, filter *query.Filter) (_ *QueueLook, err error) {
	l := &QueueLook{Filter: filter}
	scan := engine.Scan{
		Filter: query.InStates(diagnose.QueueStates()),
		Fields: diagnose.QueueFields().Union(filter.Needs()).Union(listenerFields()),
	}
	l.Report, err = src.Rows(ctx, scan, l)
	if err == nil && !l.ownerless {
		l.Report.Gaps = besides(l.Report.Gaps)
	}
	return l, err
}

// besides marks gaps in processes as structural. When every listener shown has
// its owner, nothing shown depends on those gaps.
func besides(gaps []problem.Gap) []problem.Gap {
	gaps = slices.Clone(gaps)
	for i := range gaps {
		gaps[i].Structural = gaps[i].Structural || gaps[i].Code.OfProcesses()
	}
	return gaps
}

// Partial reports whether something was lost that could have been read.
func (l *QueueLook) Partial() bool {
	return l.Report.Partial() || l.Undecided > 0 || l.Reading.LeftOut() > 0
}

// Judge judges the queues, compared with an earlier look if it is not nil.
func (l *QueueLook) Judge(before *QueueLook, elapsed time.Duration) []diagnose.Queue {
	if before == nil {
		return diagnose.JudgeQueues(&l.Reading, nil, elapsed)
	}
	return diagnose.JudgeQueues(&l.Reading, &before.Reading, elapsed)
}

// Enter reads what the kernel keeps for all listeners of a namespace.
func (l *QueueLook) Enter(space *engine.Space) error {
	if space.Netns == nil {
		return nil // a listing
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

// Reset begins anew, see [engine.Again].
func (l *QueueLook) Reset() {
	l.Reading, l.Undecided, l.LeftOut, l.ownerless = diagnose.QueueReading{}, 0, 0, false
}

// listenerFields are whose a listener is, and where.
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

// Unknown names what the judgement had to do without.
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

// leftOut says how many listeners there was no room for.
func leftOut(n uint64) problem.Gap {
	return problem.Unread("listeners", problem.ListenersFull, n, diagnose.ListenersKept)
}

func missing(n *uint64) int {
	if n == nil {
		return 1
	}
	return 0
}
