// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Sample is what is known at one time: the newest count, and the newest
// examination, which may be older. Nothing in it is changed after it was made.
type Sample struct {
	// At is when it was put together.
	At time.Time
	// Version is that of the program.
	Version string
	// Count and Examined are the newest that succeeded; nil before the first.
	Count    *Counted
	Examined *Examined
	// Traced is what a trace has seen since the agent began; nil without one.
	Traced *Traced
	// Sources tell how reading goes on, those that failed too.
	Sources []Source
	// Own is what the program itself takes.
	Own collect.Own
}

// Counted is one count: the sockets by state, and the kernel's numbers.
type Counted struct {
	At     time.Time
	Engine string // that counted
	Exact  bool   // every socket was looked at once
	// OneIn, when not 0, says that one in so many was looked at: States are
	// estimates.
	OneIn  uint32
	States States
	// Own are the counts of the own network namespace by state, for the metric names of
	// node_exporter; nil when they are not wanted.
	Own *[tcp.NumStates]uint64
	// Facts are the counters and gauges of the network namespace that this
	// program runs in, and those of the whole host.
	Facts diagnose.Facts
}

// States is sockets by state and family.
type States [tcp.NumStates][families]uint64

// families is how many there are.
const families = 2

// familyNames are the values of the label.
var familyNames = [families]string{"ipv4", "ipv6"}

// Add counts n sockets. What is in a state or family that is not known is left out.
func (s *States) Add(state tcp.State, family socket.Family, n uint64) {
	if int(state) >= len(s) {
		return
	}
	switch family {
	case socket.IPv4:
		s[state][0] += n
	case socket.IPv6:
		s[state][1] += n
	}
}

// Examined is one examination: the same sockets by where they belong, and what
// the rules say. What there may be any number of is cut to the top ones.
type Examined struct {
	At    time.Time
	Exact bool
	// Diagnosis is all that the rules said.
	Diagnosis *diagnose.Diagnosis
	// Queued goes with Counted.Own.
	Queued *Queued
	// By are the sockets by port, unit, container and namespace.
	By []Groups

	Listeners    Top[Listener]
	Destinations Top[Destination]
	Findings     Top[Finding]
}

// A Top is the first ones of some, and how many more there are.
type Top[T any] struct {
	Told []T
	Left int
}

// cut keeps so many.
func cut[T any](all []T, top int) Top[T] {
	n := min(len(all), top)
	return Top[T]{slices.Clip(all[:n:n]), len(all) - n}
}

// Groups is sockets by one thing and by state.
type Groups struct {
	By string // the value of the label "by"
	// All are the groups, the greatest first, as many as are told.
	All []Group
	// Others is the rest together, and Left how many groups that are.
	Others Group
	Left   int
}

// A Group is the sockets of one.
type Group struct {
	Name   string
	States [tcp.NumStates]uint64
}

// A Source is one thing that is read again and again.
type Source struct {
	Name string
	// Look is the newest that succeeded; zero before the first.
	Look sampler.Look
	// OK says that the newest did. Failed is how many did not, and Skipped how
	// many ticks went by unused, both since the program began.
	OK              bool
	Failed, Skipped uint64
}
