// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "context"

// JoinProcesses returns a [*problem.UnsupportedError].
func JoinProcesses(ctx context.Context, _ *Listed) (*Processes, error) {
	return scanProcesses(ctx, ProcessOptions{})
}

// SelfIs returns false: there is no /proc.
func SelfIs(int) bool { return false }

// OpenFiles returns a [*problem.UnsupportedError].
func OpenFiles() (uint64, error) {
	_, err := scanProcesses(context.Background(), ProcessOptions{})
	return 0, err
}
