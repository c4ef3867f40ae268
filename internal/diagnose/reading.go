// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Reading is the result of one pass over the socket table of a namespace. Its memory
// grows with the number of listeners, destinations and odd sockets, not with that of
// all connections; a TIME_WAIT row costs least.
type Reading struct {
	Tally query.Tally
	// Queues and Ports are nil when only counts are known.
	Queues *QueueReading
	Ports  *PortReading
	// Counts says that only the number of sockets in each state is known.
	Counts bool
	// Idle is the silence from which on a connection is kept as idle, see [IdleOf]; 0
	// means two hours. It must be set before rows are added.
	Idle time.Duration
	// NATTimeout is the silence after which a NAT or firewall on the path is known to
	// forget a connection, 0 if that is not known. It then replaces Idle.
	NATTimeout time.Duration

	timeWaits timeWaits
	watches   [numWatches]Watch
	unseen    [numWatches]bool // some row did not show the fields that the watch needs
	multipath bool             // MPTCP connections were requested from the kernel
}

// ReadingFields are the fields that a reading needs of every row.
func ReadingFields() socket.FieldSet {
	all := QueueFields().Union(PortFields()).Union(socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode, socket.FieldCookie))
	for _, w := range watches {
		if !w.deep() {
			all = all.Union(socket.FieldsOf(w.needs...))
		}
	}
	return all
}

// Add takes a row. Listening and bound sockets must come before connections.
func (r *Reading) Add(s *socket.Socket) {
	r.Tally.Add(s.State, s.Kind, 1)
	if s.Kind == socket.Full && s.Known.Has(socket.FieldInode) && s.Inode == 0 {
		r.Tally.AddUnowned(s.State)
	}
	if r.Ports != nil {
		r.timeWaits.add(s, r.Ports.Rules[netnsOf(s)])
		r.Ports.Add(s)
	}
	if s.State == tcp.TimeWait {
		return // most rows end here: they wait in no queue, and no watch is about them
	}
	if r.Queues != nil && QueueStates().Has(s.State) {
		r.Queues.Add(s, true)
	}
	r.watch(s)
}

func (r *Reading) watch(s *socket.Socket) {
	for i := range watches {
		if r.unseen[i] || !watches[i].states.Has(s.State) {
			continue
		}
		w := watches[i]
		if !knows(s, w.needs) {
			r.unseen[i] = true
			continue
		}
		if w.wants(s) && (WatchID(i) != EstablishedIdle || r.silent(s)) {
			r.watches[i].add(s)
		}
	}
}

// HasMultipath reports whether the kernel must be asked for connections for
// [Reading.AddMultipath]. established is how many MPTCP connections the kernel counts.
func (r *Reading) HasMultipath(established uint64) bool {
	return established > 0 || r.watches[Subflows].Count > 0
}

// AskedMultipath says that all MPTCP connections in CLOSE_WAIT were added.
func (r *Reading) AskedMultipath() { r.multipath = true }

// AddMultipath takes an MPTCP connection in CLOSE_WAIT; its subflows do not show that
// its peer has closed. It is not a TCP row and is not counted as one.
func (r *Reading) AddMultipath(s *socket.Socket) {
	if s.State == tcp.CloseWait && s.Inode != 0 { // the others wait for accept()
		r.watches[MultipathHeld].add(s)
	}
}

func knows(s *socket.Socket, fields []socket.FieldID) bool {
	for _, id := range fields {
		f := id.Field()
		if f.Cost == socket.CostFree && s.Known.Has(id) {
			continue // Value would say the same, but this check is cheap, and every row comes here
		}
		if _, ok := f.Value(s); !ok {
			return false
		}
	}
	return true
}

// Watch returns what a watch kept, nil if the source does not show the fields that it
// needs.
func (r *Reading) Watch(id WatchID) *Watch {
	if r == nil || r.Counts || r.unseen[id] || id == MultipathHeld && !r.multipath {
		return nil
	}
	return &r.watches[id]
}

// Inodes lists those kept sockets that a process has open and whose owner is not known
// yet.
func (r *Reading) Inodes() (inodes []uint32) {
	for i := range r.watches {
		for _, k := range r.watches[i].Rows {
			if k.Inode != 0 && k.Owner == nil {
				inodes = append(inodes, k.Inode)
			}
		}
	}
	return append(inodes, r.Ports.inodes()...)
}

// AskReaders finds out, for connections with unread data, whether their processes are
// waiting for more data at the moment, or are stopped.
func (r *Reading) AskReaders(ask func(pid, inode uint32) (reads, stopped bool)) {
	rows := r.watches[EstablishedUnread].Rows
	for i := range rows {
		if o := rows[i].Owner; o != nil && o.Process != nil {
			rows[i].reads, rows[i].stopped = ask(o.Process.PID, rows[i].Inode)
		}
	}
}

// OwnClosed tells the reading who closed the sockets that no process has open any
// more. closer returns nil if that is not known.
func (r *Reading) OwnClosed(closer func(s tcp.State, cookie uint64) *socket.Owner) {
	for i := range r.watches {
		rows := r.watches[i].Rows
		for j := range rows {
			if k := &rows[j]; k.Inode == 0 && k.Owner == nil {
				k.Owner = closer(k.State, k.Cookie)
			}
		}
	}
}

// An OwnerOf looks up the owner of a socket by its inode and the id of its cgroup,
// which is 0 if the kernel did not show it.
type OwnerOf func(inode uint32, cgroup uint64) *socket.Owner

// Own tells the reading who owns the kept sockets.
func (r *Reading) Own(owner OwnerOf) {
	for i := range r.watches {
		rows := r.watches[i].Rows
		for j := range rows {
			if rows[j].Inode != 0 && rows[j].Owner == nil {
				rows[j].Owner = owner(rows[j].Inode, rows[j].Cgroup)
			}
		}
	}
	r.Ports.own(owner)
}
