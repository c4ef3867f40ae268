// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package hold

import (
	"context"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
)

// Run returns a [*problem.UnsupportedError]: it needs Linux.
func Run(context.Context, Options, func(Held) error) error { return isolate.Check() }

// Worker returns a [*problem.UnsupportedError]: it needs Linux.
func Worker(int, io.Reader, io.Writer) error { return isolate.Check() }
