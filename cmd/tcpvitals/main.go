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
	"github.com/tcpvitals/tcpvitals/internal/watch"
)

// version is set by release builds with -ldflags "-X main.version=...".
var version string

// unwatched is how long a command that reads once runs before it handles Ctrl-C and
// other signals. Until then a signal ends the process at once, which is safe because
// there is nothing to clean up. Handling signals needs threads, which take a
// twentieth of the time of counting the sockets of an idle host.
const unwatched = 20 * time.Millisecond

func main() {
	// The reader of standard output may go away: writing is then an ordinary error,
	// and the command ends in order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	args := os.Args[1:]
	life := cli.LifetimeOf(args)
	env := cli.System(version)
	begin := func() { heed(interrupt, patience(life), cli.Interrupted(env, args)) }
	if life == cli.ReadsOnce {
		time.AfterFunc(unwatched, begin)
	} else {
		begin()
	}
	env.Program = os.Args[0]
	env.Alone = true
	env.Watch = func(ctx context.Context, w cli.Watching) error { return watch.Run(ctx, watch.Options(w)) }
	os.Exit(cli.Main(ctx, env, args))
}

// patience is how long a command that was told to end may clean up. A system call
// that does not return, as for a file on a server that has gone, must not block it
// for ever. A command that changes something can be ended at any time; one that takes
// changes back has all the time it needs.
func patience(life cli.Lifetime) time.Duration {
	switch life {
	case cli.ReadsOnce:
		return 2 * time.Second
	case cli.Restores:
		return 0
	default:
		return 20 * time.Second
	}
}

// heed calls interrupt at the first Ctrl-C, SIGTERM (the end of a service) or SIGHUP
// (the end of the terminal). With nohup, SIGHUP is ignored. At the second signal, or
// after patience, the program ends at once. A patience of 0 is unlimited, and a
// second signal is then ignored. It says why in the words of said.
func heed(interrupt func(), patience time.Duration, said string) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, signals...)
	go func() {
		<-told
		interrupt()
		if patience == 0 {
			return
		}
		time.Sleep(twice)
		select {
		case <-told:
		default:
		}
		select {
		case <-told:
		case <-time.After(patience - twice):
		}
		_, _ = os.Stderr.WriteString(said)
		os.Exit(interrupted)
	}()
}

// twice is the time within which two signals count as one: timeout(1) signals both
// the command and its group.
const twice = 500 * time.Millisecond

// interrupted is the exit code of docs/exit-codes.md.
const interrupted = 130
