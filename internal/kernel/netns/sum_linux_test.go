// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"net"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestAddsUp: of fifty namespaces with 1 to 50 listeners each, some of them also
// mounted, each is found once and has exactly its own listeners.
func TestAddsUp(t *testing.T) {
	want := map[uint64]int{}
	for i := range 50 {
		ns := testnet.New(t, testnet.Options{})
		resident(t, ns)
		if i%7 == 0 {
			mountFile(t, ns)
		}
		for range i + 1 {
			ns.Do(func() {
				l, err := net.Listen("tcp4", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = l.Close() })
			})
		}
		want[ns.Inode()] = i + 1
	}
	all, _, err := Discover(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range all {
		if want[n.Inode] == 0 {
			continue // a namespace of the machine
		}
		got := listeners(t, n)
		if got != want[n.Inode] {
			t.Errorf("%s has %d listeners, want %d", n.Name, got, want[n.Inode])
		}
		sum += got
	}
	if sum != 50*51/2 {
		t.Errorf("%d listeners in all, want %d", sum, 50*51/2)
	}
}

func listeners(t *testing.T, n *Namespace) (count int) {
	t.Helper()
	err := n.Do(func() error {
		conn, err := sockdiag.Open()
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		request := sockdiag.Request{States: tcp.SetOf(tcp.Listen)}
		return conn.Dump(t.Context(), request, func(sockdiag.Message) bool { count++; return true })
	})
	if err != nil {
		t.Errorf("%s: %v", n.Name, err)
	}
	return count
}
