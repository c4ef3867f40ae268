// SPDX-License-Identifier: Apache-2.0

package diagnose

import "sync"

// A connection does not show whether its program called bind() to port 0 before
// connect(). But bind() never gives the same port twice, whatever the destination,
// while connect() searches for each destination separately, near the last port
// (net/ipv4/inet_hashtables.c __inet_hash_connect: table_perturb). If the connections
// to two destinations lie in the same parts of the range, some share a port. So bind()
// is inferred if no ports coincide although by chance many would.

const (
	spreadParts = 64   // parts of the range, at most
	spreadWidth = 32   // ports of a part, at least
	spreadFrom  = 4    // with fewer connections to a destination its ports tell little
	spreadMost  = 64   // destinations that are looked at, at most
	chanceLeast = 5.0  // expected coincidences; with so many, none happens by chance in 1 of 150 cases
	chanceShare = 0.05 // share of the expected coincidences that may still happen
	// chanceDense is the share of all ports that would coincide if two destinations
	// were spread over the same parts. If programs have ranges of their own side by
	// side, only the parts at the ends of the ranges belong to both.
	chanceDense = 0.125
)

// portSpread is how many ports of a destination lie in each part of the range: first
// those that connect() tries first, then the others.
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

// byChance is how many ports of a source two destinations would share if each had
// chosen its ports independently in the parts where they lie: among the ports that
// connect() tries first, and among the others.
func (p *portSpace) byChance(source *portSource) (of [2]float64) {
	var spreads []*portSpread
	for d, u := range p.destinations {
		if u.spread != nil && p.sources[d.local] == source {
			spreads = append(spreads, u.spread)
		}
	}
	width := float64(min(p.rules.width(), int(p.rules.High)-int(p.rules.Low)+1)) / 2 // half of a part: the ports of one parity
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
	byClass, chances := p.sharedOf(source), p.byChance(source)
	shared, chance := byClass[0]+byClass[1], chances[0]+chances[1]
	switch {
	case float64(byClass[1]) > max(1, chances[1]/4): // bind() would not have given these ports twice
		return boundNever
	case chance >= max(chanceLeast, chanceDense*float64(source.once.len()-shared)) && float64(shared) <= chanceShare*chance:
		return boundSurely
	default:
		return boundPerhaps
	}
}

// inferred counts the ports that seem to be held by bind() before connect(): all ports
// of a source, if they look so; otherwise its ports that belong to the second pass of
// connect(). connect() begins that pass only if the first finds nothing. While no
// destination has used up the first pass, ports of the second were chosen by bind(),
// or for a socket with a range of its own (IP_LOCAL_PORT_RANGE). sure says that all of
// them were counted for the first reason.
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

// firstPassUsedUp reports whether connect() had to search in its second pass.
func (p *portSpace) firstPassUsedUp() bool {
	first := p.rules.preferredCapacity()
	for _, u := range p.destinations {
		if u.held.preferred+u.reusable+p.blocked.len() >= first {
			return true
		}
	}
	return false
}

// inferredElsewhere is inferred without the ports that connect() itself may have given
// to a single destination, at a time when its first pass was used up or in a range of
// its own.
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
