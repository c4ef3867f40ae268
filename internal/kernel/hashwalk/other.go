// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package hashwalk

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
)

// A Walker walks the kernel's tables; on this system it cannot be opened.
type Walker struct{}

// Probe returns a [*problem.UnsupportedError].
func Probe() error { return bpf.Check() }

// Open returns a [*problem.UnsupportedError].
func Open() (*Walker, error) { return nil, bpf.Check() }

// Close does nothing.
func (*Walker) Close() error { return nil }

// Walk returns a [*problem.UnsupportedError].
func (*Walker) Walk(context.Context, Query) (*Result, error) { return nil, bpf.Check() }

// Namespaces returns a [*problem.UnsupportedError].
func (*Walker) Namespaces() (int, error) { return 0, bpf.Check() }

// Supports returns a [*problem.UnsupportedError].
func Supports(Query) error { return bpf.Check() }
