// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
)

// A Network is one that a name was given to.
type Network struct {
	Name   string
	Prefix netip.Prefix
}

// A Destination is where connections lead to, as far as a metric may tell: a
// named network or kind of network, and the port there.
type Destination struct {
	Group string
	Port  uint16
	Netns string

	Peers    int // address pairs that are together here; the numbers are those of the worst
	Free     int
	Capacity int
	Used     float64       // share
	RunsOut  time.Duration // at the rate of now; with WillEnd only
	WillEnd  bool
}

// DestinationsOf puts the use of local ports together by group, port and
// namespace, and keeps the top fullest. The numbers are those of the address pair
// with the fewest ports left: each pair has ports of its own.
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

// groupOf names the network of an address: the longest prefix that has a name,
// or what kind of address it is.
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
