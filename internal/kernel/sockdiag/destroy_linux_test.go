// SPDX-License-Identifier: Apache-2.0

package sockdiag_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// destroyRows asks for rows to be destroyed, in the namespace of this thread.
func destroyRows(t *testing.T, targets ...sockdiag.Target) []error {
	t.Helper()
	conn, err := sockdiag.Open()
	must(t, "open", err)
	defer conn.Close()
	answers := make([]error, len(targets))
	for i := range answers {
		answers[i] = errors.New("not told")
	}
	must(t, "destroy", conn.Destroy(t.Context(), targets, func(i int, err error) { answers[i] = err }))
	return answers
}

// TestDestroyIsExact destroys sockets one at a time and more than fit in a batch, in
// two families: each target is destroyed and nothing else, and a socket with a
// target's addresses but another cookie stays.
func TestDestroyIsExact(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"} {
		ns := testnet.New(t, testnet.Options{})
		ns.Do(func() {
			server, err := net.Listen("tcp", address)
			must(t, "listen", err)
			defer server.Close()
			for range 100 {
				client, err := net.Dial("tcp", server.Addr().String())
				must(t, "dial", err)
				defer client.Close()
			}
			testnet.Delivered(t)
			rows := dump(t, everything())
			var doomed, forged []sockdiag.Target
			spared := map[uint64]bool{}
			for i := range rows {
				target := sockdiag.TargetOf(&rows[i])
				if server := server.Addr().(*net.TCPAddr).Port; int(target.Local.Port()) != server && i%2 == 0 {
					doomed = append(doomed, target)
					continue
				}
				spared[target.Cookie] = true
				target.Cookie ^= 1 << (i % 64)
				forged = append(forged, target)
			}
			for i, err := range destroyRows(t, forged...) {
				if !errors.Is(err, sockdiag.ErrNoSuchSocket) {
					t.Errorf("%v with another cookie: %v", forged[i], err)
				}
			}
			if len(dump(t, everything())) != len(rows) {
				t.Fatalf("%s: a wrong cookie destroyed something", address)
			}
			for i, err := range destroyRows(t, doomed...) {
				if err != nil {
					t.Errorf("%v: %v", doomed[i], err)
				}
			}
			for i, err := range destroyRows(t, doomed...) {
				if !errors.Is(err, sockdiag.ErrNoSuchSocket) {
					t.Errorf("%v a second time: %v", doomed[i], err)
				}
			}
			left := dump(t, everything())
			for _, target := range doomed {
				if slices.ContainsFunc(left, func(s socket.Socket) bool { return s.Cookie == target.Cookie }) {
					t.Errorf("%v is still there", target)
				}
			}
		})
	}
}

// TestProbeDestroy leaves nothing behind, and reports a missing right.
func TestProbeDestroy(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		if err := sockdiag.ProbeDestroy(t.Context()); err != nil {
			t.Fatalf("with the right: %v", err)
		}
		if left := dump(t, everything()); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	ns.DoWithout(unix.CAP_NET_ADMIN, func() {
		p, ok := errors.AsType[*problem.PermissionError](sockdiag.ProbeDestroy(context.Background()))
		if !ok || !errors.Is(p, syscall.EPERM) || fmt.Sprint(p.Need) != "[CAP_NET_ADMIN]" {
			t.Errorf("without the right: %v", p)
		}
	})
}

// BenchmarkDestroy destroys one socket among many.
func BenchmarkDestroy(b *testing.B) {
	conn, err := sockdiag.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	nobody := netip.MustParseAddrPort("192.0.2.1:1")
	targets := make([]sockdiag.Target, 64)
	for i := range targets {
		targets[i] = sockdiag.Target{Local: nobody, Remote: nobody, Cookie: 1}
	}
	for b.Loop() {
		if err := conn.Destroy(b.Context(), targets, func(int, error) {}); err != nil {
			b.Fatal(err)
		}
	}
}
