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
func tableQuery() hashwalk.Query {
	return hashwalk.Query{By: []hashwalk.Key{{Field: socket.FieldNetnsInode}, {Field: socket.FieldState}, {Field: socket.FieldKind}}}
}

// filledTables walks the kernel's tables once. It returns nil if a walk is not
// allowed or was disturbed.
func (h *Host) filledTables(ctx context.Context) map[uint64]*filled {
	if h.mayWalk() != nil {
		return nil
	}
	walker, err := h.walk()
	if err != nil {
		return nil
	}
	result, err := walker.Walk(ctx, tableQuery())
	if err != nil || !result.Exact() {
		return nil
	}
	all := map[uint64]*filled{}
	for i := range result.Rows {
		row := &result.Rows[i]
		if row.Socket.Netns == nil {
			return nil
		}
		f := all[row.Socket.Netns.Inode]
		if f == nil {
			f = &filled{}
			all[row.Socket.Netns.Inode] = f
		}
		f.add(row.Socket.State, row.Socket.Kind, row.Sockets)
	}
	return all
}

// tables returns the states that sockets of a namespace can be in, judged by the
// walk. It is called inside the namespace. If the kernel's own numbers have changed
// since the walk, it returns all states.
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
	return f.states
}

// sockstat returns the kernel's numbers of the namespace. They are read once.
func (d *diagRows) sockstat() map[string]uint64 {
	if d.numbers == nil {
		d.numbers = numbersIn(ownNet + "/sockstat")
	}
	return d.numbers
}
