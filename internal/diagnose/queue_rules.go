// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A QueueSign is something that was seen at a listener.
type QueueSign string

const (
	// SignDropping means that the listener dropped something in the window.
	SignDropping QueueSign = "dropping"
	// SignFull means that the accept queue holds more than its limit, so that
	// new SYNs and final ACKs are dropped (include/net/sock.h sk_acceptq_is_full).
	SignFull QueueSign = "full"
	// SignStuck means that connections waited all the time and none was taken.
	SignStuck QueueSign = "stuck"
	// SignAlone means that the others of a SO_REUSEPORT group have room.
	SignAlone QueueSign = "alone"
	// SignHalfOpenFull means that there are more half-open connections than the
	// limit: the kernel answers with cookies or drops
	// (include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full).
	SignHalfOpenFull QueueSign = "half-open-full"
	// SignHalfOpen means that half-open connections are beyond half the limit,
	// where the kernel begins to shed old ones (net/ipv4/inet_connection_sock.c
	// reqsk_timer_handler).
	SignHalfOpen QueueSign = "half-open"
	// SignFilling means that the accept queue is at least half full.
	SignFilling QueueSign = "filling"
	// SignDropped means that the listener has dropped something since it was
	// opened; when, one reading does not tell.
	SignDropped QueueSign = "dropped"
)

// QueueSigns lists every sign, the worst first.
func QueueSigns() []QueueSign {
	return []QueueSign{SignDropping, SignFull, SignStuck, SignAlone, SignHalfOpenFull, SignHalfOpen, SignFilling, SignDropped}
}

// A QueueKnob is what to turn.
type QueueKnob string

const (
	// KnobAccept is to accept faster.
	KnobAccept QueueKnob = "accept-faster"
	// KnobBacklog is to raise the application's own backlog.
	KnobBacklog QueueKnob = "raise-backlog"
	// KnobSomaxconn is to raise net.core.somaxconn and call listen() again.
	KnobSomaxconn QueueKnob = "raise-somaxconn"
	// KnobLimit is to raise the limit, where it is not known what set it.
	KnobLimit QueueKnob = "raise-limit"
	// KnobSources is to find out who does not finish its handshakes.
	KnobSources QueueKnob = "find-half-open-sources"
	// KnobMeasure is to look again with a window, before turning anything.
	KnobMeasure QueueKnob = "measure"
)

// QueueKnobs lists every knob.
func QueueKnobs() []QueueKnob {
	return []QueueKnob{KnobAccept, KnobBacklog, KnobSomaxconn, KnobLimit, KnobSources, KnobMeasure}
}

// signs lists what is seen at a listener, the worst first.
func signs(q *Queue, g *group, l *listener) []QueueSign {
	seen := map[QueueSign]bool{
		SignFull:    full(q.Waiting, q.Limit),
		SignFilling: filling(q),
	}
	if q.Window != nil {
		seen[SignDropping] = q.Window.Drops != nil && *q.Window.Drops > 0
		seen[SignStuck] = q.Window.Movement == Stuck
	} else {
		seen[SignDropped] = q.Drops != nil && *q.Drops > 0
	}
	if limit, ok := g.limit(); ok {
		seen[SignHalfOpenFull] = q.SynRecv > limit && q.SynRecv > 0
		// The kernel compares with at least 8 (reqsk_timer_handler).
		seen[SignHalfOpen] = !seen[SignHalfOpenFull] && 2*q.SynRecv > max(8, limit)
	}
	trouble := seen[SignFull] || seen[SignFilling] || seen[SignStuck]
	seen[SignAlone] = trouble && q.Members > 1 && othersHaveRoom(g, l)
	var out []QueueSign
	for _, s := range QueueSigns() {
		if seen[s] {
			out = append(out, s)
		}
	}
	return out
}

// full reports whether the kernel would refuse one more: it compares with >, so
// that a queue holds one more than its limit.
func full(waiting, limit *uint64) bool {
	return waiting != nil && limit != nil && *waiting > *limit
}

// filling reports whether the queue is half full, at both readings where there
// are two. One connection that waits is no sign: somebody is about to take it.
func filling(q *Queue) bool {
	if full(q.Waiting, q.Limit) || !half(q.Waiting, q.Limit) {
		return false
	}
	return q.Window == nil || half(q.Window.WaitingBefore, q.Limit)
}

func half(waiting, limit *uint64) bool {
	return waiting != nil && limit != nil && *waiting >= 2 && 2**waiting >= *limit
}

// othersHaveRoom reports whether most of the other members are less than half
// full: then the port is not overloaded, this member is slow.
func othersHaveRoom(g *group, l *listener) bool {
	others, room := 0, 0
	for _, m := range g.members {
		if m == l || m.row.Ifindex != l.row.Ifindex {
			continue
		}
		others++
		waiting, limit := number(socket.FieldAcceptQ, m.row), number(socket.FieldBacklog, m.row)
		if waiting != nil && limit != nil && 2**waiting <= *limit {
			room++
		}
	}
	return 2*room > others
}

func (q *Queue) has(signs ...QueueSign) bool {
	return slices.ContainsFunc(signs, func(s QueueSign) bool { return slices.Contains(q.Signs, s) })
}

func severity(q *Queue) Severity {
	switch {
	case q.has(SignDropping, SignFull, SignHalfOpenFull):
		return Critical
	case q.has(SignStuck, SignHalfOpen), q.has(SignFilling) && q.Window != nil:
		return Warning
	case q.has(SignFilling, SignDropped):
		return Notice
	case q.Waiting == nil || q.Limit == nil:
		return Unknown
	default:
		return OK
	}
}

// knobs says what to turn, the most useful first. A queue that nobody serves
// fills up however long it is, so there the limit is not to blame.
func knobs(q *Queue) []QueueKnob {
	var out []QueueKnob
	add := func(more ...QueueKnob) {
		for _, k := range more {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	switch {
	case q.has(SignStuck, SignAlone):
		add(KnobAccept)
	case q.has(SignFull) && q.Window == nil, q.has(SignFilling) && q.Window != nil:
		add(KnobAccept, limitKnob(q))
	case q.has(SignHalfOpenFull): // drops are explained by it
	case q.has(SignFull, SignDropping):
		add(limitKnob(q), KnobAccept)
	case q.has(SignFilling, SignDropped):
		add(KnobMeasure)
	}
	if q.has(SignHalfOpenFull, SignHalfOpen) {
		add(KnobSources)
	}
	if q.has(SignHalfOpenFull) && !q.has(SignStuck) {
		add(limitKnob(q))
	}
	return out
}

func limitKnob(q *Queue) QueueKnob {
	switch q.LimitSetBy {
	case LimitApplication:
		return KnobBacklog
	case LimitSomaxconn, LimitEarlier:
		return KnobSomaxconn
	default:
		return KnobLimit
	}
}
