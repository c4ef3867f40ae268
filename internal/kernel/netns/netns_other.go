// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netns

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func discover(context.Context, Options) ([]*Namespace, []problem.Gap, error) {
	return nil, nil, unsupported()
}

func self(Options) (*Namespace, error) { return nil, unsupported() }

func atPath(string, Options) (*Namespace, error) { return nil, unsupported() }

func (*Namespace) enter(func() error) error { return unsupported() }

func unsupported() error {
	return &problem.UnsupportedError{Feature: "network namespaces", Reason: "only Linux has them"}
}

// CountOthers returns a [*problem.UnsupportedError].
func CountOthers(context.Context) (int, error) { return 0, unsupported() }

func here() (Identity, error) { return Identity{}, unsupported() }

func isInit() bool { return false }
