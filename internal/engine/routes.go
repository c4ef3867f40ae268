// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// routes counts connections by where they go, so roughly that it costs a count by
// state next to nothing: of a large table it looks at a part, and destinations that
// fall into one slot are counted as one. Those of a service come from everywhere and
// are spread evenly; those that fill a slot go out to one destination.
type routes struct {
	rows  uint64
	live  [routeSlots]uint32
	waits [routeSlots]uint32 // TIME_WAIT, but for those over loopback, which connect() takes over
}

const (
	routeSlots = 512
	routeAll   = 4096 // rows of which each is looked at
	routeEach  = 16   // of further ones, one of so many
	routeFew   = 64   // in a slot, fewer use up no range that anybody has
)

func (r *routes) add(m sockdiag.Message, s tcp.State) {
	if weight := r.weight(s); weight > 0 {
		r.put(m.Route(), s, m.Loopback(), weight)
	}
}

// addRow is add of a row.
func (r *routes) addRow(s *socket.Socket) {
	if !s.Known.Has(socket.FieldLocal) || !s.Known.Has(socket.FieldRemotePort) {
		return
	}
	if weight := r.weight(s.State); weight > 0 {
		r.put(routeOf(s), s.State, s.Remote.Addr().Unmap().IsLoopback(), weight)
	}
}

// weight is for how many rows one is looked at, 0 where it is not.
func (r *routes) weight(s tcp.State) uint32 {
	r.rows++
	weight := uint32(1)
	if r.rows > routeAll {
		weight = routeEach
	}
	if r.rows%uint64(weight) != 0 || !s.Connection() || s == tcp.SynRecv {
		return 0
	}
	return weight
}

func (r *routes) put(route uint64, s tcp.State, loopback bool, weight uint32) {
	slot := route >> 32 % routeSlots
	switch {
	case s != tcp.TimeWait:
		r.live[slot] += weight
	case !loopback:
		r.waits[slot] += weight
	}
}

// routeOf is [sockdiag.Message.Route] of a row.
func routeOf(s *socket.Socket) uint64 {
	const odd = 0x9e3779b97f4a7c15 // see there; what differs of addresses is at their end
	local, remote := s.Local.Addr().As16(), s.Remote.Addr().As16()
	n := uint64(s.Remote.Port())
	for _, half := range [...][]byte{local[:8], local[8:], remote[:8], remote[8:]} {
		n = (n ^ binary.BigEndian.Uint64(half)) * odd
		n ^= n >> 32
	}
	return n
}

// fullest returns how many connections the fullest slot has that hold a local port,
// and how many local ports there are; 0 where there are few, or the parameters could
// not be read.
func (r *routes) fullest(read readSysctl) (held, ports uint64) {
	if r.most(true) < routeFew {
		return 0, 0
	}
	if ports = localPorts(read); ports == 0 {
		return 0, 0
	}
	reuse, err := read("net.ipv4.tcp_tw_reuse")
	if err != nil {
		return 0, 0
	}
	return r.most(strings.TrimSpace(reuse) != "1"), ports
}

// readSysctl reads a kernel parameter of the namespace whose connections are counted.
type readSysctl func(name string) (string, error)

// localPorts is how many local ports a namespace has, 0 where that could not be read.
func localPorts(read readSysctl) uint64 {
	text, err := read("net.ipv4.ip_local_port_range")
	words := strings.Fields(text)
	if err != nil || len(words) != 2 {
		return 0
	}
	low, err := strconv.ParseUint(words[0], 10, 16)
	high, err2 := strconv.ParseUint(words[1], 10, 16)
	if err != nil || err2 != nil || high < low {
		return 0
	}
	return high - low + 1
}

// most is the fullest slot, with TIME_WAIT where connect() does not take them over.
func (r *routes) most(timeWait bool) (n uint64) {
	for i := range r.live {
		held := r.live[i]
		if timeWait {
			held += r.waits[i]
		}
		n = max(n, uint64(held))
	}
	return n
}
