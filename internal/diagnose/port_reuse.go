// SPDX-License-Identifier: Apache-2.0

package diagnose

// PortReuse says whether connect() takes over the port of a TIME_WAIT socket to a
// destination.
type PortReuse string

const (
	// ReuseOff means that the parameters of this host forbid it.
	ReuseOff PortReuse = "off"
	// ReuseNever means that the connections to the destination do not use timestamps:
	// a TIME_WAIT socket without timestamps is never taken over, whatever tcp_tw_reuse
	// is (net/ipv4/tcp_ipv4.c tcp_twsk_unique: tw_ts_recent_stamp).
	ReuseNever PortReuse = "no-timestamps"
	// ReuseUnseen means that every port was taken in the window, and yet no TIME_WAIT
	// socket was taken over.
	ReuseUnseen PortReuse = "not-seen"
	// ReuseIf means that it does so if the peer uses timestamps, which no open
	// connection shows.
	ReuseIf PortReuse = "if-timestamps"
	// ReuseYes means that it does.
	ReuseYes PortReuse = "yes"
)

// counts reports whether ports in TIME_WAIT count as free.
func (r PortReuse) counts() bool { return r == ReuseIf || r == ReuseYes }

// Timestamps says whether open connections to a destination use TCP timestamps, which
// both ends must offer (RFC 7323 3.2).
type Timestamps string

const (
	// TimestampsUnknown means that no connection is open, or that this was not read.
	TimestampsUnknown Timestamps = "unknown"
	// TimestampsOn means that all connections use timestamps.
	TimestampsOn Timestamps = "on"
	// TimestampsOff means that no connection uses timestamps.
	TimestampsOff Timestamps = "off"
	// TimestampsMixed means that some do: several peers are behind one address.
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
	case d.remote.Addr().IsLoopback() && rules.Timestamps: // both ends are on this host
		return TimestampsOn
	default:
		return TimestampsUnknown
	}
}

// recycled counts the TIME_WAIT sockets of a namespace that new connections took over.
type recycled struct {
	ever   bool // whether any was, since the counter began; true if not known
	window bool // whether grown is known
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

// reuse decides whether TIME_WAIT sockets to the destination count as free. The
// parameters alone do not decide it: the peer must have used timestamps, and a
// minisocket does not show that.
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
