// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A CrossCheck is a count of the sockets of one network namespace, together with the
// kernel's own numbers.
type CrossCheck struct {
	Sockets     *query.Tally
	OwnersKnown bool // Sockets knows which sockets no process has open
	// Now are the numbers read after the count, or at about the same time. Before are
	// those read before it, nil if they were not read. Host-wide numbers come from
	// here too.
	Now    Facts
	Before *Facts
}

// Agreement says how well two numbers for the same thing agree.
type Agreement string

// The agreements, the best first.
const (
	AgreeSame        Agreement = "same"        // nothing to explain
	AgreeExplained   Agreement = "explained"   // the known parts add up to the difference
	AgreeMoved       Agreement = "moved"       // the rest is at most the number of connections that opened and closed meanwhile
	AgreeNotCounted  Agreement = "not-counted" // the kernel keeps no such number
	AgreeWiderScope  Agreement = "wider-scope" // the kernel's number covers the whole host and more kinds of sockets, which explains the rest
	AgreeUnjudged    Agreement = "unjudged"    // read once, at another moment: the rest may be due to changes in between
	AgreeUnexplained Agreement = "unexplained" // nothing known explains the rest
)

// Agreements lists them all.
func Agreements() []Agreement {
	return []Agreement{AgreeSame, AgreeExplained, AgreeMoved, AgreeNotCounted, AgreeWiderScope, AgreeUnjudged, AgreeUnexplained}
}

// A Comparison compares a number of the socket table with one that the kernel keeps.
type Comparison struct {
	Name       string // such as knowledge.CompareTimeWait
	OurName    string // the number counted in the socket table
	Ours       uint64
	TheirName  string // the kernel's number, named as in [Facts]; "" with AgreeNotCounted
	Theirs     uint64
	Difference int64 // Theirs - Ours
	Parts      []Part
	Rest       int64 // Difference without the parts and without the change of the kernel's number itself
	Agreement  Agreement
	Why        knowledge.Text // why the two numbers differ by nature
}

// Explained reports whether the difference has an explanation.
func (c *Comparison) Explained() bool { return c.Agreement != AgreeUnexplained }

// A Part is a known part of a difference.
type Part struct {
	Name  string // a state, with the kernel's kind of socket if that matters
	Count int64  // negative if the kernel does not count these
}

// Reconcile compares a count with the kernel's own numbers. It omits numbers that were
// not read.
func Reconcile(b *CrossCheck) []Comparison {
	var all []Comparison
	for _, compare := range []func(*CrossCheck) (Comparison, bool){
		compareEstablished, compareTimeWait, compareInUse, compareHalfOpen, compareOrphans, compareAllocated,
	} {
		if c, ok := compare(b); ok {
			if c.Why == (knowledge.Text{}) {
				c.Why, _ = knowledge.Difference(c.Name)
			}
			all = append(all, c)
		}
	}
	return all
}

func compareEstablished(b *CrossCheck) (Comparison, bool) {
	c := Comparison{Name: knowledge.CompareEstablished, OurName: "ESTABLISHED", Ours: b.Sockets.Of(tcp.Established).Total, TheirName: "Tcp.CurrEstab"}
	older := c
	c.part("CLOSE_WAIT", int64(b.Sockets.Of(tcp.CloseWait).Total))
	if !c.judge(b, opened(), "Tcp.CurrEstab") {
		return c, false
	}
	if c.Rest != 0 && older.judge(b, opened(), "Tcp.CurrEstab") && older.Rest == 0 {
		older.Why = knowledge.WithoutCloseWait() // net/ipv4/tcp.c tcp_set_state before the fix
		return older, true
	}
	return c, true
}

func compareTimeWait(b *CrossCheck) (Comparison, bool) {
	c := Comparison{Name: knowledge.CompareTimeWait, OurName: "TIME_WAIT", Ours: b.Sockets.Of(tcp.TimeWait).Total, TheirName: "TCP.tw"}
	fin := b.Sockets.Of(tcp.FinWait2)
	c.part("FIN_WAIT2 mini", int64(fin.Kinds[socket.Mini]))
	if fin.Kinds[socket.KindUnknown] > 0 { // the source does not show which of them are minisockets
		c.Agreement = AgreeUnjudged
	}
	return c, c.judge(b, []string{"TcpExt.TW", "TcpExt.TWKilled"}, "TCP.tw")
}

func compareInUse(b *CrossCheck) (Comparison, bool) {
	c := Comparison{Name: knowledge.CompareInUse, OurName: "all", Ours: b.Sockets.Total(), TheirName: "TCP.inuse"}
	c.part("TIME_WAIT", -int64(b.Sockets.Of(tcp.TimeWait).Total))
	fin := b.Sockets.Of(tcp.FinWait2)
	c.part("FIN_WAIT2 mini", -int64(fin.Kinds[socket.Mini]))
	recv := b.Sockets.Of(tcp.SynRecv)
	c.part("SYN_RECV request", -int64(recv.Kinds[socket.Request]))
	c.part("BOUND", -int64(b.Sockets.Of(tcp.Bound).Total))
	if fin.Kinds[socket.KindUnknown]+recv.Kinds[socket.KindUnknown] > 0 {
		c.Agreement = AgreeUnjudged
	}
	return c, c.judge(b, opened(), "TCP.inuse", "TCP6.inuse")
}

func compareHalfOpen(b *CrossCheck) (Comparison, bool) {
	n := b.Sockets.Of(tcp.SynRecv).Total
	return Comparison{Name: knowledge.CompareHalfOpen, OurName: "SYN_RECV", Ours: n, Agreement: AgreeNotCounted}, n > 0
}

func compareOrphans(b *CrossCheck) (Comparison, bool) {
	c := Comparison{Name: knowledge.CompareOrphans, OurName: "orphans", TheirName: "TCP.orphan"}
	for _, s := range []tcp.State{tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.LastAck} {
		c.Ours += b.Sockets.Of(s).Unowned
	}
	return c, b.OwnersKnown && c.judgeWider(b, "TCP.orphan")
}

func compareAllocated(b *CrossCheck) (Comparison, bool) {
	c := Comparison{Name: knowledge.CompareAllocated, OurName: "full", TheirName: "TCP.alloc"}
	for s := range tcp.AllStates.All() {
		kinds := b.Sockets.Of(s).Kinds
		c.Ours += kinds[socket.Full] + kinds[socket.Idle]
		if kinds[socket.KindUnknown] > 0 {
			return c, false
		}
	}
	return c, c.judgeWider(b, "TCP.alloc")
}

// opened are the counters of connections that were opened.
func opened() []string { return []string{"Tcp.ActiveOpens", "Tcp.PassiveOpens"} }

func (c *Comparison) part(name string, n int64) {
	if n != 0 {
		c.Parts = append(c.Parts, Part{name, n})
	}
}

// judge compares with the sum of some gauges. events are the counters of events that
// make the gauges grow. It reports whether the first gauge was read.
func (c *Comparison) judge(b *CrossCheck, events []string, gauges ...string) bool {
	now, ok := sumGauges(b.Now.Gauges, gauges)
	if !ok {
		return false
	}
	c.Theirs, c.Difference = uint64(now), now-int64(c.Ours)
	model := int64(c.Ours)
	for _, p := range c.Parts {
		model += p.Count
	}
	low, high, between := now, now, int64(0)
	if b.Before != nil {
		if before, ok := sumGauges(b.Before.Gauges, gauges); ok {
			low, high = min(before, now), max(before, now)
			between = strayed(b, events, high-low)
		}
	}
	c.Rest = beyond(model, low, high)
	if c.Agreement == "" {
		c.Agreement = agreement(c, low != high, between, b.Before != nil)
	}
	return true
}

func agreement(c *Comparison, gaugeMoved bool, between int64, twice bool) Agreement {
	switch {
	case c.Rest == 0 && !gaugeMoved && c.Difference == 0:
		return AgreeSame
	case c.Rest == 0 && !gaugeMoved:
		return AgreeExplained
	case c.Rest == 0 || twice && magnitude(c.Rest) <= between:
		return AgreeMoved
	case !twice:
		return AgreeUnjudged
	default:
		return AgreeUnexplained
	}
}

// judgeWider compares with a number of the whole host, so the count can only be too
// small. Even if no other namespace is visible there may be one: a process sees only
// the namespaces of processes that it may inspect.
func (c *Comparison) judgeWider(b *CrossCheck, gauge string) bool {
	// Both opening and closing change the number of orphans and sockets.
	if !c.judge(b, append(opened(), "TcpExt.TW", "TcpExt.TWKilled", "Tcp.EstabResets"), gauge) {
		return false
	}
	if c.Rest > 0 {
		c.Agreement = AgreeWiderScope
	}
	return true
}

// strayed is how far a gauge can have moved away from both of its readings while the
// sockets were counted. Each event raises it by one, and every decrease is of
// something that an event added before or that no longer exists.
func strayed(b *CrossCheck, events []string, change int64) int64 {
	n := change
	for _, name := range events {
		now, ok := b.Now.Counters.Of(name)
		before, ok2 := b.Before.Counters.Of(name)
		if ok && ok2 && now > before {
			n += 2 * int64(now-before)
		}
	}
	return n
}

// beyond is how far n lies outside the readings from low to high: positive if the
// readings are higher.
func beyond(n, low, high int64) int64 {
	switch {
	case n < low:
		return low - n
	case n > high:
		return high - n
	default:
		return 0
	}
}

// sumGauges adds gauges. The first must exist; the others do not exist on every host
// (a kernel without IPv6).
func sumGauges(all Numbers, names []string) (total int64, ok bool) {
	for i, name := range names {
		n, known := all.Of(name)
		if i == 0 && !known {
			return 0, false
		}
		total += int64(n)
	}
	return total, true
}

func magnitude(n int64) int64 { return max(n, -n) }
