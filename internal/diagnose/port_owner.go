// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedPorts is for how many destinations it is asked who calls them: those
// with most connections. A TIME_WAIT has no owner to ask for.
const ownedPorts = 20

// busiest returns the destinations whose owner is worth a look.
func (r *PortReading) busiest() (all []*portUse) {
	if r == nil {
		return nil
	}
	for _, space := range r.spaces {
		for _, u := range space.destinations {
			if u.inode != 0 || u.owner != nil {
				all = append(all, u)
			}
		}
	}
	slices.SortFunc(all, func(a, b *portUse) int { return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(a.inode, b.inode)) })
	return all[:min(len(all), ownedPorts)]
}

// inodes lists a socket of each destination whose owner is not known yet.
func (r *PortReading) inodes() (inodes []uint32) {
	for _, u := range r.busiest() {
		if u.owner == nil {
			inodes = append(inodes, u.inode)
		}
	}
	return inodes
}

func (r *PortReading) own(owner func(inode uint32) *socket.Owner) {
	for _, u := range r.busiest() {
		if u.owner == nil {
			u.owner = owner(u.inode)
		}
	}
}

// caller is who calls the destination that has most ports of connect()'s second
// pass: what bind() takes first.
func (p *portSpace) caller() *socket.Owner {
	var most *portUse
	for _, u := range p.destinations {
		if u.owner != nil && (most == nil || u.second > most.second || u.second == most.second && u.inode < most.inode) {
			most = u
		}
	}
	if most == nil {
		return nil
	}
	return most.owner
}
