// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A sample is one run of a command, with the operating system's own accounting
// of the process and all its children.
type sample struct {
	wall time.Duration
	cpu  time.Duration
	peak int64 // KiB, of the largest process; no less than this program's own
}

// measure runs a command once, in a shell if it needs one: to start that takes a
// part of what the quickest take. Its output is read and thrown away.
func measure(ctx context.Context, command string) (sample, error) {
	args := strings.Fields(command)
	if strings.ContainsAny(command, "|;'\"$") {
		args = []string{"sh", "-c", command}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var out counter
	var problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	started := time.Now()
	err := cmd.Run()
	wall := time.Since(started)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(problems.String()))
	}
	if out == 0 {
		return sample{}, fmt.Errorf("%s: printed nothing", command)
	}
	s := sample{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = int64(usage.Maxrss) // 32 bits wide on some systems
	}
	return s, nil
}

// counter throws away what is written to it. Nothing may be kept: a child's peak
// begins with that of this process, from which it was forked.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// pair runs ours and theirs in turn, once to warm up and then runs times.
func pair(ctx context.Context, ours, theirs string, runs int) (a, b []sample, err error) {
	for i := range runs + 1 {
		x, err := measure(ctx, ours)
		if err != nil {
			return nil, nil, err
		}
		y, err := measure(ctx, theirs)
		if err != nil {
			return nil, nil, err
		}
		if i > 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b, nil
}

// ratios returns theirs/ours in wall time, pair by pair.
func ratios(ours, theirs []sample) []float64 {
	out := make([]float64, len(ours))
	for i := range ours {
		out[i] = theirs[i].wall.Seconds() / ours[i].wall.Seconds()
	}
	return out
}

func median[T any](values []T, less func(a, b T) int) T {
	sorted := slices.SortedFunc(slices.Values(values), less)
	return sorted[len(sorted)/2]
}
