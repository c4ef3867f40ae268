// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
)

// A QueueSign is something that was seen at a listener.
type QueueSign string

const (
	// SignDropping means that the listener lost connection attempts in the
	// window, see [Overflows]; or dropped SYNs at its full SYN queue.
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
	// SignDeferred is what SignHalfOpen would be, of clients whose handshakes are
	// done and who have not sent anything yet: see [deferred].
	SignDeferred QueueSign = "deferred"
	// SignFilling means that the accept queue is at least half full.
	SignFilling QueueSign = "filling"
	// SignDropped means that the listener has dropped something since it was
	// opened, in a namespace that has lost connections; whether these, and
	// when, one reading does not tell.
	SignDropped QueueSign = "dropped"
)

// QueueSigns lists every sign, the worst first.
func QueueSigns() []QueueSign {
	return []QueueSign{SignDropping, SignFull, SignStuck, SignAlone, SignHalfOpenFull, SignHalfOpen, SignFilling, SignDropped, SignDeferred}
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
	// KnobCookies is to set tcp_syncookies to 1.
	KnobCookies QueueKnob = "turn-on-syncookies"
	// KnobMeasure is to look again with a window, before turning anything.
	KnobMeasure QueueKnob = "measure"
)

// QueueKnobs lists every knob.
func QueueKnobs() []QueueKnob {
	return []QueueKnob{KnobAccept, KnobBacklog, KnobSomaxconn, KnobLimit, KnobCookies, KnobSources, KnobMeasure}
}

// signs lists what is seen at a listener, the worst first.
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
		// The kernel compares with at least 8 (reqsk_timer_handler).
		beyond := !seen[SignHalfOpenFull] && 2*q.SynRecv > max(8, limit)
		// Without cookies they take the places of others.
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

// deferred reports whether half-open connections are those of clients that have
// not said anything yet: a listener with TCP_DEFER_ACCEPT passes over their final
// ACK, counts it, and does not send its SYN-ACK again meanwhile, which it does
// after a second for those whose ACK did not come. again is of how many it did;
// passed is how many ACKs the namespace has counted.
func deferred(again, halfOpen, passed uint64) bool {
	return halfOpen > 0 && passed > 0 && 10*again < halfOpen
}

// overflowed reports whether the listener itself was seen to lose connections at
// its accept queue.
func (q *Queue) overflowed() bool {
	return q.Window != nil && q.Window.Overflows != nil && q.Window.Overflows.Least > 0
}

// sign adds a sign in its place.
func (q *Queue) sign(s QueueSign) {
	if q.has(s) {
		return
	}
	q.Signs = append(q.Signs, s)
	slices.SortFunc(q.Signs, func(a, b QueueSign) int {
		return cmp.Compare(slices.Index(QueueSigns(), a), slices.Index(QueueSigns(), b))
	})
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
	if q.has(SignFull, SignStuck) {
		return out // the final ACK finds no room, whoever has sent it: that is what leaves them half open
	}
	if q.has(SignHalfOpenFull, SignHalfOpen) {
		if q.SynQueue != nil && !q.SynQueue.Cookies {
			add(KnobCookies)
		}
		add(KnobSources)
	}
	if q.has(SignHalfOpenFull) && q.limitsHalfOpen() {
		add(limitKnob(q))
	}
	return out
}

// limitsHalfOpen reports whether more half-open connections would be let in by a
// longer queue. Where cookies answer for a full one nothing is lost by it, and a
// flood fills a longer one too; without cookies tcp_max_syn_backlog may be less.
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
