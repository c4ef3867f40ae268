// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "context"

// JoinProcesses returns a [*problem.UnsupportedError].
func (f FS) JoinProcesses(ctx context.Context, _ *Listed) (*Processes, error) {
	return f.scanProcesses(ctx, ProcessOptions{})
}

// SelfIs returns false: this system has no /proc.
func (FS) SelfIs(int) bool { return false }

// OpenFiles returns a [*problem.UnsupportedError].
func (f FS) OpenFiles() (uint64, error) {
	_, err := f.scanProcesses(context.Background(), ProcessOptions{})
	return 0, err
}
