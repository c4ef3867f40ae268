// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sockdiag

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Open returns a [*problem.UnsupportedError].
func Open() (*Conn, error) {
	return nil, &problem.UnsupportedError{Feature: "sock_diag", Reason: "it is a Linux interface", Zh: "这里不支持 sock_diag：它是 Linux 的接口"}
}

// ProbeDestroy returns a [*problem.UnsupportedError].
func ProbeDestroy(context.Context) error {
	_, err := Open()
	return err
}

// OpenWithMarks returns a [*problem.UnsupportedError].
func OpenWithMarks() (*Conn, error) { return Open() }
