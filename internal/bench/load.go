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

// How much a walk may cost the host.
const (
	heldAtMost     = time.Millisecond       // time for which a processor does nothing else
	millionAtMost  = 300 * time.Millisecond // processor time for a million sockets
	slowdownAtMost = 0.03                   // share by which a walk every second slows connections over loopback
)

// How the slowdown is measured.
const (
	walkEvery  = time.Second
	slowWalks  = 20
	aftermath  = 100 * time.Millisecond // time after a walk until the processor's caches are filled again
	atLeastOff = walkEvery / 4          // shortest undisturbed time of traffic to compare with
)

// load measures what walks of the whole host cost other programs.
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

// A burden is the measured costs of walks, printed row by row.
type burden struct {
	name   string
	missed []string
}

// row prints one cost, and records it if it is above its bound.
func (b *burden) row(what string, all []float64, text func(float64) string, atMost float64) {
	is := median(all, cmp.Compare[float64])
	fmt.Printf("| %s%s | %s (%s to %s) | | | at most %s |\n", b.name, what, text(is), text(slices.Min(all)), text(slices.Max(all)), text(atMost))
	if is > atMost {
		b.missed = append(b.missed, fmt.Sprintf("%s%s: %s, want %s", b.name, what, text(is), text(atMost)))
	}
}

// walks measures how long single walks take.
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

// slowdowns measures how much a walk every second slows other programs.
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

// processorTime is the processor time that this process has used.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// slowdown compares the number of connections from one walk to the next with the
// number that the rate after the walk and its aftermath would give. The two are close
// in time, because on a machine with other work the rate changes over time by more
// than the effect of a walk.
func slowdown(ctx context.Context, walker *hashwalk.Walker, q hashwalk.Query) (slower []float64, rate float64, err error) {
	// Inside this process no thread may have to wait for another: that delay would not
	// come from the walk.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2*runtime.NumCPU() + 2))
	var t traffic
	ended := make(chan error, 1)
	go func() { ended <- isolate.OnThread(t.run) }()
	defer func() {
		t.stop.Store(true)
		err = errors.Join(err, <-ended)
	}()
	if _, err := t.rate(ctx, time.Now().Add(walkEvery)); err != nil { // warm-up
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

// rate lets the traffic run until then, and returns the connections per second.
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

// run makes the traffic, in a new network namespace.
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

// connectOnce connects, accepts and closes both ends with RST: sockets in TIME_WAIT
// would accumulate and make every period slower than the one before.
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
	// Close the client first: after its RST the server has nothing to wait for.
	return errors.Join(syscall.Close(client), syscall.Close(accepted))
}

func tcpSocket() (int, error) {
	return syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
}
