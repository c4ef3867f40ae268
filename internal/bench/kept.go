// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// kept measures a host that stays open, inside this process and by processor time: what
// it costs to ask it again, and to load a program into the kernel.
func kept(ctx context.Context, o options) (missed []string, err error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	n := o.sockets / 100
	ns, stop, err := connectApart(ctx, n/2)
	if err != nil {
		return nil, err
	}
	defer stop()
	inodes, err := inodesOf([]string{ns})
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%d established of this process, a host that stays open, ", n)
	for _, c := range []inProcess{
		tenCounts(ns, inodes), ownersAgain(ns), loading(inodes),
	} {
		c.name = name + c.name
		if !strings.Contains(c.name, o.only) {
			continue
		}
		m, err := c.run(ctx, o.runs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		missed = append(missed, m...)
	}
	return missed, nil
}

// connectApart opens n connections in a network namespace of their own, and returns a
// path of the namespace.
func connectApart(ctx context.Context, n int) (path string, stop func(), err error) {
	done := make(chan struct{})
	go func() { // the goroutine never unlocks its thread, so the thread ends and is never used in another namespace
		defer close(done)
		runtime.LockOSThread()
		if err = syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			return
		}
		if err = loopback.Up(); err != nil {
			return
		}
		var file *os.File
		if file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return
		}
		var disconnect func()
		if disconnect, err = connect(ctx, n); err != nil {
			file.Close() //nolint:gosec // nothing was written
			return
		}
		path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), file.Fd())
		stop = func() {
			disconnect()
			file.Close() //nolint:gosec // nothing was written
		}
	}()
	<-done
	return path, stop, err
}

// An inProcess case compares what this process does in two ways.
type inProcess struct {
	name         string
	prepare      func(context.Context) (end func() error, err error) // done once; nil for nothing
	ours, theirs func(context.Context) error                         // theirs may be nil
	atMost       float64                                             // upper bound of our processor time divided by theirs
	within       time.Duration                                       // upper bound of our processor time; 0 for none
}

// run alternates both, and returns the bound if it was missed.
func (c *inProcess) run(ctx context.Context, runs int) (missed []string, err error) {
	if c.prepare != nil {
		end, err := c.prepare(ctx)
		if err != nil {
			return nil, err
		}
		defer end() //nolint:errcheck // nothing was written
	}
	var ours, theirs []sample
	var ratio []float64
	for i := range 4*runs + 1 {
		a, err := worked(ctx, c.ours)
		if err != nil {
			return nil, err
		}
		b, err := worked(ctx, c.theirs)
		if err != nil {
			return nil, err
		}
		if i > 0 { // the first is a warm-up
			ours, theirs = append(ours, a), append(theirs, b)
			ratio = append(ratio, a.cpu.Seconds()/max(b.cpu, time.Microsecond).Seconds())
		}
	}
	work := median(ours, byCPU).cpu
	if c.theirs == nil {
		fmt.Printf("| %s | %s | | | CPU within %v |\n", c.name, brief(ours), c.within)
	} else {
		fmt.Printf("| %s | %s | %s | CPU ours/other %.2fx | at most %gx |\n", c.name, brief(ours), brief(theirs), median(ratio, cmp.Compare[float64]), c.atMost)
	}
	switch mid := median(ratio, cmp.Compare[float64]); {
	case c.theirs != nil && mid > c.atMost:
		return []string{fmt.Sprintf("%s: %.2fx, want at most %gx", c.name, mid, c.atMost)}, nil
	case c.within > 0 && work > c.within:
		return []string{fmt.Sprintf("%s: %v, want %v", c.name, work, c.within)}, nil
	default:
		return nil, nil
	}
}

func brief(s []sample) string {
	return fmt.Sprintf("%.1f ms, CPU %.1f ms", median(s, byWall).wall.Seconds()*1e3, median(s, byCPU).cpu.Seconds()*1e3)
}

// worked runs a function of this process; nil takes no time.
func worked(ctx context.Context, do func(context.Context) error) (s sample, err error) {
	if do == nil {
		return s, nil
	}
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		return s, err
	}
	start := time.Now()
	if err := do(ctx); err != nil {
		return s, err
	}
	s.wall = time.Since(start)
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		return s, err
	}
	used := func(u *syscall.Rusage) int64 { return u.Utime.Nano() + u.Stime.Nano() }
	s.cpu = time.Duration(used(&after) - used(&before))
	return s, nil
}

// countsEach is how many questions one host is asked.
const countsEach = 10

// tenCounts compares ten counts by state of one host with ten walks of a walker that
// is kept. Both load their program.
func tenCounts(ns string, inodes []uint64) inProcess {
	return inProcess{
		name:   "ten counts, against ten walks and one load",
		atMost: 1.15,
		ours: func(ctx context.Context) error {
			host, err := engine.Open(engine.Options{Engine: "hashwalk", Netns: ns})
			if err != nil {
				return err
			}
			defer host.Close() //nolint:errcheck // nothing was written
			byState := engine.Counting{Keys: query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldKind.Field()}}, Unowned: true}
			return repeat(countsEach, func() error {
				_, err := host.Count(ctx, byState, func(*socket.Socket, engine.Counted) {})
				return err
			})
		},
		theirs: func(ctx context.Context) error {
			walker, err := hashwalk.Open()
			if err != nil {
				return err
			}
			defer walker.Close() //nolint:errcheck // nothing was written
			return repeat(countsEach, func() error {
				_, err := walker.Walk(ctx, stateQuery(inodes))
				return err
			})
		},
	}
}

// stateQuery counts by state, as a census does.
func stateQuery(inodes []uint64) hashwalk.Query {
	return hashwalk.Query{
		States: tcp.AllStates, Netns: inodes, Unowned: true,
		By: []hashwalk.Key{{Field: socket.FieldState}, {Field: socket.FieldKind}},
	}
}

// ownersAgain compares rows with owners and rows without, asked of the same host.
func ownersAgain(ns string) inProcess {
	var host *engine.Host
	rows := func(fields socket.FieldSet) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := host.Rows(ctx, engine.Scan{Fields: fields}, engine.Visit(func(*socket.Socket) bool { return true }))
			return err
		}
	}
	return inProcess{
		name:   "rows with owners a second time, against rows without",
		atMost: 1.3,
		prepare: func(context.Context) (end func() error, err error) {
			host, err = engine.Open(engine.Options{Netns: ns, Stays: true})
			if err != nil {
				return nil, err
			}
			return host.Close, nil
		},
		ours:   rows(socket.FieldsOf(socket.FieldProcess)),
		theirs: rows(socket.FieldsOf(socket.FieldState, socket.FieldInode)),
	}
}

// loading measures what has to be done before the first walk: load the program, and
// check it with sockets of this process.
func loading(inodes []uint64) inProcess {
	return inProcess{
		name:   "load and self-check of the walker",
		within: 20 * time.Millisecond,
		ours: func(context.Context) error {
			walker, err := hashwalk.Open()
			if err != nil {
				return err
			}
			return errors.Join(walker.Prepare(stateQuery(inodes)), walker.Close())
		},
	}
}

func repeat(times int, do func() error) error {
	for range times {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
