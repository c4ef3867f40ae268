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
// examination, which may be older. It does not change after it was made.
type Sample struct {
	// At is when the sample was made.
	At time.Time
	// Version is the version of the program.
	Version string
	// Count and Examined are the newest successful ones; nil before the first.
	Count    *Counted
	Examined *Examined
	// Traced is what the trace has seen since the agent began; nil without a trace.
	Traced *Traced
	// Sources tell the state of each source, including failures.
	Sources []Source
	// Receivers are the stores that the history is sent to.
	Receivers []Receiver
	// Own is the resource usage of this program.
	Own collect.Own
}

// A Receiver is a store that the history is sent to. Its numbers are those since the
// program began.
type Receiver struct {
	Name string
	// Sent is how many samples it has taken, Repeated how many were sent again that it
	// had already, Refused how many it does not want, and Forgotten how many were
	// removed from the history before they were sent.
	Sent, Repeated, Refused, Forgotten uint64
	// Failed is how many requests have to be repeated.
	Failed uint64
	// Behind is how much time of the history it lacks.
	Behind time.Duration
}

// Counted is one count: the sockets by state, and the kernel's numbers.
type Counted struct {
	At     time.Time
	Engine string // the engine that counted
	Exact  bool   // every socket was read once
	// OneIn, if not 0, says that one in OneIn buckets was read: States are estimates.
	OneIn  uint32
	States States
	// Own are the counts by state in this process's own network namespace, for the
	// metric names of node_exporter; nil if not wanted.
	Own *[tcp.NumStates]uint64
	// Facts are the counters and gauges of the network namespace of this program, and
	// those of the whole host.
	Facts diagnose.Facts
}

// States are counts of sockets by state and family.
type States [tcp.NumStates][families]uint64

// families is the number of families.
const families = 2

// familyNames are the values of the label.
var familyNames = [families]string{"ipv4", "ipv6"}

// Add counts n sockets. An unknown state or family is left out.
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

// Examined is one examination: the sockets by owner and place, and what the rules
// say. Unbounded lists are cut to the top ones.
type Examined struct {
	At    time.Time
	Exact bool
	// Namespaces is how many network namespaces were looked at, Unread how many were
	// not: there are too many, or they could not be entered.
	Namespaces, Unread int
	// Diagnosis has everything that the rules said.
	Diagnosis *diagnose.Diagnosis
	// Queued is set if Counted.Own is.
	Queued *Queued
	// By are the sockets grouped by port, unit, container and namespace.
	By []Groups

	Listeners    Top[Listener]
	Destinations Top[Destination]
	Findings     Top[Finding]
}

// A Top is the first elements of a list, and the number of the others.
type Top[T any] struct {
	Told []T
	Left int
}

// cut keeps the first top elements.
func cut[T any](all []T, top int) Top[T] {
	n := min(len(all), top)
	return Top[T]{slices.Clip(all[:n:n]), len(all) - n}
}

// Groups are the sockets grouped by one thing, with counts by state.
type Groups struct {
	By string // the value of the label "by"
	// All are the largest groups that are exported.
	All []Group
	// Others sums up the other groups, and Left is their number.
	Others Group
	Left   int
}

// A Group has the counts of one group.
type Group struct {
	Name   string
	States [tcp.NumStates]uint64
}

// A Source is something that is read at regular times.
type Source struct {
	Name string
	// Look is the newest successful look; zero before the first.
	Look sampler.Look
	// OK says that the newest look succeeded. Failed is how many have failed, Skipped
	// how many ticks passed unused, both since the program began.
	OK              bool
	Failed, Skipped uint64
}
