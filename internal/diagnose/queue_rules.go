// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
)

// A QueueSign is an observation about a listener.
type QueueSign string

const (
	// SignDropping means that the listener lost connection attempts in the window, see
	// [Overflows], or dropped SYNs because its SYN queue was full.
	SignDropping QueueSign = "dropping"
	// SignFull means that the accept queue holds more than its limit, so that the
	// kernel drops new SYNs and final ACKs (include/net/sock.h sk_acceptq_is_full).
	SignFull QueueSign = "full"
	// SignStuck means that connections waited for the whole window and none was
	// accepted.
	SignStuck QueueSign = "stuck"
	// SignAlone means that the other members of its SO_REUSEPORT group have room.
	SignAlone QueueSign = "alone"
	// SignHalfOpenFull means that there are more half-open connections than the limit:
	// the kernel answers with cookies or drops SYNs
	// (include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full).
	SignHalfOpenFull QueueSign = "half-open-full"
	// SignHalfOpen means that half-open connections exceed half the limit, from where
	// on the kernel begins to discard old ones (net/ipv4/inet_connection_sock.c
	// reqsk_timer_handler).
	SignHalfOpen QueueSign = "half-open"
	// SignDeferred replaces SignHalfOpen if the clients have completed their
	// handshakes and have not sent data yet, see [deferred].
	SignDeferred QueueSign = "deferred"
	// SignFilling means that the accept queue is at least half full.
	SignFilling QueueSign = "filling"
	// SignDropped means that the listener has dropped something since it was opened,
	// in a namespace that has lost connections. One reading does not show whether
	// these drops were lost connections, or when they happened.
	SignDropped QueueSign = "dropped"
)

// QueueSigns lists every sign, the worst first.
func QueueSigns() []QueueSign {
	return []QueueSign{SignDropping, SignFull, SignStuck, SignAlone, SignHalfOpenFull, SignHalfOpen, SignFilling, SignDropped, SignDeferred}
}

// A QueueKnob is a remedy.
type QueueKnob string

const (
	// KnobAccept is to accept faster.
	KnobAccept QueueKnob = "accept-faster"
	// KnobContinue is to continue the process, which is stopped.
	KnobContinue QueueKnob = "continue-process"
	// KnobBacklog is to raise the application's own backlog.
	KnobBacklog QueueKnob = "raise-backlog"
	// KnobSomaxconn is to raise net.core.somaxconn and call listen() again.
	KnobSomaxconn QueueKnob = "raise-somaxconn"
	// KnobLimit is to raise the limit, if it is not known what set it.
	KnobLimit QueueKnob = "raise-limit"
	// KnobSources is to find out which clients do not finish their handshakes.
	KnobSources QueueKnob = "find-half-open-sources"
	// KnobCookies is to set tcp_syncookies to 1.
	KnobCookies QueueKnob = "turn-on-syncookies"
	// KnobMeasure is to read again with a window before changing anything.
	KnobMeasure QueueKnob = "measure"
)

// QueueKnobs lists every knob.
func QueueKnobs() []QueueKnob {
	return []QueueKnob{KnobContinue, KnobAccept, KnobBacklog, KnobSomaxconn, KnobLimit, KnobCookies, KnobSources, KnobMeasure}
}

// signs lists the signs of a listener, the worst first.
func signs(now *QueueReading, q *Queue, g *group, l *listener) []QueueSign {
	seen := map[QueueSign]bool{
		SignFull:    full(q.Waiting, q.Limit),
		SignFilling: filling(q),
	}
	if q.Window != nil {
		seen[SignDropping] = q.overflowed()
		seen[SignStuck] = q.Window.Movement == Stuck
	}
	if limit, ok := g.limit(); ok {
		seen[SignHalfOpenFull] = q.SynRecv > limit && q.SynRecv > 0
		if q.SynQueue != nil && q.SynQueue.sheds(q.SynRecv) {
			seen[SignHalfOpenFull] = true
		}
		beyond := !seen[SignHalfOpenFull] && 2*q.SynRecv > max(leastHalfOpen, limit)
		// Without cookies such connections take places that others need.
		seen[SignDeferred] = beyond && (q.SynQueue == nil || q.SynQueue.Cookies) && deferred(g.again, q.SynRecv, now.Counters[netnsOf(l.row)].Deferred)
		seen[SignHalfOpen] = beyond && !seen[SignDeferred]
	}
	trouble := seen[SignFull] || seen[SignFilling] || seen[SignStuck]
	seen[SignAlone] = trouble && q.Members > 1 && g.othersHaveRoom(l)
	var out []QueueSign
	for _, s := range QueueSigns() {
		if seen[s] {
			out = append(out, s)
		}
	}
	return out
}

// deferred reports whether half-open connections are those of clients that have not
// sent data yet. A listener with TCP_DEFER_ACCEPT ignores and counts their final ACK,
// and does not send its SYN-ACK again in the meantime; if the ACK does not come, it
// sends the SYN-ACK again after a second. again is the number of half-open connections
// whose SYN-ACK was sent again; passed is how many ignored ACKs the namespace has
// counted.
func deferred(again, halfOpen, passed uint64) bool {
	return halfOpen > 0 && passed > 0 && 10*again < halfOpen
}

// overflowed reports whether the listener is known to have lost connections at its
// accept queue.
func (q *Queue) overflowed() bool {
	return q.Window != nil && q.Window.Overflows != nil && q.Window.Overflows.Least > 0
}

// sign inserts a sign in the order of severity.
func (q *Queue) sign(s QueueSign) {
	if q.has(s) {
		return
	}
	q.Signs = append(q.Signs, s)
	slices.SortFunc(q.Signs, func(a, b QueueSign) int {
		return cmp.Compare(slices.Index(QueueSigns(), a), slices.Index(QueueSigns(), b))
	})
}

// full reports whether the kernel would refuse one more connection. It compares with
// >, so a queue can hold one more than its limit.
func full(waiting, limit *uint64) bool {
	return waiting != nil && limit != nil && *waiting > *limit
}

// filling reports whether the queue is at least half full, at both readings if there
// are two. One waiting connection is no sign: it may be accepted at once.
func filling(q *Queue) bool {
	if full(q.Waiting, q.Limit) || !half(q.Waiting, q.Limit) {
		return false
	}
	return q.Window == nil || half(q.Window.WaitingBefore, q.Limit)
}

func half(waiting, limit *uint64) bool {
	return waiting != nil && limit != nil && *waiting >= 2 && 2**waiting >= *limit
}

func (q *Queue) has(signs ...QueueSign) bool {
	return slices.ContainsFunc(signs, func(s QueueSign) bool { return slices.Contains(q.Signs, s) })
}

// wants reports whether one of the knobs is a remedy.
func (q *Queue) wants(knobs ...QueueKnob) bool {
	return slices.ContainsFunc(knobs, func(k QueueKnob) bool { return slices.Contains(q.Knobs, k) })
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

// knobs lists the remedies, the most useful first. A queue that nobody serves fills up
// whatever its length, so then the limit is not the cause. Nor is the accept loop of a
// process that is stopped.
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
	case q.Stopped && (q.has(SignFull, SignStuck, SignFilling) || q.overflowed()):
		add(KnobContinue)
	case q.has(SignStuck, SignAlone):
		add(KnobAccept)
	case q.has(SignFull) && q.Window == nil, q.has(SignFilling) && q.Window != nil:
		add(KnobAccept, limitKnob(q))
	case q.has(SignHalfOpenFull) && !q.has(SignFull) && !q.overflowed(): // the full SYN queue explains the drops
	case q.has(SignFull, SignDropping):
		add(limitKnob(q), KnobAccept)
	case q.has(SignFilling, SignDropped):
		add(KnobMeasure)
	}
	if q.has(SignFull, SignStuck) {
		return out // the accept queue has no room for final ACKs; that is why connections stay half open
	}
	if !q.has(SignHalfOpenFull, SignHalfOpen) {
		return out
	}
	if q.SynQueue != nil && !q.SynQueue.Cookies {
		add(KnobCookies)
	}
	switch {
	case q.has(SignHalfOpenFull) && q.realClients: // as SY02 says
		add(limitKnob(q), KnobAccept)
	case q.has(SignHalfOpenFull) && q.holdsFew():
		add(limitKnob(q), KnobSources)
	default:
		add(KnobSources)
	}
	if q.has(SignHalfOpenFull) && q.limitsHalfOpen() {
		add(limitKnob(q))
	}
	return out
}

// leastHalfOpen is the limit with which the kernel compares if that of the listener is
// lower (net/ipv4/inet_connection_sock.c reqsk_timer_handler).
const leastHalfOpen = 8

// holdsFew reports whether the limit is so low that clients that finish their
// handshakes fill the SYN queue: with listen(0), a single one.
func (q *Queue) holdsFew() bool {
	return q.Limit != nil && *q.Limit*uint64(max(1, q.Members)) < leastHalfOpen && (q.SynQueue == nil || !q.SynQueue.sheds(q.SynRecv))
}

// limitsHalfOpen reports whether a longer queue would admit more half-open
// connections. With cookies a full queue loses nothing, and a flood fills a longer
// queue too; without cookies tcp_max_syn_backlog may be the smaller limit.
func (q *Queue) limitsHalfOpen() bool {
	if q.SynQueue == nil {
		return true
	}
	return !q.SynQueue.Cookies && q.Limit != nil && q.SynRecv > *q.Limit*uint64(max(1, q.Members))
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
