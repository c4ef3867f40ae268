// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/json"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// addTo is the JSON of a TABL section: entries to be added to the tables.
type addTo struct {
	Strings []string         `json:"strings,omitempty"`
	Shapes  []shapeJSON      `json:"shapes,omitempty"`
	Owners  []*socket.Owner  `json:"owners,omitempty"`
	Cgroups []*socket.Cgroup `json:"cgroups,omitempty"`
}

func (a *addTo) empty() bool {
	return len(a.Strings)+len(a.Shapes)+len(a.Owners)+len(a.Cgroups) == 0
}

// An addressForm is the kind of address of an endpoint.
type addressForm uint8

const (
	formNone addressForm = 0
	formIPv4 addressForm = 4
	formIPv6 addressForm = 6
)

type shapeJSON struct {
	Known []string       `json:"known"`
	Info  int            `json:"info"`
	Mem   int            `json:"mem"`
	Forms [3]addressForm `json:"forms"` // for local, remote, listener: 0 none, 4, 6
	Zones [3]string      `json:"zones,omitzero"`
}

func formOf(a netip.Addr) addressForm {
	switch {
	case a.Is4():
		return formIPv4
	case a.Is6():
		return formIPv6
	default:
		return formNone
	}
}

// zero returns an address of this form, to be filled in.
func (f addressForm) zero(zone string) netip.Addr {
	switch f {
	case formIPv4:
		return netip.IPv4Unspecified()
	case formIPv6:
		return netip.IPv6Unspecified().WithZone(zone)
	default:
		return netip.Addr{}
	}
}

// A shapeKey is what rows have in common: which fields are known, which parts they
// have, and the form of their addresses.
type shapeKey struct {
	known     socket.FieldSet
	info, mem int            // bytes of tcp_info, words of memory; -1 if there are none
	form      [3]addressForm // for local, remote, listener
	zone      [3]string
}

func keyOf(s *socket.Socket) shapeKey {
	k := shapeKey{known: s.Known, info: -1, mem: -1}
	for i, a := range [...]netip.Addr{s.Local.Addr(), s.Remote.Addr(), s.Listener.Addr()} {
		k.form[i], k.zone[i] = formOf(a), a.Zone()
	}
	if s.Info != nil {
		k.info = s.Info.Size
	}
	if s.Mem != nil {
		k.mem = s.Mem.Words
	}
	return k
}

func (k shapeKey) json() shapeJSON {
	j := shapeJSON{Known: []string{}, Info: k.info, Mem: k.mem, Forms: k.form, Zones: k.zone}
	for id := range k.known.All() {
		j.Known = append(j.Known, id.Field().Name)
	}
	return j
}

// key returns the shape as this version knows it; unknown names of fields are
// ignored.
func (j shapeJSON) key() shapeKey {
	k := shapeKey{info: j.Info, mem: j.Mem, form: j.Forms, zone: j.Zones}
	for _, name := range j.Known {
		if f, ok := socket.Lookup(name); ok && f.Name == name {
			k.known.Add(f.ID)
		}
	}
	return k
}

// An interner numbers table entries in the order in which the writer meets them.
type interner struct {
	added   addTo
	strings map[string]uint64
	shapes  map[shapeKey]uint64
	owners  map[ownerKey]uint64
	cgroups map[socket.Cgroup]uint64

	// Many rows share owners and cgroups: entries are looked up by pointer first.
	lastShape   shapeKey
	lastShapeID uint64
	lastOwner   [2]lastOwner // owners of the previous row: by process and by cgroup
	byOwner     map[*socket.Owner]uint64
	byCgroup    map[*socket.Cgroup]uint64
}

type lastOwner struct {
	owner *socket.Owner
	id    uint64
}

// maxPointers bounds how many pointers are remembered.
const maxPointers = 1 << 16

// ownerKey is an owner with the value of its process, not the pointer.
type ownerKey struct {
	owner   socket.Owner
	process socket.Process
	has     bool
}

func newInterner() *interner {
	return &interner{
		strings: map[string]uint64{}, shapes: map[shapeKey]uint64{}, owners: map[ownerKey]uint64{}, cgroups: map[socket.Cgroup]uint64{},
		byOwner: map[*socket.Owner]uint64{}, byCgroup: map[*socket.Cgroup]uint64{},
	}
}

func (n *interner) text(s string) uint64 {
	if s == "" {
		return 0
	}
	id, ok := n.strings[s]
	if !ok {
		id = uint64(len(n.strings)) + 1
		n.strings[s] = id
		n.added.Strings = append(n.added.Strings, s)
	}
	return id
}

func (n *interner) shape(s *socket.Socket) uint64 {
	k := keyOf(s)
	if n.lastShapeID != 0 && k == n.lastShape {
		return n.lastShapeID
	}
	id, ok := n.shapes[k]
	if !ok {
		id = uint64(len(n.shapes)) + 1
		n.shapes[k] = id
		n.added.Shapes = append(n.added.Shapes, k.json())
	}
	n.lastShape, n.lastShapeID = k, id
	return id
}

func (n *interner) owner(o *socket.Owner) uint64 {
	if o == nil {
		return 0
	}
	for i := range n.lastOwner {
		if n.lastOwner[i].owner == o {
			return n.lastOwner[i].id
		}
	}
	id := n.lookupOwner(o)
	n.lastOwner[0], n.lastOwner[1] = lastOwner{o, id}, n.lastOwner[0]
	return id
}

func (n *interner) lookupOwner(o *socket.Owner) uint64 {
	if id, ok := n.byOwner[o]; ok {
		return id
	}
	k := ownerKey{owner: *o}
	if k.owner.Process = nil; o.Process != nil {
		k.process, k.has = *o.Process, true
	}
	id, ok := n.owners[k]
	if !ok {
		id = uint64(len(n.owners)) + 1
		n.owners[k] = id
		n.added.Owners = append(n.added.Owners, o)
	}
	if len(n.byOwner) >= maxPointers {
		clear(n.byOwner)
	}
	n.byOwner[o] = id
	return id
}

func (n *interner) cgroup(c *socket.Cgroup) uint64 {
	if c == nil {
		return 0
	}
	if id, ok := n.byCgroup[c]; ok {
		return id
	}
	id, ok := n.cgroups[*c]
	if !ok {
		id = uint64(len(n.cgroups)) + 1
		n.cgroups[*c] = id
		n.added.Cgroups = append(n.added.Cgroups, c)
	}
	if len(n.byCgroup) >= maxPointers {
		clear(n.byCgroup)
	}
	n.byCgroup[c] = id
	return id
}

// take returns the entries added since the last call as JSON; nil if there are none.
func (n *interner) take() ([]byte, error) {
	if n.added.empty() {
		return nil, nil
	}
	b, err := marshal(n.added)
	n.added = addTo{}
	return b, err
}

// tables are the tables of a reader.
type tables struct {
	strings []string
	shapes  []shapeKey
	owners  []*socket.Owner
	cgroups []*socket.Cgroup
	size    int
}

func (t *tables) add(raw []byte) error {
	if t.size += len(raw); t.size > maxTables {
		return errTooBig
	}
	var a addTo
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	for _, o := range a.Owners {
		if o == nil {
			return problem.New("an owner is null", "有一个所有者为空")
		}
	}
	for _, c := range a.Cgroups {
		if c == nil {
			return problem.New("a cgroup is null", "有一个 cgroup 为空")
		}
	}
	t.strings = append(t.strings, a.Strings...)
	t.owners = append(t.owners, a.Owners...)
	t.cgroups = append(t.cgroups, a.Cgroups...)
	for _, s := range a.Shapes {
		t.shapes = append(t.shapes, s.key())
	}
	return nil
}

// entry returns the entry that a reference refers to; the zero value for 0.
func entry[T any](table []T, ref uint64, ok *bool) T {
	var zero T
	if ref == 0 {
		return zero
	}
	if ref > uint64(len(table)) {
		*ok = false
		return zero
	}
	return table[ref-1]
}
