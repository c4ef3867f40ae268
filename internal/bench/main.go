// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command bench compares the time of tcpvitals with that of the tools it replaces. It
// runs whole processes alternately (A B A B …) on the same sockets, so that a change
// in the machine's speed affects both. It prints ratios and fails if one misses its
// bound.
//
//	make bench
//	make bench BENCHFLAGS='-n 100000 -runs 3'
//	make bench BENCHFLAGS='-stage scale -n 100000'
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.StringVar(&o.program, "program", "bin/tcpvitals", "the tcpvitals to time")
	flag.StringVar(&o.before, "before", "", "an earlier tcpvitals, for the stage lean")
	flag.StringVar(&o.hold, "hold", "", "load generator instead of \"PROGRAM lab hold time-wait -n N\": run with -state time-wait -n N, it prints a line with netns=PATH and holds until SIGTERM")
	flag.IntVar(&o.sockets, "n", 1_000_000, "sockets to put into a namespace of their own")
	flag.IntVar(&o.lines, "lines", 1_000_000, "lines of the listing")
	flag.IntVar(&o.runs, "runs", 5, "counted runs of each command")
	flag.StringVar(&o.only, "only", "", "run only the cases whose name contains this")
	flag.StringVar(&o.stage, "stage", "", "run only this stage: idle, lean, listing, loaded, mixed, held, kept, namespaces, crowded or scale")
	flag.Parse()
	missed, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if len(missed) > 0 {
		fmt.Fprintln(os.Stderr, "bench: bound missed: "+strings.Join(missed, "; "))
		os.Exit(1)
	}
}
