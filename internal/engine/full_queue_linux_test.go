// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCensusSeesFullQueues: a queue is full if more connections wait than its limit,
// as in the kernel; a queue at its limit accepts one more.
func TestCensusSeesFullQueues(t *testing.T) {
	seesFullQueues(t, "sock_diag")
}

// TestWalkSeesFullQueues: counting in the kernel gives the hint too.
func TestWalkSeesFullQueues(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	seesFullQueues(t, "hashwalk")
}

func seesFullQueues(t *testing.T, name string) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener := openSocket(t)
		if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		if err := unix.Listen(listener, 1); err != nil {
			t.Fatal(err)
		}
		at, err := unix.Getsockname(listener)
		if err != nil {
			t.Fatal(err)
		}
		for waiting := range uint64(3) {
			testnet.Delivered(t)
			c, err := engine.Census(context.Background(), opened(t, engine.Options{Engine: name}), nil)
			if err != nil {
				t.Fatal(err)
			}
			if full := waiting > 1; (c.Passing.FullQueues == 1) != full || c.Passing.FullQueues > 1 {
				t.Errorf("%d wait at a limit of 1: %d queues are full", waiting, c.Passing.FullQueues)
			}
			if waiting < 2 {
				if err := unix.Connect(openSocket(t), at); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func openSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
