// SPDX-License-Identifier: Apache-2.0

package loopback_test

import (
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
)

// TestUp: in a new network namespace nothing reaches 127.0.0.1 until lo is up.
func TestUp(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a new network namespace needs root")
	}
	done := make(chan bool)
	go func() { // the goroutine never unlocks its thread, so the thread ends with its namespace
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("unshare: %v", err)
			return
		}
		if reaches() {
			t.Error("lo is up in a new network namespace")
		}
		if err := loopback.Up(); err != nil {
			t.Error(err)
		}
		if !reaches() {
			t.Error("127.0.0.1 is not reached")
		}
	}()
	<-done
}

// reaches sends a datagram to itself, on the calling thread.
func reaches() bool {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = c.WriteToUDPAddrPort([]byte("x"), c.LocalAddr().(*net.UDPAddr).AddrPort())
	return err == nil
}
