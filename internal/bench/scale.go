// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// How much more twice or three times as many sockets may cost: processor time in
// proportion, plus the variation of a busy machine, and no memory.
const (
	scaleTime   = 3 * 1.25
	scaleGrowth = 4 // in MiB, by which peaks differ from run to run
)

// scale counts one, two and three times as many sockets, inside the kernel and by
// copying them.
func scale(ctx context.Context, o options) (missed []string, err error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	ways := []struct{ name, args string }{
		{"counted in the kernel", " --engine hashwalk"},
		{"copied", " --engine sock_diag"},
		{"by doctor", " doctor --engine sock_diag || [ $? -le 4 ]"},
	}
	medians := make([][]sample, len(ways))
	for times := 1; times <= 3; times++ {
		ns, stop, err := hold(ctx, o, "time-wait", times*o.sockets)
		if err != nil {
			return nil, err
		}
		for i, way := range ways {
			s, err := repeated(ctx, o.runs, "nsenter --net="+ns+" "+o.program+way.args)
			if err != nil {
				stop()
				return nil, err
			}
			medians[i] = append(medians[i], s)
		}
		stop()
	}
	for i, way := range ways {
		first, last := medians[i][0], medians[i][2]
		grown := last.cpu.Seconds() / first.cpu.Seconds()
		var each []string
		for _, s := range medians[i] {
			each = append(each, fmt.Sprintf("%.3f s, CPU %.3f s, %.1f MiB", s.wall.Seconds(), s.cpu.Seconds(), float64(s.peak)/1024))
		}
		fmt.Printf("| %d sockets, twice and three times as many, %s | %s | | %.2fx | at most %.2fx, %d MiB more |\n",
			o.sockets, way.name, strings.Join(each, "; "), grown, scaleTime, scaleGrowth)
		if grown > scaleTime || last.peak-first.peak > scaleGrowth<<10 {
			missed = append(missed, fmt.Sprintf("three times %d sockets, %s: %.2fx, peak %d KiB, with one time %d", o.sockets, way.name, grown, last.peak, first.peak))
		}
	}
	return missed, nil
}

// repeated runs a command several times and returns the median of each figure.
func repeated(ctx context.Context, runs int, command string) (s sample, err error) {
	var all []sample
	for range max(runs, 1) {
		one, err := measure(ctx, command)
		if err != nil {
			return s, err
		}
		all = append(all, one)
	}
	return sample{
		wall: median(all, byWall).wall,
		cpu:  median(all, byCPU).cpu,
		peak: median(all, byPeak).peak,
	}, nil
}
