// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ListenerChange is what happened to a listener.
type ListenerChange uint8

const (
	// ListenerNew means that nobody listened there before.
	ListenerNew ListenerChange = iota
	// ListenerGone means that nobody listens there any more.
	ListenerGone
	// ListenerReplaced means that another socket listens at the same address
	// and port: its program was started again, or listens anew.
	ListenerReplaced
)

// String returns new, gone or replaced.
func (c ListenerChange) String() string {
	switch c {
	case ListenerGone:
		return "gone"
	case ListenerReplaced:
		return "replaced"
	default:
		return "new"
	}
}

// ChangedListener is a listener that is not the one it was.
type ChangedListener struct {
	Change ListenerChange
	Socket *socket.Socket // the new one; of one that is gone the old one
}

// door is where a listener listens. Inodes of namespaces do not survive a boot;
// across one the name is used instead.
type door struct {
	inode   uint64
	name    string
	local   netip.AddrPort
	ifindex uint32
}

func (d *Diff) door(s *socket.Socket) door {
	at := door{local: s.Local, ifindex: s.Ifindex}
	switch {
	case d.options.SameBoot:
		at.inode = netnsInode(s)
	case s.Netns != nil:
		at.name = s.Netns.Name
	}
	return at
}

// listenerChanges pairs listeners by their cookies; what is left by their
// place: two sockets there are one that was replaced, or, when the cookies do
// not tell, the same.
func (d *Diff) listenerChanges() []ChangedListener {
	told := func(s *socket.Socket) bool { return d.options.SameBoot && hasCookie(s) }
	type identity struct{ inode, cookie uint64 }
	same := map[identity]bool{}
	for _, s := range d.newListeners {
		if told(s) {
			same[identity{netnsInode(s), s.Cookie}] = true
		}
	}
	before := map[door][]*socket.Socket{}
	old := map[identity]bool{}
	for _, s := range d.oldListeners {
		id := identity{netnsInode(s), s.Cookie}
		if told(s) && same[id] {
			old[id] = true
			continue
		}
		before[d.door(s)] = append(before[d.door(s)], s)
	}
	var changes []ChangedListener
	for _, s := range d.newListeners {
		if told(s) && old[identity{netnsInode(s), s.Cookie}] {
			continue
		}
		at := d.door(s)
		if len(before[at]) == 0 {
			changes = append(changes, ChangedListener{ListenerNew, s})
			continue
		}
		if was := before[at][0]; told(s) && told(was) {
			changes = append(changes, ChangedListener{ListenerReplaced, s})
		}
		before[at] = before[at][1:]
	}
	for _, left := range before {
		for _, s := range left {
			changes = append(changes, ChangedListener{ListenerGone, s})
		}
	}
	slices.SortFunc(changes, compareListeners)
	return changes
}

func compareListeners(a, b ChangedListener) int {
	return cmp.Or(
		cmp.Compare(a.Change, b.Change), cmp.Compare(a.Socket.Local.Port(), b.Socket.Local.Port()),
		a.Socket.Local.Addr().Compare(b.Socket.Local.Addr()), cmp.Compare(netnsInode(a.Socket), netnsInode(b.Socket)),
		cmp.Compare(a.Socket.Cookie, b.Socket.Cookie),
	)
}
