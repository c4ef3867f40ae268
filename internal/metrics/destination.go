// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
)

// A Network is a prefix with a name.
type Network struct {
	Name   string
	Prefix netip.Prefix
}

// A Destination is where connections go, with as much as a metric may have: a named
// network or a kind of network, and the port.
type Destination struct {
	Group string
	Port  uint16
	Netns string

	Peers    int // number of address pairs in the group; the other values are those of the worst pair
	Free     int
	Capacity int
	Used     float64       // share of ports in use
	RunsOut  time.Duration // at the present rate; only with WillEnd
	WillEnd  bool
}

// DestinationsOf groups the use of local ports by network, port and namespace, and
// keeps the top fullest. The values of a group are those of the address pair with the
// fewest ports left: each pair has ports of its own.
func DestinationsOf(uses []diagnose.PortUse, networks []Network, top int) Top[Destination] {
	type key struct {
		group string
		port  uint16
		netns string
	}
	at := map[key]int{}
	var all []Destination
	for i := range uses {
		u := &uses[i]
		k := key{groupOf(u.Remote.Addr(), networks), u.Remote.Port(), netnsOf(u.Netns)}
		n, ok := at[k]
		if !ok {
			n = len(all)
			at[k] = n
			all = append(all, Destination{Group: k.group, Port: k.port, Netns: k.netns, Free: u.Free, Capacity: u.Capacity})
		}
		all[n].add(u)
	}
	slices.SortFunc(all, func(a, b Destination) int {
		return cmp.Or(cmp.Compare(b.Used, a.Used), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Netns, b.Netns))
	})
	return cut(all, top)
}

func (d *Destination) add(u *diagnose.PortUse) {
	d.Peers++
	if u.Free <= d.Free {
		d.Free, d.Capacity = u.Free, u.Capacity
	}
	d.Used = max(d.Used, u.Share())
	if u.WillEnd && (!d.WillEnd || u.RunsOut < d.RunsOut) {
		d.WillEnd, d.RunsOut = true, u.RunsOut
	}
}

// groupOf returns the network of an address: the longest prefix with a name, or the
// kind of address.
func groupOf(a netip.Addr, networks []Network) string {
	a = a.Unmap()
	name, bits := "", -1
	for _, n := range networks {
		if n.Prefix.Contains(a) && n.Prefix.Bits() > bits {
			name, bits = n.Name, n.Prefix.Bits()
		}
	}
	switch {
	case bits >= 0:
		return clean(name)
	case a.IsLoopback():
		return "loopback"
	case a.IsPrivate() || a.IsLinkLocalUnicast():
		return "private"
	default:
		return "public"
	}
}
