// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"encoding/binary"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// collect adds up what the workers counted.
func (v *variant) collect(res *Result) error {
	rows := newRows(v.layout, v.need&needOwner != 0)
	for i := range v.slots {
		w, err := v.worker(i)
		if err != nil {
			return err
		}
		res.Sockets += w.counted
		res.Seen += w.seen
		res.Overflow += w.overflow
		res.Unsettled += w.unsettled
		res.Again += w.again
		res.Held += time.Duration(w.held)
		res.HeldMost = max(res.HeldMost, time.Duration(w.heldMost))
		if v.need&needCensus == 0 {
			continue
		}
		var h homes
		if err := v.loaded.Map("census").Lookup(number(i), bytesOf(&h)); err != nil {
			return err
		}
		rows.homes(&h)
	}
	err := v.loaded.Map("groups").Drain(func(key, value []byte) bool {
		rows.group(key, groupOf(value))
		return true
	})
	res.Rows = rows.list
	for i := range res.Rows {
		res.Rows[i].Sampled = res.Rows[i].Sampled && v.query.sampling()
	}
	return err
}

// worker reads what a worker has counted so far.
func (v *variant) worker(i int) (w workerState, err error) {
	err = v.loaded.Map("workers").Lookup(number(i), bytesOf(&w))
	return w, err
}

// rows collects the result rows by key.
type rows struct {
	layout *layout
	owners bool
	index  map[string]int
	list   []Row
	buf    []byte
}

func newRows(l *layout, owners bool) *rows {
	return &rows{layout: l, owners: owners, index: map[string]int{}, buf: make([]byte, l.size)}
}

// homes adds the plain counts of one worker: those by namespace and state.
func (r *rows) homes(h *homes) {
	for i := range h.at {
		home := &h.at[i]
		if home.net == 0 {
			continue
		}
		for cell, n := range home.cells {
			if n > 0 {
				r.add(r.plainKey(home.inum, uint8(cell)), n, 0, 0)
			}
		}
	}
}

// plainKey returns the key of a group for one plain count.
func (r *rows) plainKey(inum uint32, cell uint8) []byte {
	clear(r.buf)
	for _, p := range r.layout.parts {
		switch p.field {
		case socket.FieldNetnsInode:
			binary.NativeEndian.PutUint32(r.buf[p.at:], inum)
		case socket.FieldState:
			r.buf[p.at] = cell & (codeMask | unownedBit)
		default: // family: the plain layout has no other field
			r.buf[p.at] = uint8(socket.IPv4)
			if cell&familyBit != 0 {
				r.buf[p.at] = uint8(socket.IPv6)
			}
		}
	}
	return r.buf
}

// group adds one entry of the map of groups. The key begins with the worker's
// number and the table.
func (r *rows) group(key []byte, g group) {
	copy(r.buf, key)
	which := binary.NativeEndian.Uint16(key[2:])
	r.buf[0], r.buf[1] = 0, 0
	r.add(r.buf, g.sockets, g.squares+g.here*g.here, which)
}

// add adds sockets to the row of the key. The kernel has a separate key for unowned
// sockets; a row has a column for them.
func (r *rows) add(key []byte, n, squares uint64, which uint16) {
	unowned := false
	if r.owners {
		for _, p := range r.layout.parts {
			if p.field == socket.FieldState {
				unowned = key[p.at]&unownedBit != 0
				key[p.at] &^= unownedBit
			}
		}
	}
	i, ok := r.index[string(key)]
	if !ok {
		i = len(r.list)
		r.index[string(key)] = i
		s, _ := r.layout.row(key)
		r.list = append(r.list, Row{Socket: s, Sampled: which != listeners})
	}
	row := &r.list[i]
	row.Sockets += n
	row.Squares += squares
	if unowned {
		row.Unowned += n
	}
}

// groupOf reads a value of the map of groups.
func groupOf(value []byte) (g group) {
	copy(bytesOf(&g), value)
	return g
}
