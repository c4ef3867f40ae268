// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Each dump in a namespace walks a whole table that all namespaces of the host share:
// 262,144 buckets for the few listeners of a container. One walk inside the kernel
// tells in which tables each namespace has sockets.

// filled tells which tables of the kernel hold sockets of a namespace.
type filled struct {
	states         tcp.StateSet // all states of those tables
	full, timeWait uint64       // numbers of sockets in the tables of listeners and connections
}

// connected are the states of sockets in the table of connections.
func connected() tcp.StateSet { return tcp.AllStates &^ tcp.SetOf(tcp.Listen, tcp.Bound) }

// add counts sockets.
func (f *filled) add(s tcp.State, kind socket.Kind, n uint64) {
	switch s {
	case tcp.Listen, tcp.Bound:
		f.states |= tcp.SetOf(s)
	default:
		f.states |= connected()
	}
	switch kind {
	case socket.Full:
		f.full += n
	case socket.Mini:
		f.timeWait += n
	default: // the kernel counts these nowhere else
	}
}

// fewSpaces is up to how many namespaces no walk is made beforehand.
const fewSpaces = 10

// tableQuery asks how many sockets each namespace has in each table. A count by
// namespace asks the same: each question needs a program of its own.
func tableQuery(spaces int) hashwalk.Query {
	return hashwalk.Query{MaxRows: rowsFor(spaces), By: []hashwalk.Key{{Field: socket.FieldNetnsInode}, {Field: socket.FieldState}, {Field: socket.FieldKind}}}
}

// Bounds of the room that a walk by namespace is given, in rows.
const (
	rowsEach = 4 // states in which a namespace has sockets, for each processor that meets one
	mostRows = 1 << 17
)

// rowsFor returns for how many rows a walk by namespace needs room; 0 if the usual room
// is enough. It is a power of two, because each size needs a program of its own.
func rowsFor(spaces int) int {
	const usual = 1 << 10
	rows := usual
	for rows < spaces*rowsEach && rows < mostRows {
		rows *= 2
	}
	if rows == usual {
		return 0
	}
	return rows
}

// filledTables walks the kernel's tables once. It returns nil if a walk is not
// allowed. exact is false if the walk was disturbed, or had too little room.
func (h *Host) filledTables(ctx context.Context, spaces int) (all map[uint64]*filled, exact bool) {
	if h.mayWalk() != nil {
		return nil, false
	}
	walker, err := h.walk()
	if err != nil {
		return nil, false
	}
	result, err := walker.Walk(ctx, tableQuery(spaces))
	if err != nil {
		return nil, false
	}
	all = map[uint64]*filled{}
	for i := range result.Rows {
		row := &result.Rows[i]
		if row.Socket.Netns == nil {
			return nil, false
		}
		f := all[row.Socket.Netns.Inode]
		if f == nil {
			f = &filled{}
			all[row.Socket.Netns.Inode] = f
		}
		f.add(row.Socket.State, row.Socket.Kind, row.Sockets)
	}
	return all, result.Exact()
}

// tables returns the states that sockets of a namespace can be in, judged by the
// walk. It is called inside the namespace. If the kernel's own numbers differ from what
// the walk saw, it returns all states. These numbers do not tell of bound but idle
// sockets: they are looked for if the walk may have missed some.
func (d *diagRows) tables(inode uint64) tcp.StateSet {
	if d.filled == nil || d.own {
		return tcp.AllStates
	}
	f := d.filled[inode]
	if f == nil {
		f = &filled{}
	}
	four, six := d.sockstat(), numbersIn(ownNet+"/sockstat6")
	inuse, known := four["TCP.inuse"]
	timeWait, too := four["TCP.tw"]
	if !known || !too || inuse+six["TCP6.inuse"] != f.full || timeWait != f.timeWait {
		return tcp.AllStates
	}
	if d.inexact {
		return f.states | tcp.SetOf(tcp.Bound)
	}
	return f.states
}

// sockstat returns the kernel's numbers of the namespace. They are read once.
func (d *diagRows) sockstat() map[string]uint64 {
	if d.numbers == nil {
		d.numbers = numbersIn(ownNet + "/sockstat")
	}
	return d.numbers
}
