// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"os"
	"os/signal"
	"syscall"
)

// deadly returns the signals that end a process and can be caught. Ctrl-C is handled
// where the command ends in order.
func deadly() []os.Signal { return []os.Signal{syscall.SIGTERM, syscall.SIGHUP} }

// die ends the process by the signal, as if it had not been caught.
func die(s os.Signal) {
	signal.Reset(s)
	if sig, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(os.Getpid(), sig) // a process may always signal itself
	}
}
