// SPDX-License-Identifier: Apache-2.0

package diagnose

import "sync"

// Whether a program called bind() to port 0 before connect() is not to be seen of
// a connection. But bind() gives no port twice, whatever the destination, where
// connect() looks for one for each destination by itself, among neighbours of the
// last one (net/ipv4/inet_hashtables.c __inet_hash_connect: table_perturb): where
// the connections to two destinations lie in the same parts of the range, some
// share a port. So it is inferred from ports that never coincide though by chance
// many would.

const (
	spreadParts = 64   // of the range at most
	spreadWidth = 32   // ports that a part has at least
	spreadFrom  = 4    // connections to a destination, before which its ports tell little
	spreadMost  = 64   // destinations that are looked at
	chanceLeast = 5.0  // ports that would coincide: none does by chance in 1 of 150 cases
	chanceShare = 0.05 // of them, that may do all the same
	// chanceDense is how many of all ports would coincide where two destinations are
	// all over the same parts. Where programs have ranges of their own side by side
	// only the parts at their ends are of both.
	chanceDense = 0.125
)

// portSpread is how many ports of a destination lie in each part of the range, of
// those that connect() tries first and of the others.
type portSpread [2][spreadParts]uint16

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
	s[class][int(port-rules.Low)/rules.width()]++
}

// width is how many ports a part of the range has.
func (r *PortRules) width() int {
	return max(spreadWidth, (int(r.High)-int(r.Low)+spreadParts)/spreadParts)
}

// byChance is how many ports of a source two destinations would have in common if
// each had chosen its own where they lie: of those that connect() tries first, and
// of the others.
func (p *portSpace) byChance(source *portSource) (of [2]float64) {
	var spreads []*portSpread
	for d, u := range p.destinations {
		if u.spread != nil && p.sources[d.local] == source {
			spreads = append(spreads, u.spread)
		}
	}
	width := float64(min(p.rules.width(), int(p.rules.High)-int(p.rules.Low)+1)) / 2 // ports of a class in a part
	for class := range 2 {
		for part := range spreadParts {
			var sum, squares float64
			for _, s := range spreads {
				k := float64(s[class][part])
				sum += k
				squares += k * k
			}
			of[class] += (sum*sum - squares) / 2 / width
		}
	}
	return of
}

// sharedOf is how many ports of a source more than one destination has.
func (p *portSpace) sharedOf(source *portSource) (of [2]int) {
	for port := int(p.rules.Low); source.shared.len() > 0 && port <= int(p.rules.High); port++ {
		if source.shared.has(uint16(port)) {
			of[(port-int(p.rules.Low))&1]++
		}
	}
	return of
}

// boundBy says what the ports of a source tell of bind() before connect().
type boundBy uint8

const (
	boundPerhaps boundBy = iota // too few to tell
	boundSurely
	boundNever
)

func (p *portSpace) boundBy(source *portSource) boundBy {
	byClass, chances := p.sharedOf(source), p.byChance(source)
	shared, chance := byClass[0]+byClass[1], chances[0]+chances[1]
	switch {
	case float64(byClass[1]) > max(1, chances[1]/4): // bind() would not have shared them
		return boundNever
	case chance >= max(chanceLeast, chanceDense*float64(source.once.len()-shared)) && float64(shared) <= chanceShare*chance:
		return boundSurely
	default:
		return boundPerhaps
	}
}

// inferred counts the ports that seem to be held by bind() before connect(): all
// that a source has, where its ports tell so, else those in the second pass of
// connect(). It begins that pass only when the first finds nothing; while no
// destination has used up the first, what lies in the second was chosen by bind(),
// or for a socket with a range of its own (IP_LOCAL_PORT_RANGE). sure says that
// all of them were counted for the first reason.
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

// firstPassUsedUp reports whether connect() has had to look in its second pass.
func (p *portSpace) firstPassUsedUp() bool {
	first := p.rules.preferredCapacity()
	for _, u := range p.destinations {
		if u.held.preferred+u.reusable+p.blocked.len() >= first {
			return true
		}
	}
	return false
}

// inferredElsewhere is inferred without what a single destination may have got
// from connect() itself, at a time when its first pass was used up, or in a range
// of its own.
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
