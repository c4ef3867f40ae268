// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// What a walk may cost the host.
const (
	heldAtMost     = time.Millisecond       // for which a processor has no pause
	millionAtMost  = 300 * time.Millisecond // of a processor for a million sockets
	slowdownAtMost = 0.03                   // of connections over loopback, with a walk every second
)

// How the slowdown is measured.
const (
	walkEvery  = time.Second
	slowWalks  = 20
	aftermath  = 100 * time.Millisecond // after a walk, for what it has driven from the caches
	atLeastOff = walkEvery / 4          // how long traffic must have gone on undisturbed to be compared with
)

// load measures what walks of the whole host cost everybody else.
func load(ctx context.Context, o options, name string) (missed []string, err error) {
	name += "load on the host: "
	if !strings.Contains(name, o.only) {
		return nil, nil
	}
	walker, err := hashwalk.Open()
	if err != nil {
		fmt.Printf("| %snot run: %v | | | | |\n", name, err)
		return nil, nil
	}
	defer walker.Close() //nolint:errcheck // nothing was written
	q := hashwalk.Query{
		By:      []hashwalk.Key{{Field: socket.FieldNetnsInode}, {Field: socket.FieldState}},
		Workers: runtime.NumCPU(),
	}
	if err := walker.Prepare(q); err != nil {
		return nil, err
	}
	b := &burden{name: name}
	if err := b.walks(ctx, 4*o.runs, walker, q); err != nil {
		return nil, err
	}
	err = b.slowdowns(ctx, walker, q)
	return b.missed, err
}

// A burden is what walks cost, row by row.
type burden struct {
	name   string
	missed []string
}

// row prints one cost, and notes when it is above its bound.
func (b *burden) row(what string, all []float64, text func(float64) string, atMost float64) {
	is := median(all, cmp.Compare[float64])
	fmt.Printf("| %s%s | %s (%s to %s) | | | at most %s |\n", b.name, what, text(is), text(slices.Min(all)), text(slices.Max(all)), text(atMost))
	if is > atMost {
		b.missed = append(b.missed, fmt.Sprintf("%s%s: %s, want %s", b.name, what, text(is), text(atMost)))
	}
}

// walks tells what single walks take.
func (b *burden) walks(ctx context.Context, n int, walker *hashwalk.Walker, q hashwalk.Query) error {
	var held, each []float64
	for range n {
		before := processorTime()
		r, err := walker.Walk(ctx, q)
		if err != nil {
			return err
		}
		held = append(held, r.HeldMost.Seconds())
		each = append(each, (processorTime()-before).Seconds()/float64(max(r.Seen, 1))*1e6)
	}
	text := func(s float64) string { return time.Duration(s * 1e9).Round(time.Microsecond).String() }
	b.row("longest that a processor is held", held, text, heldAtMost.Seconds())
	b.row("processor time for a million sockets", each, text, millionAtMost.Seconds())
	return nil
}

// slowdowns tells what walks every second take from others.
func (b *burden) slowdowns(ctx context.Context, walker *hashwalk.Walker, q hashwalk.Query) error {
	for _, how := range []struct {
		workers int
		name    string
	}{{1, "one processor"}, {runtime.NumCPU(), "all processors"}} {
		q.Workers = how.workers
		slower, rate, err := slowdown(ctx, walker, q)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("slowdown of %.0f connections a second by a walk every second on %s", rate, how.name)
		b.row(what, slower, func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }, slowdownAtMost)
	}
	return nil
}

// processorTime is what this process has used of it.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// slowdown compares how many connections are opened and closed from one walk to
// the next with how many it would have been at the rate of the time after the
// walk and its aftermath. What is far apart in time differs by more on a machine
// with others at work than by what is to be measured.
func slowdown(ctx context.Context, walker *hashwalk.Walker, q hashwalk.Query) (slower []float64, rate float64, err error) {
	// In this process nobody is to wait for a turn: that would not be the walk's doing.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2*runtime.NumCPU() + 2))
	var t traffic
	ended := make(chan error, 1)
	go func() { ended <- isolate.OnThread(t.run) }()
	defer func() {
		t.stop.Store(true)
		err = errors.Join(err, <-ended)
	}()
	if _, err := t.rate(ctx, time.Now().Add(walkEvery)); err != nil { // to warm up
		return nil, 0, err
	}
	var rates []float64
	for range slowWalks {
		begun, before := time.Now(), t.done.Load()
		next := begun.Add(walkEvery)
		if _, err := walker.Walk(ctx, q); err != nil {
			return nil, 0, err
		}
		if _, err := t.rate(ctx, time.Now().Add(aftermath)); err != nil {
			return nil, 0, err
		}
		if left := time.Until(next); left < atLeastOff {
			return nil, 0, fmt.Errorf("a walk has left %v of %v", left, walkEvery)
		}
		undisturbed, err := t.rate(ctx, next)
		if err != nil {
			return nil, 0, err
		}
		all := float64(t.done.Load()-before) / time.Since(begun).Seconds()
		slower, rates = append(slower, 1-all/undisturbed), append(rates, undisturbed)
	}
	return slower, median(rates, cmp.Compare[float64]), nil
}

// A traffic opens and closes connections over loopback, one after the other.
type traffic struct {
	done atomic.Int64
	stop atomic.Bool
}

// rate lets the traffic go on until then, and returns how many connections it
// made in a second.
func (t *traffic) rate(ctx context.Context, then time.Time) (float64, error) {
	begun, before := time.Now(), t.done.Load()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Until(then)):
	}
	n := t.done.Load() - before
	if n == 0 {
		return 0, errors.New("no connection was made")
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}

// run is the traffic, in a network namespace of its own.
func (t *traffic) run() error {
	if err := isolate.Net(); err != nil {
		return err
	}
	if err := loopback.Up(); err != nil {
		return err
	}
	listener, err := tcpSocket()
	if err != nil {
		return err
	}
	defer syscall.Close(listener) //nolint:errcheck // nothing was written
	if err := syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := syscall.Listen(listener, 16); err != nil {
		return err
	}
	server, err := syscall.Getsockname(listener)
	if err != nil {
		return err
	}
	for !t.stop.Load() {
		if err := connectOnce(listener, server); err != nil {
			return fmt.Errorf("open and close a connection: %w", err)
		}
		t.done.Add(1)
	}
	return nil
}

// connectOnce connects, accepts, and closes both ends, with RST: TIME_WAIT would
// pile up and make every period slower than the one before.
func connectOnce(listener int, server syscall.Sockaddr) error {
	client, err := tcpSocket()
	if err != nil {
		return err
	}
	err = syscall.SetsockoptLinger(client, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	if err == nil {
		err = syscall.Connect(client, server)
	}
	if err != nil {
		return errors.Join(err, syscall.Close(client))
	}
	accepted, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	if err != nil {
		return errors.Join(err, syscall.Close(client))
	}
	// The client first: its RST leaves the server nothing to wait for.
	return errors.Join(syscall.Close(client), syscall.Close(accepted))
}

func tcpSocket() (int, error) {
	return syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
}
