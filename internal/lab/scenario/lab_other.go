// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package scenario

import (
	"context"
	"runtime"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// laboratory is the testbed on which scenarios run; it exists on Linux only.
type laboratory struct{}

func openLab(Options) (*laboratory, error) {
	return nil, &problem.UnsupportedError{Feature: "the lab", Reason: "it needs Linux and this is " + runtime.GOOS, Zh: "这里不支持 lab：它需要 Linux，而这里是 " + runtime.GOOS}
}

func (l *laboratory) close() {}

func (l *laboratory) run(context.Context, *Scenario, socket.Family) *Result { return nil }
