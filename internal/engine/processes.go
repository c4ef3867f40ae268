// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/taskfile"
)

// manyFiles is the number of open files above which the kernel is asked for the
// holders of sockets. Below it, loading a program takes longer than it saves.
const manyFiles = 30_000

// A lister finds which process holds which socket. It keeps the loaded program but no
// answers: a process that it names has the socket open now.
type lister struct {
	proc   procfs.FS
	loaded *taskfile.Lister
	allows probe
	asked  bool // a question was asked before
}

// processes finds the holders in the fastest way that works here. If the kernel
// refuses the program, /proc tells the same. stays says that more questions come.
func (l *lister) processes(ctx context.Context, stays bool) (*procfs.Processes, error) {
	if l.pays(stays) && l.load() == nil {
		if pairs, err := l.loaded.Sockets(ctx); err == nil {
			return l.proc.JoinProcesses(ctx, pairs)
		}
	}
	l.asked = true
	return l.proc.ScanProcesses(ctx, procfs.ProcessOptions{})
}

// pays reports whether loading the program is worth its cost: at once if many files
// are open, else from the second question on.
func (l *lister) pays(stays bool) bool {
	if l.loaded != nil {
		return true
	}
	if !l.proc.SelfIs(os.Getpid()) {
		return false // the tree numbers processes otherwise, or is a copy
	}
	if l.asked || stays {
		return true
	}
	open, err := l.proc.OpenFiles()
	return err == nil && open >= manyFiles
}

// load puts the program into the kernel, if it is not there yet.
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
