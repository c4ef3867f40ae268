// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A LimitSource says what set the limit of an accept queue. At listen() the kernel
// takes the smaller of its argument and net.core.somaxconn, once (net/socket.c
// __sys_listen).
type LimitSource string

const (
	// LimitUnknown means that the limit or somaxconn could not be read.
	LimitUnknown LimitSource = "unknown"
	// LimitSomaxconn means that the limit equals somaxconn.
	LimitSomaxconn LimitSource = "somaxconn"
	// LimitApplication means that the limit is below somaxconn: the application asked
	// for that limit.
	LimitApplication LimitSource = "application"
	// LimitEarlier means that the limit is above somaxconn, which must have been
	// higher when listen() was called.
	LimitEarlier LimitSource = "earlier"
)

// Queue is the queues of one listener and the verdict on them. A nil pointer is a
// number that could not be read.
type Queue struct {
	Socket *socket.Socket // the listener

	Waiting    *uint64 // connections waiting for accept()
	Limit      *uint64 // of the accept queue; the limit of half-open connections is the same number
	Drops      *uint64 // packets that this listener dropped since it was opened (SK_MEMINFO_DROPS; it wraps at 2^32)
	Somaxconn  *uint64 // the present net.core.somaxconn
	LimitSetBy LimitSource
	SynQueue   *SynQueue // further limits of half-open connections; nil if they could not be read

	Members    int     // number of listeners with this address, port and device: more than one with SO_REUSEPORT
	SynRecv    uint64  // half-open connections of all members
	Unaccepted *uint64 // connections of all members that no process has open yet

	GaveUp   uint64   // of these, in CLOSE_WAIT: their clients have closed
	Accepted []uint32 // inodes of some connections that this listener accepted
	Stopped  bool     // the process that accepts is stopped, by a signal or a debugger

	// realClients says that SYN cookies were sent in the window, and most of them came
	// back: those whose handshakes were not kept exist.
	realClients bool

	Window *QueueWindow // nil if there is only one reading

	Severity Severity
	Signs    []QueueSign
	Knobs    []QueueKnob // remedies, the most useful first; empty if nothing is wrong
}

// QueueWindow is what happened between two readings.
type QueueWindow struct {
	Elapsed       time.Duration
	WaitingBefore *uint64
	Drops         *uint64    // drops in the window, including packets that were merely discarded
	Overflows     *Overflows // nil if not known
	// Left is how many connections of all members waited at the first reading and not
	// at the second: accepted or gone.
	Left uint64
	// Stayed is how many of them waited at both readings. StayedOpen of these were
	// ESTABLISHED at both, and StayedClosed were CLOSE_WAIT at both: their clients had
	// given up before the first reading.
	Stayed, StayedOpen, StayedClosed uint64
	Movement                         Movement
}

// DropRate returns the drops per second; ok is false if they are not known.
func (w *QueueWindow) DropRate() (perSecond float64, ok bool) {
	if w.Drops == nil || w.Elapsed <= 0 {
		return 0, false
	}
	return float64(*w.Drops) / w.Elapsed.Seconds(), true
}

// Movement says whether connections were accepted from a queue between two readings.
type Movement string

const (
	// MovementUnknown means that the readings do not show it.
	MovementUnknown Movement = "unknown"
	// MovementIdle means that nothing waited at either reading.
	MovementIdle Movement = "idle"
	// Moved means that connections left the queue.
	Moved Movement = "moved"
	// Stuck means that no connection left the queue and that some waited at both
	// readings. Two queue lengths above zero do not show that: each waiting connection
	// may have been accepted at once and replaced by another.
	Stuck Movement = "stuck"
)

// JudgeQueues judges the chosen listeners of a reading, the worst first. before is an
// earlier reading, taken elapsed earlier, or nil.
func JudgeQueues(now, before *QueueReading, elapsed time.Duration) []Queue {
	queues, _, _ := judgeQueues(now, before, elapsed)
	return queues
}

// judgeQueues is [JudgeQueues] and returns also its intermediate results: the
// listeners grouped by place, and the suspects of each namespace.
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

		GaveUp: g.gaveUp, Accepted: g.accepted, Stopped: now.stopped[l.row],
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
	q.realClients = blame != nil && float64(blame.grown.CookiesBack) > cookiesOfClients*float64(blame.grown.CookiesSent)
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

// lost reports whether listeners of a namespace may have lost a connection at any
// time: true unless the counter is known and 0.
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

// settled is how long a connection must have waited before it counts as stuck: a busy
// process may need a moment.
const settled = time.Second

// movement concludes from two readings whether a listener accepted connections. If it
// shares its port, only the length of its own queue is its own.
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

// compareQueues orders queues: the worst first, then by namespace and address.
func compareQueues(a, b Queue) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(netnsOf(a.Socket), netnsOf(b.Socket)),
		cmp.Compare(a.Socket.Local.Port(), b.Socket.Local.Port()),
		a.Socket.Local.Addr().Compare(b.Socket.Local.Addr()),
		cmp.Compare(a.Socket.Cookie, b.Socket.Cookie),
	)
}
