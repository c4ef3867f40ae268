// SPDX-License-Identifier: Apache-2.0

// Command tcpvitals tells what the TCP connections of a Linux host are doing.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// version is set by release builds with -ldflags "-X main.version=...".
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(cli.Main(ctx, cli.System(version), os.Args[1:]))
}
