// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// Names returns what a filter may call by name: the host's services, and, for the
// namespace of this process, its devices and its local port range. Host names are not
// looked up, except localhost: that would need the network.
func (h *Host) Names() query.Options {
	q := fileNames()
	if !h.scope.Self() {
		return q // another namespace has other devices
	}
	q.Ephemeral, _ = h.proc.LocalPortRange()
	if h.proc.Elsewhere() {
		return q // another machine may have other devices
	}
	q.Device = deviceIndex
	q.Cgroup = cgroupID
	return q
}

// fileNames returns the names that a filter may use for any source.
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
	defer tree.Close() //nolint:errcheck // the file is only read
	return tree.ID(path)
}
