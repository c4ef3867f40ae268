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

// routes counts connections by destination, so roughly that it adds next to nothing
// to the cost of a count by state. Of a large table it looks at a part, and
// destinations with the same hash share a slot. Connections that clients open to a
// service spread over all slots; connections that fill one slot go out to one
// destination.
type routes struct {
	rows  uint64
	live  [routeSlots]uint32
	waits [routeSlots]uint32 // TIME_WAIT, except over loopback, where connect() may reuse the port
}

const (
	routeSlots = 512
	routeAll   = 4096 // how many rows are all looked at
	routeEach  = 16   // of later rows, one in routeEach is looked at
	routeFew   = 64   // fewer connections in a slot cannot exhaust any usual port range
)

func (r *routes) add(m sockdiag.Message, s tcp.State) {
	if weight := r.weight(s); weight > 0 {
		r.put(m.Route(), s, m.Loopback(), weight)
	}
}

// addRow adds a row.
func (r *routes) addRow(s *socket.Socket) {
	if !s.Known.Has(socket.FieldLocal) || !s.Known.Has(socket.FieldRemotePort) {
		return
	}
	if weight := r.weight(s.State); weight > 0 {
		r.put(routeOf(s), s.State, s.Remote.Addr().Unmap().IsLoopback(), weight)
	}
}

// weight returns for how many rows this row stands; 0 if it is skipped.
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

// routeOf returns for a row what [sockdiag.Message.Route] returns for a message.
func routeOf(s *socket.Socket) uint64 {
	const odd = 0x9e3779b97f4a7c15 // the same constant as there; addresses differ most at their end
	local, remote := s.Local.Addr().As16(), s.Remote.Addr().As16()
	n := uint64(s.Remote.Port())
	for _, half := range [...][]byte{local[:8], local[8:], remote[:8], remote[8:]} {
		n = (n ^ binary.BigEndian.Uint64(half)) * odd
		n ^= n >> 32
	}
	return n
}

// fullest returns how many connections of the fullest slot hold a local port, and how
// many local ports there are. Both are 0 if there are few connections or if the
// parameters could not be read.
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

// localPorts returns how many local ports a namespace has; 0 if the parameter could
// not be read.
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

// most returns the count of the fullest slot. timeWait includes TIME_WAIT sockets,
// for kernels where connect() does not reuse their ports.
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
