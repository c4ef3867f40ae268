// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCensusSeesPortsToOneDestination: a count also finds how many local ports the
// connections to one destination have, without adding those of other destinations.
func TestCensusSeesPortsToOneDestination(t *testing.T) {
	seesPortsToOne(t, func(*testnet.NS) engine.Options { return engine.Options{Engine: "sock_diag"} })
}

// TestOthersSeePortsToOneDestination: the same from outside the namespace, where rows
// are counted.
func TestOthersSeePortsToOneDestination(t *testing.T) {
	seesPortsToOne(t, func(ns *testnet.NS) engine.Options { return engine.Options{Engine: "sock_diag", Netns: ns.Path()} })
}

// TestWalkSeesPortsToOneDestination: the same where the kernel counts, inside and
// outside.
func TestWalkSeesPortsToOneDestination(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	seesPortsToOne(t, func(*testnet.NS) engine.Options { return engine.Options{Engine: "hashwalk"} })
	seesPortsToOne(t, func(ns *testnet.NS) engine.Options { return engine.Options{Engine: "hashwalk", Netns: ns.Path()} })
}

func seesPortsToOne(t *testing.T, how func(*testnet.NS) engine.Options) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40199")
	options := how(ns)
	count := func() (p query.Passing) {
		ask := func() {
			c, err := engine.Census(context.Background(), opened(t, options), nil)
			if err != nil {
				t.Fatal(err)
			}
			p = c.Passing
		}
		if options.Netns != "" {
			ask()
			return p
		}
		ns.Do(ask)
		return p
	}
	ns.Do(func() {
		for i := range byte(2) {
			listener := openSocket(t)
			at := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1 + i}, Port: 9000}
			if err := unix.Bind(listener, at); err != nil {
				t.Fatal(err)
			}
			if err := unix.Listen(listener, 200); err != nil {
				t.Fatal(err)
			}
			for range 40 + 60*int(i) {
				if err := unix.Connect(openSocket(t), at); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	// Of the 140 connections of the listeners, two ends are here, each with its own
	// port.
	if p := count(); p.ToOne < 100 || p.ToOne > 110 || p.Ports != 200 {
		t.Errorf("%+v: 100 connections to one destination, 40 to another, of 200 ports: %+v", options, p)
	}
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40399")
	if p := count(); p.Ports != 400 {
		t.Errorf("%+v: of 400 ports: %+v", options, p)
	}
}

// TestCensusSeesUnansweredSYNs: a SYN that is still on its way does not count as
// unanswered.
func TestCensusSeesUnansweredSYNs(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener := openSocket(t)
		at := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 9000}
		if err := unix.Bind(listener, at); err != nil {
			t.Fatal(err)
		}
		if err := unix.Listen(listener, 0); err != nil {
			t.Fatal(err)
		}
		for range 4 { // the first connection is queued; the others find the queue full
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unix.Close(fd) })
			if err := unix.Connect(fd, at); err != nil && !errors.Is(err, unix.EINPROGRESS) {
				t.Fatal(err)
			}
		}
		var seen uint64
		for end := time.Now().Add(5 * time.Second); seen == 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			c, err := engine.Census(context.Background(), opened(t, engine.Options{Engine: "sock_diag"}), nil)
			if err != nil {
				t.Fatal(err)
			}
			seen = c.Passing.Unanswered
		}
		if seen == 0 || seen > 3 {
			t.Errorf("%d SYNs were sent again, of 3 without an answer", seen)
		}
	})
}
