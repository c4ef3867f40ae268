// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package tracer

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
)

// A Tracer cannot be opened on this system.
type Tracer struct{}

// Open returns a [*problem.UnsupportedError].
func Open(Options) (*Tracer, error) { return nil, bpf.Check() }

// Way returns 0.
func (*Tracer) Way() Way { return 0 }

// Close does nothing.
func (*Tracer) Close() error { return bpf.Check() }

// Listening returns a [*problem.UnsupportedError].
func (*Tracer) Listening(uint32, uint16) error { return bpf.Check() }

// Totals returns a [*problem.UnsupportedError].
func (*Tracer) Totals() (*Totals, error) { return nil, bpf.Check() }

// Edges returns a [*problem.UnsupportedError].
func (*Tracer) Edges() (Edges, error) { return Edges{}, bpf.Check() }

// Records returns a [*problem.UnsupportedError].
func (*Tracer) Records(func(*Record) bool) error { return bpf.Check() }

// Closer returns a [*problem.UnsupportedError].
func (*Tracer) Closer(uint64) (Closer, bool, error) { return Closer{}, false, bpf.Check() }

// Cost returns a [*problem.UnsupportedError].
func (*Tracer) Cost() (Cost, error) { return Cost{}, bpf.Check() }

// ResetReason returns nothing.
func (*Tracer) ResetReason(uint16) string { return "" }

// TellsResets returns false.
func (*Tracer) TellsResets() bool { return false }

// Stays returns a [*problem.UnsupportedError].
func (*Tracer) Stays() (*Stays, error) { return nil, bpf.Check() }
