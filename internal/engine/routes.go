// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
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
	r.rows++
	weight := uint32(1)
	if r.rows > routeAll {
		if r.rows%routeEach != 0 {
			return
		}
		weight = routeEach
	}
	if !s.Connection() || s == tcp.SynRecv {
		return
	}
	slot := m.Route() >> 32 % routeSlots
	switch {
	case s != tcp.TimeWait:
		r.live[slot] += weight
	case !m.Loopback():
		r.waits[slot] += weight
	}
}

// fullest returns how many connections the fullest slot has that hold a local port,
// and how many local ports there are; 0 where there are few, or the parameters could
// not be read.
func (r *routes) fullest() (held, ports uint64) {
	if r.most(true) < routeFew {
		return 0, 0
	}
	text, err := sysctl.Read("net.ipv4.ip_local_port_range")
	words := strings.Fields(text)
	if err != nil || len(words) != 2 {
		return 0, 0
	}
	low, err := strconv.ParseUint(words[0], 10, 16)
	high, err2 := strconv.ParseUint(words[1], 10, 16)
	reuse, err3 := sysctl.Uint("net.ipv4.tcp_tw_reuse")
	if err != nil || err2 != nil || err3 != nil || high < low {
		return 0, 0
	}
	return r.most(reuse != 1), high - low + 1
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
