// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A LimitSource says what set the limit of an accept queue. The kernel takes
// the smaller of listen()'s argument and net.core.somaxconn, once, at the time
// of listen() (net/socket.c __sys_listen).
type LimitSource string

const (
	// LimitUnknown means that the limit or somaxconn could not be read.
	LimitUnknown LimitSource = "unknown"
	// LimitSomaxconn means that the limit equals somaxconn.
	LimitSomaxconn LimitSource = "somaxconn"
	// LimitApplication means that the limit is below somaxconn: the
	// application asked for no more.
	LimitApplication LimitSource = "application"
	// LimitEarlier means that the limit is above somaxconn, which must have
	// been higher at the time of listen().
	LimitEarlier LimitSource = "earlier"
)

// Queue is one listener's queues and what is to be thought of them. A pointer
// that is nil is a number that could not be read.
type Queue struct {
	Socket *socket.Socket // the listener

	Waiting    *uint64 // connections that wait for accept()
	Limit      *uint64 // of the accept queue and, the same number, of half-open connections
	Drops      *uint64 // what this listener dropped since it was opened (SK_MEMINFO_DROPS; it wraps at 2^32)
	Somaxconn  *uint64 // net.core.somaxconn now
	LimitSetBy LimitSource
	SynQueue   *SynQueue // what else bounds half-open connections; nil when it could not be read

	Members    int     // how many listeners have this address, port and device: more than one with SO_REUSEPORT
	SynRecv    uint64  // half-open connections of all members together
	Unaccepted *uint64 // connections in nobody's hands of all members together

	GaveUp   uint64   // of these, CLOSE_WAIT: their clients have closed
	Accepted []uint32 // inodes of some connections that were accepted here

	Window *QueueWindow // nil without a second reading

	Severity Severity
	Signs    []QueueSign
	Knobs    []QueueKnob // what to turn, the most useful first; empty when nothing is wrong
}

// QueueWindow is what happened between two readings.
type QueueWindow struct {
	Elapsed       time.Duration
	WaitingBefore *uint64
	Drops         *uint64    // in the window, what merely was discarded among them
	Overflows     *Overflows // nil when it is not known
	// Left is how many connections of all members together waited at the
	// first reading and did not at the second: accepted, or gone.
	Left uint64
	// Stayed is how many of them waited at both. StayedOpen of these were
	// ESTABLISHED at both, and StayedClosed CLOSE_WAIT: their clients had given up
	// before the first reading.
	Stayed, StayedOpen, StayedClosed uint64
	Movement                         Movement
}

// DropRate returns the drops per second; ok is false when they are not known.
func (w *QueueWindow) DropRate() (perSecond float64, ok bool) {
	if w.Drops == nil || w.Elapsed <= 0 {
		return 0, false
	}
	return float64(*w.Drops) / w.Elapsed.Seconds(), true
}

// Movement says whether a queue was served between two readings.
type Movement string

const (
	// MovementUnknown means that the readings do not tell.
	MovementUnknown Movement = "unknown"
	// MovementIdle means that nothing waited at either reading.
	MovementIdle Movement = "idle"
	// Moved means that connections left the queue.
	Moved Movement = "moved"
	// Stuck means that none left, and that some were seen to wait at both
	// readings. Two lengths above zero do not show that: they may be of
	// others, each of which was accepted at once.
	Stuck Movement = "stuck"
)

// JudgeQueues judges the chosen listeners of a reading, the worst first. before
// is an earlier reading, elapsed before now, or nil.
func JudgeQueues(now, before *QueueReading, elapsed time.Duration) []Queue {
	queues, _, _ := judgeQueues(now, before, elapsed)
	return queues
}

// judgeQueues is [JudgeQueues] with what it concludes from: the listeners by where
// they are, and those of each namespace that may have overflowed.
func judgeQueues(now, before *QueueReading, elapsed time.Duration) (queues []Queue, groups map[place]*group, blame map[uint64]*suspects) {
	groups, blame = now.groups(), suspectsOf(now, before)
	var past map[place]*group
	if before != nil {
		past = before.groups()
	}
	for p, g := range groups {
		earlier := past[p]
		stays := stayed(earlier, g)
		for _, l := range g.members {
			if l.chosen {
				queues = append(queues, judge(now, g, l, earlier, &stays, elapsed, blame[p.netns]))
			}
		}
	}
	slices.SortFunc(queues, compareQueues)
	return queues, groups, blame
}

func judge(now *QueueReading, g *group, l *listener, past *group, stays *queueStay, elapsed time.Duration, blame *suspects) Queue {
	q := Queue{
		Socket:  l.row,
		Waiting: number(socket.FieldAcceptQ, l.row),
		Limit:   number(socket.FieldBacklog, l.row),
		Drops:   number(socket.FieldDrops, l.row),
		Members: g.sharing(l),
		SynRecv: g.synRecv,

		GaveUp: g.gaveUp, Accepted: g.accepted,
	}
	if !now.noInodes {
		q.Unaccepted = &g.unaccepted
	}
	if n, ok := now.Somaxconn[netnsOf(l.row)]; ok {
		q.Somaxconn = &n
	}
	q.LimitSetBy = limitSource(q.Limit, q.Somaxconn)
	if s, ok := now.SynQueues[netnsOf(l.row)]; ok {
		q.SynQueue = &s
	}
	if earlier := past.find(l.row); earlier != nil {
		q.Window = window(&q, past, earlier, stays, elapsed)
		q.Window.Overflows = blame.overflows(l.row, full(q.Waiting, q.Limit) || full(q.Window.WaitingBefore, q.Limit))
	}
	q.Signs = signs(now, &q, g, l)
	if blame != nil && blame.grown.SynDrops > 0 && blame.drops[l.row] > 0 && q.has(SignHalfOpenFull) {
		q.sign(SignDropping)
	}
	if q.Window == nil && q.Drops != nil && *q.Drops > 0 && now.lost(netnsOf(l.row)) {
		q.sign(SignDropped)
	}
	q.Severity = severity(&q)
	q.Knobs = knobs(&q)
	return q
}

// lost reports whether listeners of a namespace have ever lost a connection.
// Unless the counter says no, they may have.
func (r *QueueReading) lost(netns uint64) bool {
	counters, known := r.Counters[netns]
	return !known || counters.Drops > 0
}

func limitSource(limit, somaxconn *uint64) LimitSource {
	switch {
	case limit == nil || somaxconn == nil:
		return LimitUnknown
	case *limit == *somaxconn:
		return LimitSomaxconn
	case *limit < *somaxconn:
		return LimitApplication
	default:
		return LimitEarlier
	}
}

func window(q *Queue, past *group, earlier *socket.Socket, stays *queueStay, elapsed time.Duration) *QueueWindow {
	w := &QueueWindow{
		Elapsed: elapsed, WaitingBefore: number(socket.FieldAcceptQ, earlier),
		Left: stays.left, Stayed: stays.all(), StayedOpen: stays.open, StayedClosed: stays.closed,
	}
	if drops := number(socket.FieldDrops, earlier); drops != nil && q.Drops != nil {
		n := dropsSince(*q.Drops, *drops)
		w.Drops = &n
	}
	w.Movement = movement(q, w, past)
	return w
}

// settled is how long a connection must have waited to be called stuck: a busy
// process may take a moment.
const settled = time.Second

// movement concludes from two readings whether the listener was served. Of a
// listener that shares its port only its own queue length is its own.
func movement(q *Queue, w *QueueWindow, past *group) Movement {
	switch {
	case q.Waiting == nil || w.WaitingBefore == nil:
		return MovementUnknown
	case *q.Waiting == 0 && *w.WaitingBefore == 0:
		return MovementIdle
	case *q.Waiting < *w.WaitingBefore:
		return Moved
	case q.Members == 1 && w.Left > 0:
		return Moved
	case *w.WaitingBefore > 0 && w.Left == 0 && w.Stayed >= past.stuckFrom() && w.Elapsed >= settled:
		return Stuck
	default:
		return MovementUnknown
	}
}

// compareQueues puts the worst first, then orders by namespace and address.
func compareQueues(a, b Queue) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(netnsOf(a.Socket), netnsOf(b.Socket)),
		cmp.Compare(a.Socket.Local.Port(), b.Socket.Local.Port()),
		a.Socket.Local.Addr().Compare(b.Socket.Local.Addr()),
		cmp.Compare(a.Socket.Cookie, b.Socket.Cookie),
	)
}
