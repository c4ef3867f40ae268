// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

func main() {
	if os.Getpid() == 1 {
		inGuest()
		return
	}
	runtime.LockOSThread() // QEMU is told to die with this thread
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	on := flag.String("on", "6.1,6.12,host", "kernels: series that Debian has, or host for this machine's own")
	boots := flag.String("boots", "", "of the boots plain, no-tcp-diag, lockdown only these")
	flag.StringVar(&o.kernels, "kernels", os.Getenv("KERNELS"), "directory of unpacked kernels (default: tcpvitals/kernels in the user's cache)")
	flag.StringVar(&o.run, "run", "", "only the tests that match, as go test -run")
	flag.StringVar(&o.memory, "memory", "2G", "memory of a guest")
	flag.DurationVar(&o.timeout, "timeout", 15*time.Minute, "longest time for one guest")
	flag.BoolVar(&o.fetch, "fetch", false, "only see to it that the kernels are there")
	flag.BoolVar(&o.verbose, "v", false, "show the kernel's messages")
	flag.Parse()
	o.packages = flag.Args()
	o.on, o.boots = words(*on), words(*boots)
	o.events, o.news = os.Stdout, os.Stderr
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1)
	}
}

// words splits a list at commas and spaces.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// options are what to run, and where.
type options struct {
	kernels, run, memory string
	on, boots, packages  []string
	timeout              time.Duration
	fetch                bool
	verbose              bool
	events               io.Writer // go test -json's, for internal/testsum
	news                 io.Writer // for whoever waits
}

// run builds the tests and runs them on each kernel. A kernel that cannot be
// had is an error, but the others are run first.
func run(ctx context.Context, o options) error {
	if o.fetch {
		return fetchAll(ctx, o)
	}
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tests, err := build(ctx, dir, o.packages)
	if err != nil {
		return err
	}
	var failed []error
	for _, series := range o.on {
		begin := time.Now()
		err := runOn(ctx, o, series, tests)
		o.say("%s: %.0f s", series, time.Since(begin).Seconds())
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", series, err))
		}
	}
	return errors.Join(failed...)
}

func fetchAll(ctx context.Context, o options) error {
	for _, series := range o.on {
		if series == "host" {
			continue
		}
		if _, err := findKernel(ctx, o.kernelDir(), series, o.news); err != nil {
			return err
		}
	}
	return nil
}

func runOn(ctx context.Context, o options, series string, tests []test) error {
	if series == "host" {
		return runHere(ctx, o, tests)
	}
	k, err := findKernel(ctx, o.kernelDir(), series, o.news)
	if err != nil {
		return err
	}
	return runBoots(ctx, o, k, tests)
}

func (o options) say(format string, args ...any) { _, _ = fmt.Fprintf(o.news, format+"\n", args...) }
