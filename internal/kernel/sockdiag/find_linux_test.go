// SPDX-License-Identifier: Apache-2.0

package sockdiag_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestFind finds both ends of a connection and its listener, with the same values as a
// dump, and reports a socket that does not exist.
func TestFind(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ns := testnet.New(t, testnet.Options{})
		ns.Do(func() {
			server, err := net.Listen("tcp", address)
			must(t, "listen", err)
			defer server.Close()
			client, err := net.Dial("tcp", server.Addr().String())
			must(t, "dial", err)
			defer client.Close()
			conn, err := sockdiag.Open()
			must(t, "open", err)
			defer conn.Close()
			testnet.Delivered(t)
			rows := dump(t, everything())
			if len(rows) != 3 {
				t.Fatalf("%d sockets, not a listener and two ends", len(rows))
			}
			for _, want := range rows {
				m, found, err := conn.Find(want.Local, want.Remote, want.Ifindex)
				if err != nil || !found {
					t.Fatalf("%v to %v: %v, %v", want.Local, want.Remote, found, err)
				}
				var got socket.Socket
				m.Decode(&got)
				if got.Cookie != want.Cookie || got.State != want.State || got.Local != want.Local || got.Remote != want.Remote {
					t.Errorf("%v to %v: found %+v", want.Local, want.Remote, got)
				}
			}
			nobody := netip.AddrPortFrom(rows[0].Local.Addr(), 1)
			for _, local := range []netip.AddrPort{nobody, server.Addr().(*net.TCPAddr).AddrPort()} {
				if m, found, err := conn.Find(local, nobody, 0); err != nil || found {
					t.Errorf("%v to %v, which is not there: %v, %v, %v", local, nobody, m, found, err)
				}
			}
			// The Conn can still be used.
			n := 0
			must(t, "dump", conn.Dump(t.Context(), sockdiag.Request{States: tcp.AllStates}, func(sockdiag.Message) bool { n++; return true }))
			if n != 3 {
				t.Errorf("%d sockets in a dump after it", n)
			}
		})
	}
}

// BenchmarkFind measures one look-up, including opening.
func BenchmarkFind(b *testing.B) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	local := server.Addr().(*net.TCPAddr).AddrPort()
	for b.Loop() {
		conn, err := sockdiag.OpenWithMarks()
		if err != nil {
			b.Fatal(err)
		}
		_, found, err := conn.Find(local, netip.AddrPortFrom(netip.IPv4Unspecified(), 0), 0)
		if err != nil || !found {
			b.Fatal(found, err)
		}
		_ = conn.Close()
	}
}
