// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"math"
	"sync"
)

// A connection does not show whether its program called bind() to port 0 before
// connect(). But bind() never gives the same port twice, whatever the destination,
// while connect() searches for each destination separately, near the last port
// (net/ipv4/inet_hashtables.c __inet_hash_connect: table_perturb). If the connections
// to two destinations lie side by side in the same parts of the range, some share a
// port. So bind() is inferred if no ports coincide although by chance many would.

const (
	spreadParts = 64 // parts of the range, at most
	spreadWidth = 32 // ports of a part, at least
	spreadFrom  = 4  // with fewer connections to a destination its ports tell little
	spreadMost  = 64 // destinations that are looked at, at most
	// runLeast is how many ports of a part are seen to be a run. Two runs that do not
	// overlap say nothing: connect() goes on from its last port.
	runLeast = 3
	// unlikely is minus the logarithm of the probability below which no coincidence is
	// no chance: 1 in 10,000.
	unlikely    = 9.21
	chanceShare = 0.05 // share of the expected coincidences that may still happen
	// chanceDense is the share of all ports that would coincide if two destinations
	// were spread over the same parts. If programs have ranges of their own side by
	// side, only the parts at the ends of the ranges belong to both.
	chanceDense = 0.125
)

// portSpread is how the ports of a destination lie in each part of the range: first
// those that connect() tries first, then the others.
type portSpread [2][spreadParts]portRun

// portRun is ports of one part of the range: how many, the lowest and the highest.
type portRun struct{ n, low, high uint16 }

// spread counts a port of a destination.
func (p *portSpace) spread(u *portUse, port uint16) {
	if u.spread != nil {
		u.spread.add(p.rules, port)
		return
	}
	n := u.live + u.timeWait
	if n < spreadFrom {
		u.first[n-1] = port
		return
	}
	if p.spreads == spreadMost {
		return
	}
	p.spreads++
	u.spread = &portSpread{}
	for _, q := range append(u.first[:], port) {
		u.spread.add(p.rules, q)
	}
}

func (s *portSpread) add(rules *PortRules, port uint16) {
	class := 0
	if !rules.preferred(port) {
		class = 1
	}
	run := &s[class][int(port-rules.Low)/rules.width()]
	if run.n == 0 {
		run.low, run.high = port, port
	}
	run.n, run.low, run.high = run.n+1, min(run.low, port), max(run.high, port)
}

// width is how many ports a part of the range has.
func (r *PortRules) width() int {
	return max(spreadWidth, (int(r.High)-int(r.Low)+spreadParts)/spreadParts)
}

// apart reports whether two runs lie one after the other.
func (a portRun) apart(b portRun) bool {
	return min(a.n, b.n) >= runLeast && (a.high < b.low || b.high < a.low)
}

// coincidence is what to expect of the ports of a source if each destination had
// chosen its ports independently in the parts where they lie.
type coincidence struct {
	// shared is how many ports two destinations would share: among those that
	// connect() tries first, and among the others.
	shared [2]float64
	// none is minus the logarithm of the probability that they share none.
	none float64
}

func (p *portSpace) byChance(source *portSource) (c coincidence) {
	var spreads []*portSpread
	for d, u := range p.destinations {
		if u.spread != nil && p.sources[d.local] == source {
			spreads = append(spreads, u.spread)
		}
	}
	ports := (min(p.rules.width(), int(p.rules.High)-int(p.rules.Low)+1) + 1) / 2 // half of a part: the ports of one parity
	for i, s := range spreads {
		for _, other := range spreads[:i] {
			c.add(s, other, ports)
		}
	}
	return c
}

func (c *coincidence) add(s, other *portSpread, ports int) {
	for class := range 2 {
		for part := range spreadParts {
			a, b := s[class][part], other[class][part]
			if a.n == 0 || b.n == 0 || a.apart(b) {
				continue
			}
			c.shared[class] += float64(a.n) * float64(b.n) / float64(ports)
			c.none += surprise(int(a.n), int(b.n), ports)
		}
	}
}

// surprise is minus the logarithm of the probability that b of some ports are none of
// the a that were chosen before.
func surprise(a, b, ports int) (sum float64) {
	for i := range b {
		free := ports - a - i
		if free <= 0 {
			break
		}
		sum += math.Log(float64(ports-i) / float64(free))
	}
	return sum
}

// sharedOf is how many ports of a source belong to more than one destination: of those
// that connect() tries first, and of the others.
func (p *portSpace) sharedOf(source *portSource) (of [2]int) {
	for port := int(p.rules.Low); source.shared.len() > 0 && port <= int(p.rules.High); port++ {
		if source.shared.has(uint16(port)) {
			of[(port-int(p.rules.Low))&1]++
		}
	}
	return of
}

// boundBy says whether the ports of a source look as if bind() was called before
// connect().
type boundBy uint8

const (
	boundPerhaps boundBy = iota // too few ports to tell
	boundSurely
	boundNever
)

func (p *portSpace) boundBy(source *portSource) boundBy {
	byClass, expected := p.sharedOf(source), p.byChance(source)
	shared, chance := byClass[0]+byClass[1], expected.shared[0]+expected.shared[1]
	switch {
	case float64(byClass[1]) > max(1, expected.shared[1]/4): // bind() would not have given these ports twice
		return boundNever
	case expected.none >= unlikely && chance >= chanceDense*float64(source.once.len()-shared) && float64(shared) <= chanceShare*chance:
		return boundSurely
	default:
		return boundPerhaps
	}
}

// inferred counts the ports that seem to be held by bind() before connect(): all ports
// of a source, if they look so; otherwise its ports that belong to the second pass of
// connect(). connect() begins that pass only if the first finds nothing, and the
// connections that had filled the first may have ended since. While so few were opened
// that they never filled it, ports of the second were chosen by bind(), or for a
// socket with a range of its own (IP_LOCAL_PORT_RANGE). sure says that all of them
// were counted for the first reason.
func (p *portSpace) inferred() (n int, sure bool) {
	var found portSet
	firstPassUsedUp := sync.OnceValue(p.firstPassUsedUp)
	sure = true
	for _, s := range p.sources {
		if s.once.len() == 0 {
			continue
		}
		step, from := 1, int(p.rules.Low)
		switch p.boundBy(s) {
		case boundNever:
			continue
		case boundPerhaps:
			if firstPassUsedUp() {
				continue
			}
			step, from, sure = 2, from+1, false
		case boundSurely:
		}
		for port := from; port <= int(p.rules.High); port += step {
			q := uint16(port)
			if s.once.has(q) && !s.shared.has(q) && !p.blocked.has(q) && found.add(q) {
				n++
			}
		}
	}
	return n, sure
}

// firstPassUsedUp reports whether connect() may ever have searched in its second pass:
// whether as many connections were opened as its first pass has ports, or if that is
// not known.
func (p *portSpace) firstPassUsedUp() bool {
	first := p.rules.preferredCapacity()
	for q := range p.blocked.all() {
		if p.rules.preferred(q) {
			first--
		}
	}
	for _, u := range p.destinations {
		if u.live+u.timeWait >= first {
			return true
		}
	}
	return p.opens == nil || *p.opens >= uint64(max(0, first))
}

// inferredElsewhere is inferred without the ports that connect() itself may have given
// to a single destination in a range of its own.
func (p *portSpace) inferredElsewhere() (n int, sure bool) {
	n, sure = p.inferred()
	if sure {
		return n, true
	}
	most := 0
	for _, u := range p.destinations {
		most = max(most, u.held.second)
	}
	return max(0, n-most), false
}
