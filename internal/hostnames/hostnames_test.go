// SPDX-License-Identifier: Apache-2.0

package hostnames

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func addresses(n int) (all []netip.Addr) {
	for i := range n {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	return all
}

// TestFind: each address is asked for once, also as IPv4 in IPv6, and what is no name
// stays a number: an error, nothing, or a name that reads as an address.
func TestFind(t *testing.T) {
	services := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(services, []byte("# names\ndomain 53/udp\nhttps\t443/tcp\t# web\nhttp-alt 443/tcp\nbad x/tcp\nbig 70000/tcp\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	lookup := func(_ context.Context, address string) ([]string, error) {
		asked.Add(1)
		switch address {
		case "10.0.0.1":
			return []string{"web.example.", "other.example."}, nil
		case "10.0.0.2":
			return []string{"127.0.0.1.", "::1", "12345"}, nil
		case "10.0.0.3":
			return nil, errors.New("no such host")
		}
		return nil, nil
	}
	all := []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1"), {}, netip.IPv4Unspecified()}
	for _, a := range addresses(5) {
		all = append(all, a, a)
	}
	n := Find(t.Context(), lookup, all, services)
	if asked.Load() != 5 {
		t.Errorf("asked %d times, want 5", asked.Load())
	}
	if name, ok := n.Host(netip.MustParseAddr("10.0.0.1")); name != "web.example" || !ok {
		t.Errorf("10.0.0.1 is %q", name)
	}
	for _, a := range []string{"10.0.0.0", "10.0.0.2", "10.0.0.3", "0.0.0.0"} {
		if name, ok := n.Host(netip.MustParseAddr(a)); ok {
			t.Errorf("%s is %q, want none", a, name)
		}
	}
	if name, _ := n.Service(443); name != "https" {
		t.Errorf("443 is %q", name)
	}
	for _, port := range []uint16{53, 0, 4464} { // 70000 - 65536
		if name, ok := n.Service(port); ok {
			t.Errorf("%d is %q, want none", port, name)
		}
	}
}

// TestBounds: a resolver that never answers costs MostTime, and no more than
// MostAddresses are asked for.
func TestBounds(t *testing.T) {
	var asked atomic.Int32
	stuck := func(_ context.Context, _ string) ([]string, error) {
		asked.Add(1)
		select {} // as one that does not heed its context
	}
	start := time.Now()
	n := Find(t.Context(), stuck, addresses(5000), "/does/not/exist")
	if took := time.Since(start); took < MostTime || took > 4*MostTime {
		t.Errorf("it took %v", took)
	}
	if _, ok := n.Host(addresses(1)[0]); ok || asked.Load() > atOnce {
		t.Errorf("%d asked, found %v", asked.Load(), ok)
	}
	asked.Store(0)
	named := func(_ context.Context, address string) ([]string, error) {
		asked.Add(1)
		return []string{fmt.Sprintf("h-%s", address)}, nil
	}
	n = Find(t.Context(), named, addresses(5000), "/does/not/exist")
	if asked.Load() != MostAddresses {
		t.Errorf("asked for %d", asked.Load())
	}
	if _, ok := n.Host(addresses(MostAddresses + 1)[MostAddresses]); ok {
		t.Error("one address too many has a name")
	}
}

// TestNone: without names there are none.
func TestNone(t *testing.T) {
	var none *Names
	if _, ok := none.Host(addresses(1)[0]); ok {
		t.Error("a host")
	}
	if _, ok := none.Service(80); ok {
		t.Error("a service")
	}
}
