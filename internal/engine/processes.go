// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/taskfile"
)

// manyFiles is from how many open files on the kernel itself is asked for the
// holders of sockets: below, loading a program takes longer than it saves.
const manyFiles = 30_000

// findProcesses finds who holds which socket, the quickest way that works here.
// What the kernel refuses is read from /proc, which tells the same.
func findProcesses(ctx context.Context) (*procfs.Processes, error) {
	if open, err := procfs.OpenFiles(); err == nil && open >= manyFiles && procfs.SelfIs(os.Getpid()) {
		if pairs, err := taskfile.Sockets(ctx); err == nil {
			return procfs.JoinProcesses(ctx, pairs)
		}
	}
	return procfs.ScanProcesses(ctx, procfs.ProcessOptions{})
}
