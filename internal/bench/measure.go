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

// A sample is one run of a command, with the operating system's accounting of the
// process and all its children.
type sample struct {
	wall time.Duration
	cpu  time.Duration
	peak int64 // in KiB, of the largest process; at least that of this program
}

// measure runs a command once. It uses a shell only if the command needs one, because
// starting a shell takes a large part of the time of the quickest commands. The output
// is read and discarded.
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
		s.peak = int64(usage.Maxrss) // has 32 bits on some systems
	}
	return s, nil
}

// counter discards what is written to it and counts the bytes. It must not keep them:
// a child's peak memory begins with that of this process, from which it is forked.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// pair runs ours and theirs alternately: once as a warm-up and then runs times.
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

// ratios returns their figure divided by ours, pair by pair.
func ratios(ours, theirs []sample, of func(sample) time.Duration) []float64 {
	out := make([]float64, len(ours))
	for i := range ours {
		out[i] = of(theirs[i]).Seconds() / max(of(ours[i]), time.Microsecond).Seconds()
	}
	return out
}

func (s sample) ofWall() time.Duration { return s.wall }
func (s sample) ofCPU() time.Duration  { return s.cpu }

func median[T any](values []T, less func(a, b T) int) T {
	sorted := slices.SortedFunc(slices.Values(values), less)
	return sorted[len(sorted)/2]
}
