// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"os"
	"os/signal"
	"syscall"
)

// deadly returns the signals that end a process and can be watched for. Ctrl-C
// is watched for where the command is ended in order.
func deadly() []os.Signal { return []os.Signal{syscall.SIGTERM, syscall.SIGHUP} }

// die ends the process by the signal, as if nobody had watched for it.
func die(s os.Signal) {
	signal.Reset(s)
	if sig, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(os.Getpid(), sig) // never fails for oneself
	}
}
