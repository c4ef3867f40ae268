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
	// ListenerNew means that no socket listened there before.
	ListenerNew ListenerChange = iota
	// ListenerGone means that no socket listens there any more.
	ListenerGone
	// ListenerReplaced means that another socket listens at the same address and
	// port: its program was restarted, or opened a new listener.
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

// Listener is what a comparison keeps of a listening socket: 64 bytes, because a
// saved file may have any number of them.
type Listener struct {
	Netns   *socket.Netns
	Owner   *socket.Owner
	Local   netip.AddrPort
	Cookie  uint64 // 0 if unknown
	Ifindex uint32
}

func listenerOf(s *socket.Socket) Listener {
	l := Listener{Netns: s.Netns, Owner: s.Owner, Local: s.Local, Ifindex: s.Ifindex}
	if hasCookie(s) {
		l.Cookie = s.Cookie
	}
	return l
}

// ChangedListener is a listener that changed.
type ChangedListener struct {
	Change ListenerChange
	Listener
}

// door is where a listener listens. Across a boot the name of the namespace is
// compared, because inodes of namespaces change.
type door struct {
	inode   uint64
	name    string
	local   netip.AddrPort
	ifindex uint32
}

func (d *Diff) door(l Listener) door {
	at := door{local: l.Local, ifindex: l.Ifindex}
	switch {
	case d.options.SameBoot:
		at.inode = inodeOf(l.Netns)
	case l.Netns != nil:
		at.name = l.Netns.Name
	}
	return at
}

// listenerChanges pairs listeners of both readings by cookie, the remaining ones by
// where they listen. A pair found by place is a replaced listener, or, if cookies
// cannot be compared, the same one.
func (d *Diff) listenerChanges() []ChangedListener {
	told := func(l Listener) bool { return d.options.SameBoot && l.Cookie != 0 }
	type identity struct{ inode, cookie uint64 }
	same := map[identity]bool{}
	for _, l := range d.newListeners {
		if told(l) {
			same[identity{inodeOf(l.Netns), l.Cookie}] = true
		}
	}
	before := map[door][]Listener{}
	old := map[identity]bool{}
	for _, l := range d.oldListeners {
		id := identity{inodeOf(l.Netns), l.Cookie}
		if told(l) && same[id] {
			old[id] = true
			continue
		}
		before[d.door(l)] = append(before[d.door(l)], l)
	}
	var changes []ChangedListener
	for _, l := range d.newListeners {
		if told(l) && old[identity{inodeOf(l.Netns), l.Cookie}] {
			continue
		}
		at := d.door(l)
		if len(before[at]) == 0 {
			changes = append(changes, ChangedListener{ListenerNew, l})
			continue
		}
		if was := before[at][0]; told(l) && told(was) {
			changes = append(changes, ChangedListener{ListenerReplaced, l})
		}
		before[at] = before[at][1:]
	}
	for _, left := range before {
		for _, l := range left {
			changes = append(changes, ChangedListener{ListenerGone, l})
		}
	}
	slices.SortFunc(changes, compareListeners)
	return changes
}

func compareListeners(a, b ChangedListener) int {
	return cmp.Or(
		cmp.Compare(a.Change, b.Change), cmp.Compare(a.Local.Port(), b.Local.Port()),
		a.Local.Addr().Compare(b.Local.Addr()), cmp.Compare(inodeOf(a.Netns), inodeOf(b.Netns)),
		cmp.Compare(a.Cookie, b.Cookie),
	)
}
