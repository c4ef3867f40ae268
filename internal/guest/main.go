// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	if os.Getpid() == 1 {
		if err := becomeSystemd(); err != nil {
			fmt.Fprintln(os.Stderr, "init:", err)
		}
		inGuest()
		return
	}
	if slices.Equal(os.Args[1:], []string{ofSystemd}) {
		inGuest()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	on := flag.String("on", "6.1,6.12,host", "kernels: series that Debian has, 7.1, arm64, or host for this machine's own")
	boots := flag.String("boots", "", "of the boots plain, no-tcp-diag, lockdown, systemd only these")
	flag.StringVar(&o.kernels, "kernels", os.Getenv("KERNELS"), "directory of unpacked kernels (default: tcpvitals/kernels in the user's cache)")
	flag.StringVar(&o.run, "run", "", "only the tests that match, as go test -run")
	flag.StringVar(&o.skip, "skip", "", "not the tests that match, as go test -skip")
	flag.IntVar(&o.count, "count", 1, "how often each test runs, as go test -count")
	flag.StringVar(&o.memory, "memory", "2G", "memory of a guest")
	flag.IntVar(&o.atOnce, "at-once", 2, "kernels that run at the same time: a guest waits much")
	flag.DurationVar(&o.timeout, "timeout", 40*time.Minute, "longest time for one guest, which may run beside compilers; three times as long on arm64")
	flag.BoolVar(&o.fetch, "fetch", false, "only see to it that the kernels are there")
	flag.BoolVar(&o.short, "short", false, "tests make do with less, as go test -short")
	flag.BoolVar(&o.verbose, "v", false, "show the kernel's messages")
	flag.Parse()
	o.packages = flag.Args()
	o.on, o.boots = words(*on), words(*boots)
	o.events, o.news = &inTurn{to: os.Stdout}, &inTurn{to: os.Stderr}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1)
	}
}

// words splits a list at commas and blanks.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// options say what to run, and where.
type options struct {
	kernels, memory     string
	run, skip           string
	on, boots, packages []string
	timeout             time.Duration
	atOnce, count       int
	fetch, short        bool
	verbose             bool
	events              io.Writer // the events of go test -json, for internal/testsum
	news                io.Writer // progress messages for the waiting user
}

// run builds the tests and runs them on each kernel. If a kernel cannot be obtained,
// that is an error, but the other kernels are run first.
func run(ctx context.Context, o options) error {
	if o.fetch {
		return fetchAll(ctx, o)
	}
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built := map[string]binaries{}
	for _, arch := range architectures(o.on) {
		if built[arch], err = build(ctx, dir, arch, o); err != nil {
			return err
		}
	}
	failed := make([]error, len(o.on))
	var running sync.WaitGroup
	places := make(chan struct{}, max(1, o.atOnce))
	for i, name := range o.on {
		if name == host {
			running.Wait() // tests on this machine measure times, so they run after the guests
		}
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			runtime.LockOSThread() // QEMU gets a signal when this thread ends
			defer runtime.UnlockOSThread()
			begin := time.Now()
			err := runOn(ctx, o, name, built)
			o.say("%s: %.0f s", name, time.Since(begin).Seconds())
			if err != nil {
				failed[i] = fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	running.Wait()
	return errors.Join(failed...)
}

// inTurn lets several goroutines share a writer. Each write goes out whole.
type inTurn struct {
	mu sync.Mutex
	to io.Writer
}

func (w *inTurn) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// byLine passes on whole lines, and at the end an incomplete one.
type byLine struct {
	to   io.Writer
	rest []byte
}

func (w *byLine) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	if _, err := w.to.Write(w.rest[:end]); err != nil {
		return 0, err
	}
	w.rest = append(w.rest[:0], w.rest[end:]...)
	return len(p), nil
}

func fetchAll(ctx context.Context, o options) error {
	for _, name := range o.on {
		if name == host {
			continue
		}
		if _, err := findKernel(ctx, o.kernelDir(), machineOf(name), o.news); err != nil {
			return err
		}
	}
	return nil
}

func runOn(ctx context.Context, o options, name string, built map[string]binaries) error {
	if name == host {
		return runHere(ctx, o, built[runtime.GOARCH].tests)
	}
	m := machineOf(name)
	k, err := findKernel(ctx, o.kernelDir(), m, o.news)
	if err != nil {
		return err
	}
	return runBoots(ctx, o, k, built[m.arch])
}

func (o options) say(format string, args ...any) { _, _ = fmt.Fprintf(o.news, format+"\n", args...) }
