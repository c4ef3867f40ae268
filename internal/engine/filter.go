// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// Names are those of the host's services, and in the namespace of this process
// of its devices, and its port range. Names of hosts are not looked up, but for
// localhost: nothing here needs the network.
func (h *Host) Names() query.Options {
	q := fileNames()
	if !h.scope.Self() {
		return q // another namespace has other devices
	}
	q.Ephemeral, _ = h.proc.LocalPortRange()
	if h.proc.Elsewhere() {
		return q // so may another machine
	}
	q.Device = deviceIndex
	q.Cgroup = cgroupID
	return q
}

// fileNames are what a filter may call by name whatever it is asked of.
func fileNames() query.Options { return query.Options{Service: servicePort, Host: localhost} }

func servicePort(name string) (uint16, bool) {
	port, err := net.LookupPort("tcp", name)
	return uint16(port), err == nil
}

func localhost(name string) []netip.Addr {
	if name != "localhost" {
		return nil
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
}

func deviceIndex(name string) (uint32, bool) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, false
	}
	return uint32(i.Index), true
}

func cgroupID(path string) (uint64, bool) {
	tree, err := procfs.Own().OpenCgroups()
	if err != nil {
		return 0, false
	}
	defer tree.Close() //nolint:errcheck // it was only read
	return tree.ID(path)
}
