// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const (
	staySteps = 176 // of trace.bpf.c
	stayUnit  = 1024 * time.Nanosecond
)

// Stays are how long sockets were in each state, counted: times are known to a
// quarter of a power of two.
type Stays [12][staySteps]uint64

// Of is how many have left a state that they were seen to enter.
func (s *Stays) Of(state tcp.State) (n uint64) {
	for _, one := range s[state%12] {
		n += one
	}
	return n
}

// Quantile returns the time within which that share of the sockets, such as 0.99, left the
// state; 0 when there are none. It is the middle of a step: at most an eighth off.
func (s *Stays) Quantile(state tcp.State, part float64) time.Duration {
	all := s.Of(state)
	below := uint64(0)
	for i, n := range s[state%12] {
		if below += n; n > 0 && float64(below) >= part*float64(all) {
			return (stepBegin(i) + stepBegin(i+1)) / 2
		}
	}
	return 0
}

// stepBegin is the least time of a step.
func stepBegin(i int) time.Duration {
	if i < 4 {
		return time.Duration(i) * stayUnit
	}
	e := uint(i/4 + 1)
	return time.Duration(4+i%4) << (e - 2) * stayUnit
}
