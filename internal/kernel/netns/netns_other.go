// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netns

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func discover(context.Context, Options, func([]*Namespace) bool) ([]*Namespace, []problem.Gap, error) {
	return nil, nil, unsupported()
}

func self(Options) (*Namespace, error) { return nil, unsupported() }

func atPath(string, Options) (*Namespace, error) { return nil, unsupported() }

func (*Namespace) enter(func() error) error { return unsupported() }

func unsupported() error {
	return &problem.UnsupportedError{Feature: "network namespaces", Reason: "only Linux has them", Zh: "这里不支持网络命名空间：只有 Linux 才有"}
}

// CountOthers returns a [*problem.UnsupportedError].
func CountOthers(context.Context) (int, error) { return 0, unsupported() }

// OnlyFirst returns false: this system has no network namespaces.
func OnlyFirst() bool { return false }

func here() (Identity, error) { return Identity{}, unsupported() }

func isInit() bool { return false }

func (*Namespace) hold() error { return unsupported() }

func (*Namespace) owner() (uid uint32, ok bool) { return 0, false }

// Release does nothing.
func (*Namespace) Release() {}
