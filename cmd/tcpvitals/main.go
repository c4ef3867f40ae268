// SPDX-License-Identifier: Apache-2.0

// Command tcpvitals tells what the TCP connections of a Linux host are doing.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// version is set by release builds with -ldflags "-X main.version=...".
var version string

// unwatched is how long a command that reads once runs before it watches for
// Ctrl-C and the like. Until then such a signal ends the process at once, which
// has nothing to put in order. To watch takes threads, and those a twentieth of
// the time in which the sockets of an idle host are counted.
const unwatched = 20 * time.Millisecond

func main() {
	// Whoever read standard output may go: to write is then an error as any other,
	// and the command ends in order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	args := os.Args[1:]
	if cli.LifetimeOf(args) == cli.ReadsOnce {
		time.AfterFunc(unwatched, func() { watch(interrupt) })
	} else {
		watch(interrupt)
	}
	env := cli.System(version)
	env.Program = os.Args[0]
	env.Alone = true
	os.Exit(cli.Main(ctx, env, args))
}

// watch calls interrupt at the first Ctrl-C, SIGTERM, which is how a service is
// ended, or SIGHUP, when the terminal goes, and takes note of no other. What was
// started to outlive its terminal (nohup) does.
func watch(interrupt func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, signals...)
	go func() {
		<-told
		interrupt()
	}()
}
