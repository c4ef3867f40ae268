// SPDX-License-Identifier: Apache-2.0

// Package hostnames finds the names of addresses and of ports, as ss -r does. It asks
// the resolver of this host, so it may ask DNS; it asks for a bounded number of
// addresses and for a bounded time, and what has no name by then has none. A name is
// what whoever holds the address wants it to be: it is text that others wrote.
package hostnames

import (
	"bufio"
	"bytes"
	"context"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// What a search for names costs at most.
const (
	MostTime      = 2 * time.Second
	MostAddresses = 256
	atOnce        = 32
)

// mostServices is how many bytes of /etc/services are read: Debian's has 13 kB.
const mostServices = 1 << 20

// A Lookup returns the names of an address, such as those of [net.Resolver.LookupAddr].
type Lookup func(ctx context.Context, address string) ([]string, error)

// System asks the resolver of this host: /etc/hosts and the servers of resolv.conf.
func System() Lookup { return (&net.Resolver{PreferGo: true}).LookupAddr }

// Names are those that were found. Its methods may be called on nil, which has none.
type Names struct {
	hosts    map[netip.Addr]string
	services map[uint16]string
}

// Find finds the names of addresses, of the first [MostAddresses] that are different,
// within [MostTime], and the services of a file such as /etc/services; without the file
// ports have no names.
func Find(ctx context.Context, lookup Lookup, addresses []netip.Addr, services string) *Names {
	n := &Names{services: map[uint16]string{}}
	if text, err := userfile.Read(services, mostServices); err == nil {
		n.services = parseServices(text)
	}
	n.hosts = find(ctx, lookup, addresses)
	return n
}

// find asks for several addresses at once. When the time is over it returns with what
// has been found: an answer that is still on its way is not waited for.
func find(ctx context.Context, lookup Lookup, addresses []netip.Addr) map[netip.Addr]string {
	ctx, cancel := context.WithTimeout(ctx, MostTime)
	defer cancel()
	wanted := make(chan netip.Addr, MostAddresses)
	asked := map[netip.Addr]bool{}
	for _, a := range addresses {
		if a = a.Unmap().WithZone(""); a.IsValid() && !a.IsUnspecified() && !asked[a] && len(asked) < MostAddresses {
			asked[a] = true
			wanted <- a
		}
	}
	close(wanted)
	var mu sync.Mutex
	found := map[netip.Addr]string{}
	var workers sync.WaitGroup
	for range min(atOnce, len(asked)) {
		workers.Go(func() {
			for a := range wanted {
				names, err := lookup(ctx, a.String())
				if name := first(names); err == nil && name != "" {
					mu.Lock()
					found[a] = name
					mu.Unlock()
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	return maps.Clone(found)
}

// first is the first name that cannot be taken for an address.
func first(names []string) string {
	for _, name := range names {
		name = strings.TrimSuffix(name, ".")
		if _, err := netip.ParseAddr(name); err != nil && strings.ContainsFunc(name, unicode.IsLetter) {
			return name
		}
	}
	return ""
}

// parseServices reads lines such as "https 443/tcp # comment": the first name of a port.
func parseServices(text []byte) map[uint16]string {
	all := map[uint16]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, tcp := strings.CutSuffix(fields[1], "/tcp")
		port, err := strconv.ParseUint(number, 10, 16)
		if _, taken := all[uint16(port)]; tcp && err == nil && !taken {
			all[uint16(port)] = fields[0]
		}
	}
	return all
}

// Host returns the name of an address; ok is false if it has none.
func (n *Names) Host(a netip.Addr) (name string, ok bool) {
	if n == nil {
		return "", false
	}
	name, ok = n.hosts[a.Unmap().WithZone("")]
	return name, ok
}

// Service returns the name of a port; ok is false if it has none.
func (n *Names) Service(port uint16) (name string, ok bool) {
	if n == nil {
		return "", false
	}
	name, ok = n.services[port]
	return name, ok
}
