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

// A lister finds who holds which socket. Nothing of that is kept from one
// question to the next but the program that asks the kernel: a process that is
// named has the socket open now.
type lister struct {
	proc   procfs.FS
	loaded *taskfile.Lister
	allows probe
	asked  bool // once before
}

// processes asks in the quickest way that works here. What the kernel refuses is
// read from /proc, which tells the same. stays says that more questions come.
func (l *lister) processes(ctx context.Context, stays bool) (*procfs.Processes, error) {
	if l.pays(stays) && l.load() == nil {
		if pairs, err := l.loaded.Sockets(ctx); err == nil {
			return l.proc.JoinProcesses(ctx, pairs)
		}
	}
	l.asked = true
	return l.proc.ScanProcesses(ctx, procfs.ProcessOptions{})
}

// pays reports whether the program is worth loading: at once where many files
// are open, else for the second question.
func (l *lister) pays(stays bool) bool {
	if l.loaded != nil {
		return true
	}
	if !l.proc.SelfIs(os.Getpid()) {
		return false // the tree has other numbers for processes, or is a copy
	}
	if l.asked || stays {
		return true
	}
	open, err := l.proc.OpenFiles()
	return err == nil && open >= manyFiles
}

// load puts the program into the kernel, if it is not there.
func (l *lister) load() error {
	if l.loaded != nil {
		return nil
	}
	return l.allows.ask(func() (err error) {
		l.loaded, err = taskfile.Open()
		return err
	})
}

func (l *lister) close() {
	if l.loaded != nil {
		_ = l.loaded.Close() // never fails
	}
	*l = lister{proc: l.proc}
}
