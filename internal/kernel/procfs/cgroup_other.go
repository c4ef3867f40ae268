// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import (
	"context"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// CgroupTree is there on Linux only.
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
	return ProcessCgroup{}, fmt.Errorf("procfs: process %d: %w", pid, noCgroups())
}

func noCgroups() error {
	return &problem.UnsupportedError{Feature: "the cgroup of a socket", Reason: "only Linux has cgroups"}
}

// ID always fails.
func (*CgroupTree) ID(string) (uint64, bool) { return 0, false }
