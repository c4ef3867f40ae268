// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// maxStayed bounds the number of groups of connections that stayed. Peers can create
// any number of groups, and a million would take more memory than the sockets.
const maxStayed = 1 << 16

// DiffOptions tell what has the same meaning in both readings of a socket table.
type DiffOptions struct {
	// Keys are the fields by which changes are counted.
	Keys Keys
	// SameBoot says that both readings are from one boot of one host: the same cookie
	// is the same socket.
	SameBoot bool
	// NoAddresses says that addresses of one reading mean nothing in the other, so
	// listeners cannot be compared.
	NoAddresses bool
	// Max bounds the groups of each reading; 0 means [DefaultMaxGroups].
	Max int
}

// Diff compares two readings of a socket table: all sockets of the older one are
// given to Old, then all of the newer one to New.
//
// It keeps the groups and the listeners of both readings, and, with SameBoot, the
// cookies of the older sockets in 8 bytes each.
type Diff struct {
	options      DiffOptions
	old, new     *Groups
	seen         cookies
	oldListeners []Listener
	newListeners []Listener
	stayed       *Groups
	established  *Groups
	noCookie     uint64
}

// NewDiff returns a comparison without sockets.
func NewDiff(o DiffOptions) *Diff {
	by := GroupOptions{Keys: o.Keys, Max: o.Max}
	stay := GroupOptions{Keys: stayedKeys(), Max: maxStayed}
	d := &Diff{options: o, old: NewGroups(by), new: NewGroups(by), stayed: NewGroups(stay), established: NewGroups(stay)}
	d.new.like = d.old
	return d
}

// stayedKeys returns the keys of connections that stayed: state, owner and peer.
func stayedKeys() Keys {
	var keys Keys
	for _, name := range []string{"state", "process", "unit", "remote"} {
		f, _ := socket.Lookup(name)
		keys = append(keys, Key{Field: f})
	}
	return keys
}

// Needs returns the fields that Old and New look at.
func (d *Diff) Needs() socket.FieldSet {
	return d.old.Needs().Union(d.stayed.Needs()).Union(socket.FieldsOf(
		socket.FieldCookie, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldPID,
		socket.FieldLocal, socket.FieldLocalPort, socket.FieldIfindex))
}

// Old counts a socket of the older reading.
func (d *Diff) Old(s *socket.Socket) {
	d.old.Add(s)
	state := tcp.State(stateColumn(s))
	switch {
	case state == tcp.Listen:
		d.oldListeners = append(d.oldListeners, listenerOf(s))
	case d.options.SameBoot && isConnection(state) && hasCookie(s):
		d.seen.add(s)
	}
}

// New counts a socket of the newer reading; Old must not be called afterwards.
func (d *Diff) New(s *socket.Socket) {
	d.new.Add(s)
	state := tcp.State(stateColumn(s))
	switch {
	case state == tcp.Listen:
		d.newListeners = append(d.newListeners, listenerOf(s))
	case !d.options.SameBoot || !isConnection(state):
	case !hasCookie(s):
		d.noCookie++
	case !d.seen.has(s):
	case state == tcp.Established:
		d.established.Add(s)
	default:
		d.stayed.Add(s)
	}
}

// isConnection reports whether a socket in this state has a peer. An unknown state
// gives false.
//
// A connection never returns to a state that it has left (RFC 9293 section 3.3.2). So
// a connection seen twice in one state was in it all the time, unless the program
// disconnected the socket and connected it anew, which is rare.
func isConnection(s tcp.State) bool {
	return s.Valid() && s != tcp.Listen && s != tcp.Bound && s != tcp.Close
}

// Differences is the answer.
type Differences struct {
	Keys     Keys
	Old, New uint64 // number of all sockets
	// Changes are the groups that grew or shrank, the largest changes first.
	Changes []GroupChange
	// Others sums up changed groups that are not in Changes; nil if there are none.
	Others *GroupChange
	// OtherGroups is how many groups Others stands for.
	OtherGroups int
	// Unchanged is how many groups have the same number of sockets as before.
	Unchanged int
	// Overflow are the sockets whose groups found no room; nil if there are none.
	Overflow *GroupChange
	// Listeners are the listeners that changed.
	Listeners []ChangedListener
	// Stayed are connections that were in one state all the time, by state, owner and
	// peer. Established are connections that stayed in ESTABLISHED, which is normal
	// for connections. Both are nil if cookies cannot be compared: see
	// DiffOptions.SameBoot.
	Stayed, Established *Grouped
	// NoCookie is how many of the newer connections have no known cookie.
	NoCookie uint64
}

// GroupChange is the size of a group in both readings.
type GroupChange struct {
	Old, New uint64

	name string
	keys int
}

// Cells are the group's values for each of Keys; nil for several groups together.
func (c GroupChange) Cells() []Cell {
	if c.keys == 0 {
		return nil
	}
	cells, name := make([]Cell, c.keys), c.name
	for i := range cells {
		cells[i], name = cutCell(name)
	}
	return cells
}

// Difference is by how much the group grew; negative if it shrank.
func (c GroupChange) Difference() int64 { return int64(c.New - c.Old) }

// Result returns the answer with the n greatest changes, and the n greatest groups of
// connections that stayed; all of them if n is 0 or less.
func (d *Diff) Result(n int) *Differences {
	out := &Differences{Keys: d.options.Keys, Old: d.old.Total(), New: d.new.Total(), NoCookie: d.noCookie}
	d.changes(out, n)
	if a, b := d.old.overflow.count, d.new.overflow.count; a > 0 || b > 0 {
		out.Overflow = &GroupChange{Old: a, New: b}
	}
	if !d.options.NoAddresses {
		out.Listeners = d.listenerChanges()
	}
	if d.options.SameBoot {
		out.Stayed, out.Established = d.stayed.Top(n), d.established.Top(n)
	}
	return out
}

func (d *Diff) changes(out *Differences, n int) {
	var all []GroupChange
	note := func(name string, before, after uint64) {
		if before == after {
			out.Unchanged++
			return
		}
		all = append(all, GroupChange{Old: before, New: after, name: name, keys: len(d.options.Keys)})
	}
	for i, name := range d.old.names {
		note(name, d.old.counts[i], d.new.countOf(name))
	}
	for i, name := range d.new.names {
		if _, ok := d.old.index[name]; !ok {
			note(name, 0, d.new.counts[i])
		}
	}
	slices.SortFunc(all, func(a, b GroupChange) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), cmp.Compare(a.name, b.name))
	})
	if n > 0 && n < len(all) {
		out.Others, out.OtherGroups = together(all[n:]), len(all)-n
		all = all[:n]
	}
	out.Changes = all
}

func (c GroupChange) size() uint64 { return max(c.New, c.Old) - min(c.New, c.Old) }

func together(changes []GroupChange) *GroupChange {
	var sum GroupChange
	for _, c := range changes {
		sum.Old += c.Old
		sum.New += c.New
	}
	return &sum
}

// countOf returns how many sockets are in the group with that name.
func (g *Groups) countOf(name string) uint64 {
	if n, ok := g.index[name]; ok {
		return g.counts[n]
	}
	return 0
}
