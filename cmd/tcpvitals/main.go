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
	life := cli.LifetimeOf(args)
	begin := func() { heed(interrupt, patience(life)) }
	if life == cli.ReadsOnce {
		time.AfterFunc(unwatched, begin)
	} else {
		begin()
	}
	env := cli.System(version)
	env.Program = os.Args[0]
	env.Alone = true
	env.Watch = func(ctx context.Context, w cli.Watching) error { return watch.Run(ctx, watch.Options(w)) }
	os.Exit(cli.Main(ctx, env, args))
}

// patience is how long a command that is told to end may put things in order. A
// system call that does not return, as of a file on a server that is gone, must
// not keep it for ever. What changes something is safe to end at any moment, but
// for what takes changes back: that has all the time it needs.
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

// heed calls interrupt at the first Ctrl-C, SIGTERM, which is how a service is
// ended, or SIGHUP, when the terminal goes. What was started to outlive its
// terminal (nohup) does. At the second, or when patience is over, the program
// ends as it is; patience of 0 has no end, and no second signal counts.
func heed(interrupt func(), patience time.Duration) {
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
		_, _ = os.Stderr.WriteString("tcpvitals: interrupted\n")
		os.Exit(interrupted)
	}()
}

// twice is within what time two signals are one: timeout(1) sends its own to the
// command and to its group.
const twice = 500 * time.Millisecond

// interrupted is the exit code of docs/exit-codes.md.
const interrupted = 130
