// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedPorts is the number of destinations whose callers are looked up: those with the
// most connections. A TIME_WAIT socket has no owner.
const ownedPorts = 20

// A holder is a connection to a destination that a process has open.
type holder struct {
	inode  uint32
	cgroup uint64
	owner  *socket.Owner // nil until it is looked up
}

// holders are some of the connections to a destination: the last ones of the dump,
// which amounts to a random choice because a dump has the order of a hash table.
type holders [4]holder

func (h *holders) add(s *socket.Socket, nth int) {
	h[nth%len(h)] = holder{s.Inode, s.CgroupID, s.Owner}
}

func (h *holders) any() bool {
	return slices.ContainsFunc(h[:], func(k holder) bool { return k.inode != 0 })
}

// owned reports whether the owner of any of them is known.
func (h *holders) owned() bool {
	return slices.ContainsFunc(h[:], func(k holder) bool { return k.owner != nil })
}

// key is a number that differs from that of another destination's holders.
func (h *holders) key() (n uint32) {
	for _, k := range h {
		n = max(n, k.inode)
	}
	return n
}

// callers are the owners of the holders, those with the most first.
func (h *holders) callers() (all []*socket.Owner) {
	count := map[ownerID]int{}
	for _, k := range h {
		if k.owner == nil {
			continue
		}
		if count[identify(k.owner)]++; count[identify(k.owner)] == 1 {
			all = append(all, k.owner)
		}
	}
	slices.SortStableFunc(all, func(a, b *socket.Owner) int {
		return cmp.Or(cmp.Compare(count[identify(b)], count[identify(a)]), strings.Compare(ownerText(a).En, ownerText(b).En))
	})
	return all
}

// busiest returns the destinations whose owners are worth looking up.
func (r *PortReading) busiest() (all []*portUse) {
	if r == nil {
		return nil
	}
	for _, space := range r.spaces {
		for _, u := range space.destinations {
			if u.holders.any() {
				all = append(all, u)
			}
		}
	}
	slices.SortFunc(all, func(a, b *portUse) int {
		return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(a.holders.key(), b.holders.key()))
	})
	return all[:min(len(all), ownedPorts)]
}

// inodes lists sockets of each destination whose owner is not known yet.
func (r *PortReading) inodes() (inodes []uint32) {
	for _, holders := range r.asked() {
		for _, h := range holders {
			if h.inode != 0 && h.owner == nil {
				inodes = append(inodes, h.inode)
			}
		}
	}
	return inodes
}

// asked are the holders whose owners are worth looking up: those of the busiest
// destinations and of bound sockets.
func (r *PortReading) asked() (all []*holders) {
	for _, u := range r.busiest() {
		all = append(all, &u.holders)
	}
	if r == nil {
		return nil
	}
	for _, space := range r.spaces {
		if float64(space.blocked.len()) >= boundShare*float64(space.rules.Capacity()) {
			all = append(all, &space.bound)
		}
	}
	return all
}

func (r *PortReading) own(owner OwnerOf) {
	for _, holders := range r.asked() {
		for i := range holders {
			if h := &holders[i]; h.inode != 0 && h.owner == nil {
				h.owner = owner(h.inode, h.cgroup)
			}
		}
	}
}

// callers are the owners of connections to the destination that has the most ports.
func (p *portSpace) callers() []*socket.Owner {
	var most *portUse
	for _, u := range p.destinations {
		if !u.holders.owned() {
			continue
		}
		if most == nil || u.held.taken() > most.held.taken() || u.held.taken() == most.held.taken() && u.holders.key() < most.holders.key() {
			most = u
		}
	}
	if most == nil {
		return nil
	}
	return most.holders.callers()
}

// only returns the owner if all are the same one, nil if they differ.
func only(all []*socket.Owner) *socket.Owner {
	if len(all) != 1 {
		return nil
	}
	return all[0]
}
