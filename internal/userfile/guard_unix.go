// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// deadly returns the signals that end this process and can be caught. Ctrl-C is handled
// where the command ends in order. Under nohup(1) a hangup ends nothing: to catch it
// would take away a file that is still being written.
func deadly() []os.Signal {
	return slices.DeleteFunc([]os.Signal{syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}

// die ends the process by the signal, as if it had not been caught.
func die(s os.Signal) {
	signal.Reset(s)
	if sig, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(os.Getpid(), sig) // a process may always signal itself
	}
}
