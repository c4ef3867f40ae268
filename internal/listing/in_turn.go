// SPDX-License-Identifier: Apache-2.0

package listing

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// This file watches counts in which states come again with nothing between: a loop that
// counts prints them in the same order each time, or by their numbers. States and numbers
// of single sockets, ESTAB 812, TIME_WAIT 44, ESTAB 813, come in any order.

// turns is the order in which states come.
type turns struct {
	before  [tcp.Bound + 1]uint32 // for each state, a bit set of the states that came before it in a round
	seen    uint32                // bit set of the states in this round
	last    uint64                // the last number in this round
	n, most int                   // number of states in this round, and in the longest round
	uneven  bool                  // rounds differ in the number or the order of their states
	zero    bool                  // a number is 0, so the numbers are not ports or process IDs
	again   uint64                // how many times a round began immediately after the last one
	rises   bool                  // the numbers of this round increase
	falls   bool
	crossed bool // two states of this round are in a different order than before
	mixed   bool // in one such round the numbers did not decrease either
	first   told
}

// round begins a new round; beside is whether nothing is between it and the last.
func (t *turns) round(beside bool, line uint64, text []byte) {
	t.ends()
	if !beside {
		t.before = [tcp.Bound + 1]uint32{}
		return
	}
	t.again++
	t.first.add(line, text)
}

// ends looks back at a round.
func (t *turns) ends() {
	t.mixed = t.mixed || t.crossed && (t.rises && t.falls)
	t.uneven = t.uneven || t.crossed || t.most > 0 && t.n != t.most
	t.most = max(t.most, t.n)
	t.seen, t.n, t.rises, t.falls, t.crossed = 0, 0, false, false, false
}

// takes takes a state with its number.
func (t *turns) takes(s tcp.State, number uint64) {
	for other := range tcp.AllStates.All() {
		if t.seen>>other&1 == 1 && t.before[other]>>s&1 == 1 {
			t.crossed = true
		}
	}
	t.zero = t.zero || number == 0
	t.rises = t.rises || t.n > 0 && number > t.last
	t.falls = t.falls || t.n > 0 && number < t.last
	t.before[s] |= t.seen
	t.seen |= 1 << s
	t.n, t.last = t.n+1, number
}

// ofSockets reports whether the numbers may be such of single sockets. Of two states
// alone there is no order to see: tables of two that are alike, with a 0 in one, are no
// ports and no processes, and queues would not come in pairs.
func (t *turns) ofSockets() bool {
	t.ends()
	tables := t.most == 2 && t.zero && !t.uneven
	return t.again > 0 && (t.mixed || t.most <= 2 && !tables)
}
