// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/diag"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Options are the wishes for a [Lab].
type Options struct {
	Wire wire.Kind
	// Buckets is the size of each namespace's own connection hash; 0 means 4096.
	Buckets int
}

// maxTimeWait is set in every namespace, because a small hash of its own would
// bring tcp_max_tw_buckets down to half its buckets (tcp_set_hashinfo in
// net/ipv4/tcp_ipv4.c).
const maxTimeWait = 4_000_000

// Lab makes benches. It holds a namespace that does nothing but hand the size
// of a private connection hash down to its children: without it every dump on
// the machine would walk past the lab's sockets, and the lab past everyone
// else's. It is safe for concurrent use.
type Lab struct {
	wire   wire.Kind
	parent int // fd of the namespace
}

// Open makes a Lab. It needs CAP_SYS_ADMIN in its user namespace; the error is
// then a [*problem.PermissionError].
func Open(o Options) (*Lab, error) {
	if o.Buckets == 0 {
		o.Buckets = 4096
	}
	l := &Lab{wire: o.Wire, parent: -1}
	err := onThread(func() error { return l.makeParent(o.Buckets) })
	return l, err
}

func (l *Lab) makeParent(buckets int) error {
	if err := unshareNet(); err != nil {
		return err
	}
	err := os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte(strconv.Itoa(buckets)), 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) { // since Linux 6.1; without it the hash is shared
		return fmt.Errorf("ask for a connection hash of our own: %w", err)
	}
	l.parent, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open our network namespace: %w", err)
	}
	return nil
}

// Close lets go of the Lab. Benches that run go on.
func (l *Lab) Close() error { return unix.Close(l.parent) }

// Run calls f with a bench of its own, on a thread of its own in a fresh
// network namespace, and takes everything away when f returns. Any number may
// run at the same time.
func (l *Lab) Run(family socket.Family, f func(*Bench) error) error {
	return onThread(func() error {
		if err := l.enter(); err != nil {
			return err
		}
		b, err := l.bench(family)
		if err != nil {
			return err
		}
		defer b.close()
		return f(b)
	})
}

// enter puts the calling thread into a fresh child of the parent namespace.
func (l *Lab) enter() error {
	if err := unix.Setns(l.parent, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the parent namespace: %w", err)
	}
	return unshareNet()
}

func (l *Lab) bench(family socket.Family) (*Bench, error) {
	if err := wire.Loopback(); err != nil {
		return nil, err
	}
	w, err := wire.Open(l.wire)
	if err != nil {
		return nil, err
	}
	d, err := diag.Dial()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	b := newBench(family, w, d)
	if err := b.SetSysctl("tcp_max_tw_buckets", strconv.Itoa(maxTimeWait)); err != nil {
		b.close()
		return nil, err
	}
	b.Mark()
	return b, nil
}

// unshareNet gives the calling thread a network namespace of its own.
func unshareNet() error {
	err := unix.Unshare(unix.CLONE_NEWNET)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM):
		return &problem.PermissionError{Op: "make a network namespace", Need: []string{"CAP_SYS_ADMIN"}, Err: err}
	case errors.Is(err, unix.ENOSPC):
		return &problem.UnsupportedError{
			Feature: "another network namespace",
			Reason:  "the limit user.max_net_namespaces is reached",
			Hint:    "raise it: sysctl -w user.max_net_namespaces=1024",
		}
	default:
		return fmt.Errorf("make a network namespace: %w", err)
	}
}

// onThread runs f on a thread that dies afterwards: the goroutine ends without
// unlocking it, so that no other goroutine ever runs in f's namespace.
//
// It is never the main thread: that one cannot die, and /proc/self/ns/net is
// the main thread's, so the whole process would seem to have moved.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			err := onThread(f) // while this goroutine keeps the main thread to itself
			runtime.UnlockOSThread()
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}
