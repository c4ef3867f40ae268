// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package taskfile

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Sockets returns a [*problem.UnsupportedError].
func Sockets(context.Context) (*procfs.Listed, error) { return nil, bpf.Check() }

// A Lister lists nothing here.
type Lister struct{}

// Open returns a [*problem.UnsupportedError].
func Open() (*Lister, error) { return nil, bpf.Check() }

// Close does nothing.
func (*Lister) Close() error { return nil }

// Sockets returns a [*problem.UnsupportedError].
func (*Lister) Sockets(context.Context) (*procfs.Listed, error) { return nil, bpf.Check() }
