// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sockdiag

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Conn is a sock_diag socket; there is none on this system.
type Conn struct{}

// Open returns a [*problem.UnsupportedError].
func Open() (*Conn, error) {
	return nil, &problem.UnsupportedError{Feature: "sock_diag", Reason: "it is a Linux interface"}
}

// Close does nothing.
func (*Conn) Close() error { return nil }

// Dump returns a [*problem.UnsupportedError].
func (*Conn) Dump(context.Context, Request, func(Message) bool) error {
	_, err := Open()
	return err
}

// DumpAhead returns a [*problem.UnsupportedError].
func (*Conn) DumpAhead(context.Context, Request, func(Message) bool) error {
	_, err := Open()
	return err
}

// OpenWithMarks returns a [*problem.UnsupportedError].
func OpenWithMarks() (*Conn, error) { return Open() }
