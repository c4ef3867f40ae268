// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const (
	staySteps = 176 // as in trace.bpf.c
	stayUnit  = 1024 * time.Nanosecond
)

// Stays is a histogram, by state, of how long sockets were in the state. Each step is
// a quarter of a power of two.
type Stays [12][staySteps]uint64

// Of returns how many sockets left a state that the tracer had seen them enter.
func (s *Stays) Of(state tcp.State) (n uint64) {
	for _, one := range s[state%12] {
		n += one
	}
	return n
}

// Quantile returns the time within which this share of the sockets, such as 0.99,
// left the state; 0 if there are none. It is the middle of a step: the error is at
// most an eighth.
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

// stepBegin returns the shortest time of a step.
func stepBegin(i int) time.Duration {
	if i < 4 {
		return time.Duration(i) * stayUnit
	}
	e := uint(i/4 + 1)
	return time.Duration(4+i%4) << (e - 2) * stayUnit
}
