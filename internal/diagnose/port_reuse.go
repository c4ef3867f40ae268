// SPDX-License-Identifier: Apache-2.0

package diagnose

// PortReuse says whether connect() takes over the port of a TIME_WAIT to a
// destination.
type PortReuse string

const (
	// ReuseOff means that the parameters of this host do not let it.
	ReuseOff PortReuse = "off"
	// ReuseNever means that the connections to the destination have no
	// timestamps: a TIME_WAIT without is never taken over, whatever
	// tcp_tw_reuse is (net/ipv4/tcp_ipv4.c tcp_twsk_unique: tw_ts_recent_stamp).
	ReuseNever PortReuse = "no-timestamps"
	// ReuseUnseen means that every port was taken in the window, and yet not
	// one TIME_WAIT was taken over.
	ReuseUnseen PortReuse = "not-seen"
	// ReuseIf means that it does if the peer uses timestamps, which nothing
	// that is open shows.
	ReuseIf PortReuse = "if-timestamps"
	// ReuseYes means that it does.
	ReuseYes PortReuse = "yes"
)

// counts reports whether ports of TIME_WAIT are taken for free.
func (r PortReuse) counts() bool { return r == ReuseIf || r == ReuseYes }

// Timestamps is what open connections to a destination show of TCP timestamps,
// which both ends have to want (RFC 7323 3.2).
type Timestamps string

const (
	// TimestampsUnknown means that none is open, or that it was not asked for.
	TimestampsUnknown Timestamps = "unknown"
	// TimestampsOn means that all of them have timestamps.
	TimestampsOn Timestamps = "on"
	// TimestampsOff means that none of them has.
	TimestampsOff Timestamps = "off"
	// TimestampsMixed means that several peers are behind one address.
	TimestampsMixed Timestamps = "mixed"
)

func (u *portUse) timestamps(d destination, rules *PortRules) Timestamps {
	switch {
	case u.stamped > 0 && u.unstamped > 0:
		return TimestampsMixed
	case u.unstamped > 0:
		return TimestampsOff
	case u.stamped > 0:
		return TimestampsOn
	case d.remote.Addr().IsLoopback() && rules.Timestamps: // both ends are here
		return TimestampsOn
	default:
		return TimestampsUnknown
	}
}

// recycled counts TIME_WAIT sockets of a namespace that new connections took over.
type recycled struct {
	ever   bool // since the counter began; true when it is not known
	window bool // grown is known
	grown  uint64
}

func recycledIn(now, before *PortReading, inode uint64) (r recycled) {
	total, known := now.Recycled[inode]
	r.ever = !known || total > 0
	if before == nil || !known {
		return r
	}
	past, known := before.Recycled[inode]
	r.window = known && past <= total
	r.grown = total - past
	return r
}

// reuse decides whether TIME_WAIT to the destination count as free. What the
// parameters allow is not what happens: the peer has to have used timestamps,
// which a minisocket does not tell.
func (u *PortUse) reuse(use *portUse, d destination, rules *PortRules, taken recycled) {
	short := float64(u.Used+use.old.taken()+u.Blocked+u.Inferred) >= portsGone*float64(u.Capacity)
	full := u.Used+use.old.taken()+u.Blocked+u.Inferred >= u.Capacity
	switch {
	case !rules.reuses(d.local, d.remote.Addr()):
		u.Reuse = ReuseOff
	case u.Timestamps == TimestampsOff:
		u.Reuse = ReuseNever
	case u.Timestamps == TimestampsOn:
		u.Reuse = ReuseYes
	case full && taken.window && taken.grown == 0:
		u.Reuse = ReuseUnseen
	default:
		u.Reuse = ReuseIf
	}
	if taken.window {
		u.TakenOver = &taken.grown
	}
	if !u.Reuse.counts() {
		u.Used = use.held.plus(use.old).taken()
		u.Inferred = min(u.Inferred, max(0, u.Capacity-u.Used-u.Blocked))
		return
	}
	u.Reusable = use.reusable
	if u.Reuse == ReuseIf && short && !taken.ever {
		u.untried = use.reusable
	}
}
