// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package detach

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func unsupported() error {
	return &problem.UnsupportedError{Feature: "a detached process", Reason: "it is made for Linux", Zh: "这里不支持后台进程：它只为 Linux 而写"}
}

// Start is not supported here.
func Start([]string, time.Duration) error { return unsupported() }

// Fork is not supported here.
func Fork([]string) error { return unsupported() }

// Ready is not supported here.
func Ready() error { return unsupported() }
