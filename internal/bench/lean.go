// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

// How much slower than an earlier program the lean program may be.
const leanTime = 1.05

// lean compares the program with an earlier one, if one is given: size, initialisers,
// and the time on an idle host.
func lean(ctx context.Context, o options) ([]string, error) {
	if o.before == "" {
		return nil, nil
	}
	for _, program := range []string{o.program, o.before} {
		info, err := os.Stat(program)
		if err != nil {
			return nil, err
		}
		inits, packages, err := initialisers(ctx, program)
		if err != nil {
			return nil, err
		}
		fmt.Printf("| %s: %.1f MiB, initialisers of %d packages take %.2f ms (least of %d) | | | | |\n",
			program, float64(info.Size())/(1<<20), packages, inits, initRuns)
	}
	return runCases(ctx, o, 20*o.runs, []benchCase{
		{name: "idle host, against the program before", ours: o.program, theirs: o.before, atLeast: 1 / leanTime, work: true},
	})
}

// initRuns is how often initialisers are timed: a busy machine interrupts most runs.
const initRuns = 25

// initialisers returns how long the initialisers of a program take in milliseconds, by
// what the Go runtime tells.
func initialisers(ctx context.Context, program string) (ms float64, packages int, err error) {
	clock := regexp.MustCompile(`(?m)^init .* ([0-9.]+) ms clock`)
	for range initRuns {
		cmd := exec.CommandContext(ctx, program, "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return 0, 0, fmt.Errorf("%s version: %w", program, err)
		}
		sum := 0.0
		found := clock.FindAllSubmatch(out, -1)
		for _, m := range found {
			each, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				return 0, 0, err
			}
			sum += each
		}
		if packages == 0 || cmp.Less(sum, ms) {
			ms, packages = sum, len(found)
		}
	}
	return ms, packages, nil
}
