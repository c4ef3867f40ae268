// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Want tells which rows to read.
type Want struct {
	// Namespace is an index into File.Namespaces.
	Namespace int
	// States are the states to show. A block that has none of them is not even
	// uncompressed.
	States tcp.StateSet
}

// Visit is called for each socket, in the order in which they were written. byPlace
// is the owner found from cgroups only. The socket and what it points to are reused,
// except owners, cgroups and namespaces. Visit returns false to stop.
type Visit func(s *socket.Socket, byPlace *socket.Owner) bool

// Rows reads the sockets of one namespace. The error is a [*problem.InputError] if
// the file contains something impossible.
func (f *File) Rows(ctx context.Context, want Want, visit Visit) error {
	r := &rowReader{File: f, visit: visit, states: want.States}
	first, _ := slices.BinarySearchFunc(f.blocks, want.Namespace, func(b blockAt, namespace int) int { return cmp.Compare(b.namespace, namespace) })
	for i := first; i < len(f.blocks) && f.blocks[i].namespace == want.Namespace; i++ {
		b := f.blocks[i]
		if tcp.StateSet(b.states)&want.States == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := r.block(b)
		if err != nil {
			return f.broken(problem.Errorf("block %d of sockets at byte %d: %w", "第 %d 块套接字（字节 %d）：%w", i+1, b.offset, err))
		}
		if !more {
			return nil
		}
	}
	return nil
}

// A rowReader decodes blocks into rows. It reuses its memory.
type rowReader struct {
	*File

	visit    Visit
	states   tcp.StateSet
	inflater inflater
	stored   []byte
	columns  [3][]staged
	row      row
	socket   socket.Socket
	info     socket.TCPInfo
	mem      socket.MemInfo
}

// staged holds the decoded numbers of one column.
type staged struct {
	values  []uint64
	present bool
}

var errReference = problem.New("a row refers to an entry of a table that is not there", "有一行引用了表中不存在的条目")

// block reads one block and reports whether to continue.
func (r *rowReader) block(b blockAt) (more bool, err error) {
	if uint32(cap(r.stored)) < b.stored {
		r.stored = make([]byte, b.stored)
	}
	r.stored = r.stored[:b.stored]
	if n, err := r.in.ReadAt(r.stored, b.offset); n < len(r.stored) {
		return false, problem.Errorf("it has changed: %w", "它已改变：%w", err)
	}
	if castagnoli(r.stored) != b.sum {
		return false, errSum
	}
	raw, err := r.inflater.payload(b.section, r.stored)
	if err != nil {
		return false, err
	}
	if err := r.stage(raw, int(b.rows)); err != nil {
		return false, err
	}
	return r.show(b)
}

// stage decodes the columns. The column of shapes is decoded first, wherever it
// stands in the file: it tells how many rows have the other columns.
func (r *rowReader) stage(raw []byte, rows int) error {
	for g := range r.columns {
		if r.columns[g] == nil {
			r.columns[g] = make([]staged, len(r.groups[g]))
		}
		for i := range r.columns[g] {
			r.columns[g][i].present = false
		}
	}
	var later []column
	for len(raw) > 0 {
		c, rest, err := nextColumn(raw)
		if err != nil {
			return err
		}
		raw = rest
		if c.id == columnShape {
			if err := r.decode(c, rows); err != nil {
				return err
			}
			continue
		}
		later = append(later, c)
	}
	counts, err := r.counts(rows)
	if err != nil {
		return err
	}
	for _, c := range later {
		if at, ok := r.fields[c.id]; ok { // other columns come from a later version
			if err := r.decode(c, counts[at.group]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rowReader) decode(c column, n int) error {
	at := r.fields[c.id]
	s := &r.columns[at.group][at.index]
	s.values, s.present = slices.Grow(s.values[:0], n)[:n], true // grow as needed: a namespace may have few rows
	return c.decode(s.values)
}

// counts returns how many rows of the block have the columns of each group.
func (r *rowReader) counts(rows int) (counts [3]int, err error) {
	at := r.fields[columnShape]
	shapes := r.columns[at.group][at.index]
	if !shapes.present {
		return counts, problem.New("it has no shapes", "没有行的形状")
	}
	counts[groupRow] = rows
	for _, ref := range shapes.values {
		if ref == 0 || ref > uint64(len(r.tables.shapes)) {
			return counts, errReference
		}
		shape := &r.tables.shapes[ref-1]
		if shape.info >= 0 {
			counts[groupInfo]++
		}
		if shape.mem >= 0 {
			counts[groupMemory]++
		}
	}
	return counts, nil
}

// show assembles the rows and shows those that are wanted.
func (r *rowReader) show(b blockAt) (more bool, err error) {
	at := r.fields[columnShape]
	shapes := r.columns[at.group][at.index].values
	var next [3]int
	for _, ref := range shapes {
		shape := &r.tables.shapes[ref-1]
		row := &r.row // a member: a local variable would be allocated on each call
		*row = r.blank(shape)
		row.Netns = r.netns[b.namespace]
		r.fill(row, groupRow, &next)
		if row.Info != nil {
			r.fill(row, groupInfo, &next)
		}
		if row.Mem != nil {
			r.fill(row, groupMemory, &next)
		}
		byPlace, err := r.resolve(row)
		if err != nil {
			return false, err
		}
		if r.states.Has(row.State) && !r.visit(row.Socket, byPlace) {
			return false, nil
		}
	}
	return true, nil
}

// blank returns an empty row of a shape.
func (r *rowReader) blank(k *shapeKey) row {
	r.socket = socket.Socket{Known: k.known}
	s := &r.socket
	for i, a := range [...]*netip.AddrPort{&s.Local, &s.Remote, &s.Listener} {
		*a = netip.AddrPortFrom(k.form[i].zero(k.zone[i]), 0)
	}
	if k.info >= 0 {
		r.info = socket.TCPInfo{Size: k.info}
		s.Info = &r.info
	}
	if k.mem >= 0 {
		r.mem = socket.MemInfo{Words: k.mem}
		s.Mem = &r.mem
	}
	return row{Socket: s}
}

// fill sets the members of a row from the next number of each column of the group.
func (r *rowReader) fill(to *row, g int, next *[3]int) {
	for i := range r.columns[g] {
		if c := &r.columns[g][i]; c.present {
			r.groups[g][i].set(to, c.values[next[g]])
		}
	}
	next[g]++
}

// resolve replaces references by the entries they refer to, and refuses impossible
// ones.
func (r *rowReader) resolve(row *row) (byPlace *socket.Owner, err error) {
	ok := row.State.Valid() && int(row.Kind) < socket.NumKinds
	row.Congestion = entry(r.tables.strings, row.congestion, &ok)
	row.User = entry(r.tables.strings, row.user, &ok)
	row.Device = entry(r.tables.strings, row.device, &ok)
	row.Cgroup = entry(r.tables.cgroups, row.cgroup, &ok)
	row.Owner = entry(r.tables.owners, row.owner, &ok)
	byPlace = entry(r.tables.owners, row.byPlace, &ok)
	if !ok {
		return nil, errReference
	}
	return byPlace, nil
}
