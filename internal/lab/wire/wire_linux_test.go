// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
)

// inNamespace runs f on a new thread in a new network namespace.
func inNamespace(t *testing.T, f func() error) {
	t.Helper()
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
	if errors.Is(err, unix.EPERM) {
		t.Skip("no right to make a network namespace: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onThread runs f on a thread that ends afterwards. It is not the main thread, which
// cannot end and which /proc/self shows for the whole process.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			err := onThread(f)
			runtime.UnlockOSThread()
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// TestWires: the kernel answers a SYN to a port without a listener with RST,ACK, over
// both wires and for both families.
func TestWires(t *testing.T) {
	for _, kind := range []Kind{TUN, Veth} {
		t.Run(kind.String(), func(t *testing.T) {
			inNamespace(t, func() error {
				w, err := Open(kind)
				if err != nil {
					return err
				}
				defer w.Close()
				for _, kernel := range []netip.Prefix{KernelV4(), KernelV6()} {
					knock(t, w, kernel.Addr())
				}
				return nil
			})
		})
	}
}

func knock(t *testing.T, w *Wire, kernel netip.Addr) {
	t.Helper()
	syn := segment.Segment{Src: netip.AddrPortFrom(kernel.Next(), 4000), Dst: netip.AddrPortFrom(kernel, 80), Seq: 7, Flags: segment.SYN}
	if err := w.Write(segment.Append(nil, &syn)); err != nil {
		t.Errorf("write: %v", err)
	}
	buf := make([]byte, MaxPacket)
	for {
		n, err := w.Read(buf, 30*time.Second)
		if err != nil || n == 0 {
			t.Errorf("%v: no answer: %v", kernel, err)
			return
		}
		s, err := segment.Decode(buf[:n])
		if errors.Is(err, segment.ErrNotTCP) {
			continue // IPv6 sends messages about routers and listeners by itself
		}
		if err != nil || s.Flags != segment.RST|segment.ACK || s.Ack != 8 || s.Dst != syn.Src || !segment.ChecksumOK(buf[:n]) {
			t.Errorf("%v: got %+v, %v", kernel, s, err)
		}
		return
	}
}
