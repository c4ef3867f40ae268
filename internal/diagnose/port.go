// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// PortUse is how many local ports are left for connections from an address to
// a destination. Used, Blocked, Inferred and Free add up to Capacity.
type PortUse struct {
	Netns  *socket.Netns // nil when it is not known
	Local  netip.Addr
	Remote netip.AddrPort

	Capacity int // ports of the range that are not reserved
	Live     int // connections that are not in TIME_WAIT
	Unclosed int // of Live, CLOSE_WAIT: the program here has not closed them
	Calling  int // of Live, SYN_SENT: nobody has answered yet
	Shut     int // of Live, FIN_WAIT2 that a program here has shut down and not closed
	Far      int // of Live, FIN_WAIT2 to this host, where the program at the other end has not closed
	TimeWait int
	Reusable int // of TimeWait, those whose port connect() takes over, see Reuse
	Used     int // Live and TimeWait without Reusable, on ports that are not blocked
	Blocked  int // held by a listener, its connections, or a bound socket: not for any connect()
	Idle     int // of Blocked, those of sockets that are bound and do not connect
	// Inferred is how many more are held by what seems to have called bind()
	// before connect(): no two destinations have one in common, or they lie where
	// bind() looks first and connect() last.
	Inferred int
	Free     int // for connect(), also with IP_BIND_ADDRESS_NO_PORT
	// FreeBind is how many bind() to port 0 of Local finds: ports that no
	// socket of the address has, to whatever destination.
	FreeBind int

	// Reuse says whether connect() takes over TIME_WAIT to this destination, and
	// Timestamps what the connections that are open now show of timestamps,
	// without which it never does.
	Reuse      PortReuse
	Timestamps Timestamps
	TakenOver  *uint64 // TIME_WAIT taken over in the window, to all destinations of the namespace; nil when not known
	untried    int     // TIME_WAIT that nobody was seen to take over, though ports are short without

	Rate     float64 // per second, what Growth and TIME_WAIT come to: what a forecast goes by
	Closed   float64 // connections per second that this side closed, at least: TIME_WAIT that came in the window, or in the last 10 s
	Opened   float64 // connections per second that were opened in the window, at least: what the peer closed in it leaves no trace; 0 without a window
	Growth   float64 // of what programs hold of Live, per second; 0 without a window, and where other connections took the place of those before
	RunsOut  time.Duration
	WillEnd  bool            // RunsOut says when, at this rate
	Callers  []*socket.Owner // of some of Live, most of them first; none when it was not looked up
	Severity Severity
	Knobs    []PortKnob
}

// Share is what of the capacity is not free, from 0 to 1.
func (u *PortUse) Share() float64 {
	if u.Capacity == 0 {
		return 1
	}
	return float64(u.Capacity-u.Free) / float64(u.Capacity)
}

// A PortKnob is what to turn.
type PortKnob string

const (
	// KnobClose is to close what the peers have closed.
	KnobClose PortKnob = "close-connections"
	// KnobCloseShut is to close what the program has shut down itself.
	KnobCloseShut PortKnob = "close-shut-down"
	// KnobStopCalling is to stop calling a destination that does not answer.
	KnobStopCalling PortKnob = "stop-calling"
	// KnobCloseFar is to close what the callers have closed, at the other end, which
	// is on this host.
	KnobCloseFar PortKnob = "close-far-end"
	// KnobUnbind is to close sockets that are bound and do not connect.
	KnobUnbind PortKnob = "close-bound"
	// KnobReuseConnections is to keep connections instead of opening new ones.
	KnobReuseConnections PortKnob = "reuse-connections"
	// KnobMoreAddresses is to spread over more addresses or ports.
	KnobMoreAddresses PortKnob = "more-addresses"
	// KnobTWReuse is to set tcp_tw_reuse to 1.
	KnobTWReuse PortKnob = "tw-reuse"
	// KnobBindNoPort is to set IP_BIND_ADDRESS_NO_PORT before bind().
	KnobBindNoPort PortKnob = "bind-no-port"
	// KnobWidenRange is to widen ip_local_port_range, or to reserve less of it.
	KnobWidenRange PortKnob = "widen-range"
)

// PortKnobs lists every knob.
func PortKnobs() []PortKnob {
	return []PortKnob{KnobClose, KnobCloseShut, KnobStopCalling, KnobCloseFar, KnobUnbind, KnobReuseConnections, KnobBindNoPort, KnobTWReuse, KnobMoreAddresses, KnobWidenRange}
}

// JudgePorts judges the destinations of a reading, the fullest first. before is
// an earlier reading, elapsed before now, or nil.
func JudgePorts(now, before *PortReading, elapsed time.Duration) []PortUse {
	var out []PortUse
	for inode, space := range now.spaces {
		var past *portSpace
		if before != nil {
			past = before.spaces[inode]
		}
		out = append(out, space.judge(past, before != nil, elapsed, recycledIn(now, before, inode))...)
	}
	slices.SortFunc(out, comparePorts)
	return out
}

func comparePorts(a, b PortUse) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Free, b.Free),
		cmp.Compare(b.Live+b.TimeWait, a.Live+a.TimeWait),
		a.Local.Compare(b.Local),
		a.Remote.Compare(b.Remote),
	)
}

func (p *portSpace) judge(past *portSpace, window bool, elapsed time.Duration, taken recycled) []PortUse {
	capacity, blocked := p.rules.Capacity(), p.blocked.len()
	inferred, sure := p.inferred()
	bindable, anywhere := map[netip.Addr]int{}, p.takenAnywhere()
	for local := range p.sources {
		bindable[local] = capacity - p.taken(local, &anywhere)
	}
	var out []PortUse
	for d, use := range p.destinations {
		u := PortUse{
			Netns: p.netns, Local: d.local, Remote: d.remote, Capacity: capacity,
			Live: use.live, Unclosed: use.unclosed, Calling: use.calling, Shut: use.shut, Far: min(p.unclosed[d], use.waiting), TimeWait: use.timeWait, Used: use.held.taken(), Blocked: blocked,
			Idle:     min(p.bounds, blocked),
			FreeBind: bindable[d.local], Callers: use.holders.callers(), Timestamps: use.timestamps(d, p.rules),
		}
		own := use.held.second
		if sure {
			own = use.held.taken()
		}
		u.Inferred = min(max(0, inferred-own), capacity-u.Used-u.Blocked)
		u.reuse(use, d, p.rules, taken)
		u.Free = max(0, capacity-u.Used-u.Blocked-u.Inferred)
		u.forecast(use, past.use(d), window, elapsed, p.rules)
		u.judge(p.rules)
		out = append(out, u)
	}
	return out
}

func (p *portSpace) use(d destination) *portUse {
	if p == nil || p.destinations[d] == nil {
		return &portUse{}
	}
	return p.destinations[d]
}

// taken is how many ports bind() to an address cannot have: those of the
// address and of the wildcards, which takenAnywhere returns.
func (p *portSpace) taken(local netip.Addr, anywhere *portSet) int {
	return countUnion(&p.sources[local].taken, anywhere)
}

func (p *portSpace) takenAnywhere() (all portSet) {
	for _, w := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if s := p.sources[w]; s != nil {
			all = union(all, s.taken)
		}
	}
	return all
}

// forecast says at what rate ports are taken and when none is left, if it goes
// on so: every connection holds its port until it is closed, and then for 60 s,
// or for the delay of tcp_tw_reuse.
func (u *PortUse) forecast(now, past *portUse, window bool, elapsed time.Duration, rules *PortRules) {
	u.Rate = float64(now.ages[0]) / bucketSpan.Seconds()
	u.Closed = u.Rate
	if window && elapsed > 0 {
		u.Closed = float64(now.entered) / elapsed.Seconds()
		u.Opened = float64(max(0, now.live-past.live+now.entered)) / elapsed.Seconds()
		if !now.stay.turnedOver(&past.stay) {
			u.Growth = float64(now.staying()-past.staying()) / elapsed.Seconds()
		}
		left := now.entered + now.leaving - past.leaving // by the program, which are gone a minute later
		u.Rate = max(0, float64(left)/elapsed.Seconds()+u.Growth)
	}
	defer u.noBurst(now, now.staying()-past.staying(), window, elapsed)
	closing := u.Rate - max(0, u.Growth) // ports per second that will be in TIME_WAIT
	if u.Reuse.counts() {
		held := min(closing*rules.Delay.Seconds(), float64(now.timeWait-now.reusable))
		u.endsAt(float64(u.Free)+held, func(int) float64 { return max(0, u.Growth) }, closing*rules.Delay.Seconds())
		return
	}
	u.endsAt(float64(u.Free), func(second int) float64 {
		if second > int(timeWait.Seconds()) { // what is taken now comes back
			return max(0, u.Growth)
		}
		oldest := ageBuckets - 1 - (second-1)/int(bucketSpan.Seconds())
		return u.Rate - float64(now.ages[oldest])/bucketSpan.Seconds()
	}, 0)
}

// noBurst takes back a forecast that makes a rate of a beginning, as when a pool
// warms up, or a job opens thousands at once and closes them: one window says
// little of what comes a minute or ten windows later.
func (u *PortUse) noBurst(now *portUse, came int, window bool, elapsed time.Duration) {
	if !u.WillEnd {
		return
	}
	begun := window && 2*came > now.staying() && u.RunsOut > max(timeWait, burstWindows*elapsed) // what is closed is back by then: all that is left to end them is this
	if u.Share() < 0.5 {                                                                         // what goes on takes half of them within half a minute
		growth := max(0, u.Growth)
		begun = 4*came > now.staying() || u.Rate-growth > growth && !now.lasts(u.Rate-growth)
	}
	if begun {
		u.WillEnd, u.RunsOut = false, 0
	}
}

// lasts reports whether connections were closed at half of a rate a second or
// more in the ten seconds before the last ten too.
func (p *portUse) lasts(rate float64) bool {
	return 2*float64(p.ages[1]) >= rate*bucketSpan.Seconds()
}

// burstWindows is for how many windows what grew in one may go on.
const burstWindows = 10

// horizon is how far a forecast looks: beyond an hour no rate stays what it is.
const horizon = 3600

// endsAt follows what is free, second by second, down to a reserve that is
// always held.
func (u *PortUse) endsAt(free float64, loss func(second int) float64, reserve float64) {
	for second := 1; second <= horizon; second++ {
		if free <= reserve {
			u.WillEnd, u.RunsOut = true, time.Duration(second-1)*time.Second
			return
		}
		free -= loss(second)
	}
}

// judge compares with thresholds: at half, connect() has used up its first
// pass and searches in the second, which is slow; 0.7, which is ours, leaves room for
// a rate higher by two fifths; at 0.9 a burst finds none.
func (u *PortUse) judge(rules *PortRules) {
	share := u.Share()
	switch {
	case u.Free == 0 || share >= 0.9:
		u.Severity = Critical
	case share >= 0.7 || u.WillEnd && u.RunsOut <= timeWait:
		u.Severity = Warning
	case u.WillEnd || u.untried > 0:
		u.Severity = Notice
	case share >= 0.5:
		u.Severity = Info
	default:
		return
	}
	if knob, only := u.onlyKnob(); only {
		u.Knobs = append(u.Knobs, knob)
		return
	}
	if u.TimeWait > 0 {
		u.Knobs = append(u.Knobs, KnobReuseConnections)
	}
	if u.Inferred > 0 || u.FreeBind == 0 && u.Free > 0 {
		u.Knobs = append(u.Knobs, KnobBindNoPort)
	}
	if u.TimeWait-u.Reusable > 0 && rules.TWReuse != 1 && rules.Timestamps && u.Timestamps != TimestampsOff && u.Reuse == ReuseOff && u.Inferred == 0 {
		u.Knobs = append(u.Knobs, KnobTWReuse)
	}
	u.Knobs = append(u.Knobs, KnobMoreAddresses, KnobWidenRange)
}

// onlyKnob is what to do where nothing else would do: more ports would only last
// a little longer.
func (u *PortUse) onlyKnob() (knob PortKnob, ok bool) {
	switch {
	case 2*u.Idle >= u.Used+u.Blocked:
		return KnobUnbind, u.Idle > 0
	case 2*u.Unclosed >= u.Live+u.TimeWait:
		return KnobClose, u.Unclosed > 0
	case 2*u.Shut >= u.Live+u.TimeWait:
		return KnobCloseShut, u.Shut > 0
	case 2*u.Calling >= u.Live+u.TimeWait:
		return KnobStopCalling, u.Calling > 0
	case 2*u.Far >= u.Live+u.TimeWait:
		return KnobCloseFar, u.Far > 0
	default:
		return "", false
	}
}
