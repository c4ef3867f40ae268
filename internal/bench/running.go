// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// running times walks in a program that keeps running, such as a daemon, and has
// loaded what it needs. The other tool still runs as a whole process, because it has
// no other mode.
func running(ctx context.Context, o options, name string, spaces []string, awk, ss string) (missed []string, err error) {
	walker, err := hashwalk.Open()
	if err != nil {
		fmt.Printf("| %sin a running process | not run: %v | | | |\n", name, err)
		return nil, nil
	}
	defer walker.Close() //nolint:errcheck // nothing was written
	inodes, err := inodesOf(spaces)
	if err != nil {
		return nil, err
	}
	byState := hashwalk.Query{Netns: inodes, By: []hashwalk.Key{{Field: socket.FieldState}}}
	sample := byState
	sample.Sample = 64
	for _, c := range []struct {
		name    string
		query   hashwalk.Query
		theirs  string
		atLeast float64
	}{
		{"in a running process, against netstat and awk", byState, awk, 45},
		{"in a running process, against ss and awk", byState, ss, 25},
		{"a sample of 1/64 in a running process, against netstat and awk", sample, awk, 500},
	} {
		if !strings.Contains(name+c.name, o.only) {
			continue
		}
		m, err := walks(ctx, o, walker, benchCase{name: name + c.name, theirs: c.theirs, atLeast: c.atLeast}, c.query)
		if err != nil {
			return nil, err
		}
		missed = append(missed, m...)
	}
	return missed, nil
}

func inodesOf(spaces []string) (inodes []uint64, err error) {
	for _, ns := range spaces {
		info, err := os.Stat(ns)
		if err != nil {
			return nil, err
		}
		inodes = append(inodes, inode(info))
	}
	return inodes, nil
}

// walks times walks and the other command alternately.
func walks(ctx context.Context, o options, walker *hashwalk.Walker, c benchCase, q hashwalk.Query) (missed []string, err error) {
	if err := walker.Prepare(q); err != nil {
		return nil, err
	}
	var ratio, wall []float64
	var held, most time.Duration
	for range o.runs {
		begin := time.Now()
		for range walksEach {
			if q.Sample > 1 {
				q.Offset = rand.Uint32()
			}
			r, err := walker.Walk(ctx, q)
			if err != nil {
				return nil, err
			}
			held, most = max(held, r.Held), max(most, r.HeldMost)
		}
		ours := time.Since(begin).Seconds() / walksEach
		theirs, err := measure(ctx, c.theirs)
		if err != nil {
			return nil, err
		}
		wall, ratio = append(wall, ours), append(ratio, theirs.wall.Seconds()/ours)
	}
	mid := median(ratio, cmp.Compare[float64])
	fmt.Printf("| %s | %.4f s, in the kernel %.3f s, no processor longer than %v | | %.0fx | at least %gx |\n",
		c.name, median(wall, cmp.Compare[float64]), held.Seconds(), most.Round(time.Microsecond), mid, c.atLeast)
	if mid < c.atLeast {
		missed = append(missed, fmt.Sprintf("%s: %.1fx, want %gx", c.name, mid, c.atLeast))
	}
	return missed, nil
}

// walksEach is how many walks are timed together, because a single one is short.
const walksEach = 5
