// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// CgroupTree works on Linux only.
type CgroupTree struct{}

// OpenCgroups always fails with a [*problem.UnsupportedError].
func (FS) OpenCgroups() (*CgroupTree, error) { return nil, noCgroups() }

// Close does nothing.
func (*CgroupTree) Close() error { return nil }

// Path always fails.
func (*CgroupTree) Path(uint64) (string, error) { return "", noCgroups() }

// Walk always fails.
func (*CgroupTree) Walk(context.Context, func(uint64, string)) error { return noCgroups() }

// ReadProcessCgroup always fails.
func (FS) ReadProcessCgroup(pid int32) (ProcessCgroup, error) {
	return ProcessCgroup{}, problem.Errorf("procfs: process %d: %w", "procfs：进程 %d：%w", pid, noCgroups())
}

func noCgroups() error {
	return &problem.UnsupportedError{Feature: "the cgroup of a socket", Reason: "only Linux has cgroups", Zh: "这里不支持套接字的 cgroup：只有 Linux 才有"}
}

// ID always fails.
func (*CgroupTree) ID(string) (uint64, bool) { return 0, false }
