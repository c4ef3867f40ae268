// SPDX-License-Identifier: Apache-2.0

package query

import (
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Count is how many sockets are in one state: in total, and by kind of kernel object.
type Count struct {
	Total uint64
	Kinds [socket.NumKinds]uint64 // indexed by socket.Kind; they add up to Total
	// Unowned is how many of the full sockets no process has open: orphans, and
	// connections that wait to be accepted. Only engines that read inodes know it.
	Unowned uint64
}

// A Tally counts sockets by state. The zero Tally is empty and ready to use.
type Tally struct {
	states [tcp.NumStates]Count
}

// Add counts n sockets in state s of the given kind of kernel object. It returns
// false for an invalid state and then counts nothing.
func (t *Tally) Add(s tcp.State, kind socket.Kind, n uint64) bool {
	if !s.Valid() || int(kind) >= socket.NumKinds {
		return false
	}
	c := &t.states[s.Reported()]
	c.Total += n
	c.Kinds[kind] += n
	return true
}

// AddUnowned records that one of the full sockets counted in s has no owner.
func (t *Tally) AddUnowned(s tcp.State) {
	if s.Valid() {
		t.states[s.Reported()].Unowned++
	}
}

// AddUnownedN records that n of the full sockets counted in s have no owner.
func (t *Tally) AddUnownedN(s tcp.State, n uint64) {
	if s.Valid() {
		t.states[s.Reported()].Unowned += n
	}
}

// Of returns the count of one state.
func (t *Tally) Of(s tcp.State) Count {
	if !s.Valid() {
		return Count{}
	}
	return t.states[s.Reported()]
}

// Total returns how many sockets were counted.
func (t *Tally) Total() uint64 {
	var sum uint64
	for _, c := range t.states {
		sum += c.Total
	}
	return sum
}

// Share returns n as a part of the total, from 0 to 1; 0 when nothing was counted.
func (t *Tally) Share(n uint64) float64 {
	total := t.Total()
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}

// A Census is a counted answer.
type Census struct {
	Tally
	// Engine names the reader of the sockets, such as "sock_diag" or "listing".
	Engine string
	// Exact says that every socket the engine can see was counted once. It is false
	// if input was lost; Gaps then says what.
	Exact bool
	// Summed says that sockets may have been counted more than once, because a text
	// holds several looks or machines. Such a count is not exact, but nothing was
	// lost.
	Summed bool
	// OwnersKnown says that the engine read inodes, so that Unowned is valid.
	OwnersKnown bool
	// Passing is what the engine saw besides the states.
	Passing Passing
	// Gaps tell what could not be read, with the reasons.
	Gaps []problem.Gap
	// Limits are what the source can never show. They are gaps too, but no news to
	// the user who chose the source.
	Limits []problem.Gap
	// Format names the kind of listing that was read; empty for a live host.
	Format string
	// OtherNamespaces is how many network namespaces of this host were seen but not
	// counted; nil if that is unknown or does not apply.
	OtherNamespaces *int
}

// Passing is what an engine sees while it counts, at no extra cost. A 0 does not mean
// that there is none.
type Passing struct {
	FullQueues uint64 // listeners with a full accept queue
	Unanswered uint64 // sockets in SYN_SENT whose SYN was retransmitted
	// ToOne is about how many local ports the connections from one address to one
	// destination hold, the largest number of any pair. Ports is how many local ports
	// there are. Both are 0 if ToOne is far below Ports.
	ToOne, Ports uint64
}

// Partial reports whether something was lost that the source could have shown.
func (c *Census) Partial() bool {
	return problem.Lossy(c.Gaps) || !c.Exact && !c.Summed
}
