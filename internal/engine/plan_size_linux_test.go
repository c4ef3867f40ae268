// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestSizeApart: of one namespace, a thread inside learns whether it has a table of
// connections of its own.
func TestSizeApart(t *testing.T) {
	full := Size{Namespaces: 1, Sockets: 3_000_000, Wanted: 10, Buckets: defaultBuckets}
	for name, c := range map[string]struct {
		net  testnet.Options
		want Size
	}{
		"shared": {want: full},
		"own":    {net: testnet.Options{PrivateHash: 512}, want: Size{Namespaces: 1, Sockets: 1, Wanted: 1, Buckets: 512}},
	} {
		ns := testnet.New(t, c.net)
		ns.Do(func() {
			l, err := net.Listen("tcp6", "[::1]:0")
			if err != nil {
				l, err = net.Listen("tcp4", "127.0.0.1:0")
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		})
		scope, err := netns.ParseScope(ns.Path())
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := netns.Select(t.Context(), scope, netns.Options{})
		if err != nil {
			t.Fatal(err)
		}
		size := full
		sizeApart(found[0], &size)
		if size != c.want {
			t.Errorf("%s: %+v, want %+v", name, size, c.want)
		}
	}
}
