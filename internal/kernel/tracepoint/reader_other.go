// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package tracepoint

import "github.com/tcpvitals/tcpvitals/internal/problem"

// A Reader cannot be opened on this system.
type Reader struct{}

// Open returns a [*problem.UnsupportedError].
func Open() (*Reader, error) {
	return nil, &problem.UnsupportedError{Feature: "tracepoints", Reason: "this is not Linux", Zh: "这里不支持跟踪点：这不是 Linux"}
}

// Close does nothing.
func (*Reader) Close() error { return nil }

// Read reads nothing.
func (*Reader) Read(func(*Change) bool) {}

// Lost returns 0.
func (*Reader) Lost() uint64 { return 0 }
