// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// cookies remember which socket was in which state, in 8 bytes per socket: there is
// one list of cookies per state. A growing list takes up to a quarter more for a
// while.
//
// Cookies are kept per network namespace, because each namespace numbered its own
// before Linux 5.4 (net/core/sock_diag.c sock_gen_cookie, commit cd48bdda4fb8).
type cookies struct {
	spaces map[uint64]*stateCookies // by the inode of the namespace
	sorted bool
}

type stateCookies [tcp.NumStates][]uint64

// add remembers a socket whose cookie is known.
func (c *cookies) add(s *socket.Socket) {
	ns := c.spaces[netnsInode(s)]
	if ns == nil {
		ns = new(stateCookies)
		if c.spaces == nil {
			c.spaces = map[uint64]*stateCookies{}
		}
		c.spaces[netnsInode(s)] = ns
	}
	n := stateColumn(s)
	ns[n] = append(ns[n], s.Cookie)
	c.sorted = false
}

// has reports whether this socket was seen in this state.
func (c *cookies) has(s *socket.Socket) bool {
	if !c.sorted {
		c.sort()
	}
	ns := c.spaces[netnsInode(s)]
	if ns == nil {
		return false
	}
	_, ok := slices.BinarySearch(ns[stateColumn(s)], s.Cookie)
	return ok
}

func (c *cookies) sort() {
	for _, ns := range c.spaces {
		for _, list := range ns {
			slices.Sort(list)
		}
	}
	c.sorted = true
}

func netnsInode(s *socket.Socket) uint64 { return inodeOf(s.Netns) }

func inodeOf(n *socket.Netns) uint64 {
	if n == nil {
		return 0
	}
	return n.Inode
}

func hasCookie(s *socket.Socket) bool { return s.Known.Has(socket.FieldCookie) && s.Cookie != 0 }
