// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// PortUse is how many local ports are left for connections from one address to one
// destination. Used, Blocked, Inferred and Free add up to Capacity.
type PortUse struct {
	Netns  *socket.Netns // nil if it is not known
	Local  netip.Addr
	Remote netip.AddrPort

	Capacity int // ports of the range that are not reserved
	Live     int // connections that are not in TIME_WAIT
	Unclosed int // of Live, in CLOSE_WAIT: the program here has not closed them
	Calling  int // of Live, in SYN_SENT: the destination has not answered yet
	Shut     int // of Live, in FIN_WAIT2: a program here has shut them down and not closed them
	Far      int // of Live, in FIN_WAIT2, where the other end is on this host and its program has not closed it
	TimeWait int
	Reusable int // of TimeWait, those whose port connect() takes over, see Reuse
	Used     int // Live and TimeWait without Reusable, on ports that are not blocked
	Blocked  int // held by a listener, its connections or a bound socket, so not available to any connect()
	Idle     int // of Blocked, those of sockets that are bound and not connected
	// Inferred is how many more ports seem to be held by programs that call bind()
	// before connect(): no two destinations share one of them, or they lie where
	// bind() looks first and connect() last.
	Inferred int
	Free     int // available to connect(), also with IP_BIND_ADDRESS_NO_PORT
	// FreeBind is how many ports bind() to port 0 of Local can choose: those that no
	// socket of the address has, to any destination.
	FreeBind int

	// Reuse says whether connect() takes over TIME_WAIT sockets to this destination.
	// Timestamps says whether the open connections use timestamps, without which it
	// never does.
	Reuse      PortReuse
	Timestamps Timestamps
	TakenOver  *uint64 // TIME_WAIT sockets taken over in the window, to all destinations of the namespace; nil if not known
	untried    int     // TIME_WAIT sockets that nobody was seen to take over, although ports are short without them

	Rate     float64 // ports per second that Growth and TIME_WAIT take; the forecast uses it
	Closed   float64 // connections per second that this side closed, at least: TIME_WAIT sockets that appeared in the window, or in the last 10 s
	Opened   float64 // connections per second that were opened in the window, at least: those that the peer closed in it leave no trace; 0 without a window
	Growth   float64 // growth per second of the part of Live that programs hold; 0 without a window, or if other connections replaced the earlier ones
	RunsOut  time.Duration
	WillEnd  bool            // ports run out after RunsOut, at this rate
	Callers  []*socket.Owner // owners of some of Live, those with the most first; none if owners were not looked up
	Severity Severity
	Knobs    []PortKnob
}

// Share is the part of the capacity that is not free, from 0 to 1.
func (u *PortUse) Share() float64 {
	if u.Capacity == 0 {
		return 1
	}
	return float64(u.Capacity-u.Free) / float64(u.Capacity)
}

// A PortKnob is a way to get more free ports.
type PortKnob string

const (
	// KnobClose is to close connections that the peers have closed.
	KnobClose PortKnob = "close-connections"
	// KnobCloseShut is to close connections that the program has only shut down.
	KnobCloseShut PortKnob = "close-shut-down"
	// KnobStopCalling is to stop calling a destination that does not answer.
	KnobStopCalling PortKnob = "stop-calling"
	// KnobCloseFar is to close, at the other end, which is on this host, connections
	// that the callers have closed.
	KnobCloseFar PortKnob = "close-far-end"
	// KnobUnbind is to close sockets that are bound and not connected.
	KnobUnbind PortKnob = "close-bound"
	// KnobReuseConnections is to keep connections open instead of opening new ones.
	KnobReuseConnections PortKnob = "reuse-connections"
	// KnobMoreAddresses is to spread the connections over more addresses or ports.
	KnobMoreAddresses PortKnob = "more-addresses"
	// KnobTWReuse is to set tcp_tw_reuse to 1.
	KnobTWReuse PortKnob = "tw-reuse"
	// KnobBindNoPort is to set IP_BIND_ADDRESS_NO_PORT before bind().
	KnobBindNoPort PortKnob = "bind-no-port"
	// KnobWidenRange is to widen ip_local_port_range.
	KnobWidenRange PortKnob = "widen-range"
	// KnobReserveLess is to reserve fewer ports of the range.
	KnobReserveLess PortKnob = "reserve-less"
)

// PortKnobs lists every knob.
func PortKnobs() []PortKnob {
	return []PortKnob{KnobClose, KnobCloseShut, KnobStopCalling, KnobCloseFar, KnobUnbind, KnobReuseConnections, KnobBindNoPort, KnobTWReuse, KnobMoreAddresses, KnobWidenRange, KnobReserveLess}
}

// JudgePorts judges the destinations of a reading, the fullest first. before is an
// earlier reading, taken elapsed earlier, or nil.
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

// taken is how many ports bind() to an address cannot have: those of the address and
// those of the wildcard addresses, which takenAnywhere returns.
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

// forecast computes the rate at which ports are taken and when none is left if the
// rate continues. Each connection holds its port until it is closed, and then for 60
// s, or for the delay of tcp_tw_reuse.
func (u *PortUse) forecast(now, past *portUse, window bool, elapsed time.Duration, rules *PortRules) {
	u.Rate = float64(now.ages[0]) / bucketSpan.Seconds()
	u.Closed = u.Rate
	if window && elapsed > 0 {
		u.Closed = float64(now.entered) / elapsed.Seconds()
		u.Opened = float64(max(0, now.live-past.live+now.entered)) / elapsed.Seconds()
		if !now.stay.turnedOver(&past.stay) {
			u.Growth = float64(now.staying()-past.staying()) / elapsed.Seconds()
		}
		left := now.entered + now.leaving - past.leaving // closed by the program: their ports are free a minute later
		u.Rate = max(0, float64(left)/elapsed.Seconds()+u.Growth)
	}
	defer u.noBurst(now, now.staying()-past.staying(), window, elapsed)
	growth := max(0, u.Growth)
	closing := u.Rate - growth // ports per second that go into TIME_WAIT
	if u.Reuse.counts() {
		held := min(closing*rules.Delay.Seconds(), float64(now.timeWait-now.reusable))
		u.endsAt(float64(u.Free)+held, growth, func(int) float64 { return growth }, closing*rules.Delay.Seconds())
		return
	}
	u.endsAt(float64(u.Free), max(u.Rate, growth), func(second int) float64 {
		if second > int(timeWait.Seconds()) { // from then on as many ports become free as are taken
			return growth
		}
		oldest := ageBuckets - 1 - (second-1)/int(bucketSpan.Seconds())
		return u.Rate - float64(now.ages[oldest])/bucketSpan.Seconds()
	}, 0)
}

// noBurst cancels a forecast whose rate comes from the start of something: a pool that
// warms up, or a job that opens thousands of connections at once and closes them. One
// window says little about the time a minute or ten windows later.
func (u *PortUse) noBurst(now *portUse, came int, window bool, elapsed time.Duration) {
	if !u.WillEnd {
		return
	}
	begun := window && 2*came > now.staying() && u.RunsOut > max(timeWait, burstWindows*elapsed) // connections closed by the program free their ports before that, so only growth from the start remains
	if u.Share() < 0.5 {                                                                         // a steady rate would take half of the ports within half a minute
		growth := max(0, u.Growth)
		begun = 4*came > now.staying() || u.Rate-growth > growth && !now.lasts(u.Rate-growth)
	}
	if begun {
		u.WillEnd, u.RunsOut = false, 0
	}
}

// lasts reports whether connections were closed at half the rate or more also in the
// ten seconds before the last ten.
func (p *portUse) lasts(rate float64) bool {
	return 2*float64(p.ages[1]) >= rate*bucketSpan.Seconds()
}

// burstWindows is for how many windows the growth of one window may continue.
const burstWindows = 10

// horizon is how many seconds a forecast looks ahead: no rate stays the same for more
// than an hour.
const horizon = 3600

// endsAt follows the number of free ports second by second until it reaches the
// reserve, the number that is always held. No second takes more than most of them: what
// cannot end at that pace is not followed, which is so for nearly every destination of
// a program that talks to thousands.
func (u *PortUse) endsAt(free, most float64, loss func(second int) float64, reserve float64) {
	if free-most*horizon > reserve+1 { // 1 is more than what rounding adds up to
		return
	}
	for second := 1; second <= horizon; second++ {
		if free <= reserve {
			u.WillEnd, u.RunsOut = true, time.Duration(second-1)*time.Second
			return
		}
		free -= loss(second)
	}
}

// judge compares with thresholds. At 0.5, connect() has used up its first pass and
// searches in the second, which is slow. 0.7, our own choice, leaves room for a rate
// higher by two fifths. At 0.9 a burst finds no port.
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
	u.Knobs = append(u.Knobs, KnobMoreAddresses, rules.moreKnob())
}

// onlyKnob is the one remedy in cases in which nothing else would help: more ports
// would only last a little longer.
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
