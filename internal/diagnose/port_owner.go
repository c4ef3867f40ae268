// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedPorts is the number of destinations whose callers are looked up: those with the most
// connections. A TIME_WAIT has no owner to look up.
const ownedPorts = 20

// A holder is one of the connections to a destination that somebody has open.
type holder struct {
	inode  uint32
	cgroup uint64
	owner  *socket.Owner // nil until somebody looked it up
}

// holders are some of the connections to a destination: the last ones, which are
// any, as they come in the order of a hash.
type holders [4]holder

func (h *holders) add(s *socket.Socket, nth int) {
	h[nth%len(h)] = holder{s.Inode, s.CgroupID, s.Owner}
}

func (h *holders) any() bool {
	return slices.ContainsFunc(h[:], func(k holder) bool { return k.inode != 0 })
}

// owned reports whether it is known whose any of them is.
func (h *holders) owned() bool {
	return slices.ContainsFunc(h[:], func(k holder) bool { return k.owner != nil })
}

// key is a number by which they are told from those of another destination.
func (h *holders) key() (n uint32) {
	for _, k := range h {
		n = max(n, k.inode)
	}
	return n
}

// callers are whose they are, most of them first.
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

// busiest returns the destinations whose owner is worth a look.
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

// asked are the holders whose owners are worth a look: of the busiest
// destinations, and of what is bound.
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

// callers are who calls the destination that has most ports.
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

// only returns the one of several owners that there is, nil when there are more.
func only(all []*socket.Owner) *socket.Owner {
	if len(all) != 1 {
		return nil
	}
	return all[0]
}
