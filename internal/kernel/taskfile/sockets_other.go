// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package taskfile

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Check returns a [*problem.UnsupportedError].
func Check() error { return bpf.Check() }

// Sockets returns a [*problem.UnsupportedError].
func Sockets(context.Context) ([]procfs.Pair, error) { return nil, bpf.Check() }
