// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Reading is what one pass over the socket table of a namespace tells. It
// grows with the number of listeners, destinations and odd sockets, not with
// that of all connections; TIME_WAIT costs it least.
type Reading struct {
	Tally query.Tally
	// Queues and Ports are nil when only counts are known.
	Queues *QueueReading
	Ports  *PortReading
	// Counts says that nothing but the number of sockets in each state is known.
	Counts bool
	// Idle is from when on a silent connection is kept as an idle one, see
	// [IdleOf]; 0 is two hours. It is set before rows are added.
	Idle time.Duration

	timeWaits timeWaits
	watches   [numWatches]Watch
	unseen    [numWatches]bool // a row did not tell what the watch looks at
}

// ReadingFields are what a reading looks at in a row.
func ReadingFields() socket.FieldSet {
	all := QueueFields().Union(PortFields()).Union(socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode, socket.FieldCookie))
	for _, w := range watches {
		if !w.deep() {
			all = all.Union(socket.FieldsOf(w.needs...))
		}
	}
	return all
}

// Add takes a row. Listening and bound sockets come before connections.
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
		return // most of all rows; they wait in no queue, and no watch is about them
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

func knows(s *socket.Socket, fields []socket.FieldID) bool {
	for _, id := range fields {
		f := id.Field()
		if f.Cost == socket.CostFree && s.Known.Has(id) {
			continue // as Value would say; every row comes here
		}
		if _, ok := f.Value(s); !ok {
			return false
		}
	}
	return true
}

// Watch returns what was kept for a watch, nil when the source does not show
// what it looks at.
func (r *Reading) Watch(id WatchID) *Watch {
	if r == nil || r.Counts || r.unseen[id] {
		return nil
	}
	return &r.watches[id]
}

// keptRows is how many sockets a watch keeps one by one; more are only counted.
const keptRows = 20_000

// A Watch is the sockets that a rule wants to see one by one.
type Watch struct {
	Count uint64 // all of them
	SendQ uint64 // bytes, of all
	Rows  []Kept // the first keptRows
}

// Kept is what is kept of a row.
type Kept struct {
	State         tcp.State
	Local, Remote netip.AddrPort
	Cookie        uint64 // 0 when it is not known
	Inode         uint32
	RecvQ, SendQ  uint32
	Retrans       uint8
	Timer         socket.Timer
	Owner         *socket.Owner // nil until somebody looked it up
}

func (w *Watch) add(s *socket.Socket) {
	w.Count++
	w.SendQ += uint64(s.SendQ)
	if len(w.Rows) >= keptRows {
		return
	}
	k := Kept{
		State: s.State, Local: s.Local, Remote: s.Remote, Inode: s.Inode, RecvQ: s.RecvQ, SendQ: s.SendQ, Retrans: s.Retrans, Timer: s.Timer,
	}
	if s.Known.Has(socket.FieldCookie) {
		k.Cookie = s.Cookie
	}
	if s.Owner != nil {
		k.Owner = s.Clone().Owner
	}
	w.Rows = append(w.Rows, k)
}

// Persisted returns the rows of now that were there at the earlier reading too:
// those of the same cookie, which the kernel never gives twice
// (net/core/sock_diag.c sock_gen_cookie).
func Persisted(now, before *Watch) (rows []Kept) {
	if now == nil || before == nil {
		return nil
	}
	seen := make(map[uint64]bool, len(before.Rows))
	for i := range before.Rows {
		seen[before.Rows[i].Cookie] = true
	}
	for i := range now.Rows {
		if k := now.Rows[i]; k.Cookie != 0 && seen[k.Cookie] {
			rows = append(rows, k)
		}
	}
	return rows
}

// Inodes lists the sockets among those kept that somebody has open and whose
// owner is not known yet.
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

// Own tells the reading whose sockets these are.
func (r *Reading) Own(owner func(inode uint32) *socket.Owner) {
	for i := range r.watches {
		rows := r.watches[i].Rows
		for j := range rows {
			if rows[j].Inode != 0 && rows[j].Owner == nil {
				rows[j].Owner = owner(rows[j].Inode)
			}
		}
	}
	r.Ports.own(owner)
}
