// SPDX-License-Identifier: Apache-2.0

// Command tcpvitals tells what the TCP connections of a Linux host are doing.
package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// version is set by release builds with -ldflags "-X main.version=...".
var version string

// unwatched is how long a command that only reads runs before it watches for
// Ctrl-C. Until then that ends the process at once, which has nothing to put in
// order. To watch takes threads, and those a twentieth of the time in which the
// sockets of an idle host are counted.
const unwatched = 20 * time.Millisecond

func main() {
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	args := os.Args[1:]
	if cli.Writes(args) {
		watch(interrupt)
	} else {
		time.AfterFunc(unwatched, func() { watch(interrupt) })
	}
	os.Exit(cli.Main(ctx, cli.System(version), args))
}

// watch calls interrupt at the first Ctrl-C, and takes note of no other.
func watch(interrupt func()) {
	pressed := make(chan os.Signal, 1)
	signal.Notify(pressed, os.Interrupt)
	go func() {
		<-pressed
		interrupt()
	}()
}
