// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// keptRows is how many sockets a watch keeps one by one. If there are more it keeps a
// sample, so that memory is bounded.
const keptRows = 10_000

// A Watch is a kind of socket that a rule looks at one by one, with those that were
// found.
type Watch struct {
	Count uint64 // number of all such sockets
	SendQ uint64 // sum of all their send queues, in bytes
	Rows  []Kept // all such sockets, or a sample of at most keptRows

	level uint8 // which sample: see [sampled]; 0 means all
}

// Kept is the kept part of a row.
type Kept struct {
	Local, Remote netip.AddrPort
	Cookie        uint64        // 0 if not known
	Cgroup        uint64        // as [socket.Socket.CgroupID]: the cgroup of the socket, which its process may have left
	Owner         *socket.Owner // nil until it is looked up
	Life          Life

	waited time.Duration // for an unread connection: how long at least its data has waited

	Inode        uint32
	RecvQ, SendQ uint32
	left         int32 // milliseconds until Timer expires; 0 if not known
	State        tcp.State
	Retrans      uint8
	Timer        socket.Timer

	reads   bool  // its process waits for more data of it at the moment
	stopped bool  // its process is stopped
	level   uint8 // level of the sample that contains it
}

func (w *Watch) add(s *socket.Socket) {
	w.Count++
	w.SendQ += uint64(s.SendQ)
	k := Kept{Local: s.Local, Remote: s.Remote}
	if len(w.Rows) == keptRows && sampled(&k, w.level) {
		w.thin()
	}
	if !sampled(&k, w.level) {
		return
	}
	if s.Known.Has(socket.FieldCookie) {
		k.Cookie = s.Cookie
	}
	k.level, k.Life = w.level, lifeOf(s)
	k.State, k.Inode, k.Cgroup, k.RecvQ, k.SendQ, k.Retrans, k.Timer = s.State, s.Inode, s.CgroupID, s.RecvQ, s.SendQ, s.Retrans, s.Timer
	if s.Known.Has(socket.FieldExpires) {
		k.left = int32(min(s.Expires/time.Millisecond, math.MaxInt32))
	}
	if s.Owner != nil {
		k.Owner = s.Clone().Owner
	}
	if len(w.Rows) == cap(w.Rows) { // append would copy more often and leave more garbage
		w.Rows = append(make([]Kept, 0, min(keptRows, max(16, 2*len(w.Rows)))), w.Rows...)
	}
	w.Rows = append(w.Rows, k)
}

// thin removes about half of the sample.
func (w *Watch) thin() {
	for len(w.Rows) == keptRows {
		rest := 0
		for i := range w.Rows {
			if sampled(&w.Rows[i], w.level+1) {
				rest++
			}
		}
		if rest == 0 { // all have the same key
			w.Rows = w.Rows[:keptRows/2]
			return
		}
		w.level++
		w.Rows = thinned(w.Rows[:0], w.Rows, w.level)
	}
	for i := range w.Rows {
		w.Rows[i].level = w.level
	}
}

func thinned(to, rows []Kept, level uint8) []Kept {
	for i := range rows {
		if sampled(&rows[i], level) {
			to = append(to, rows[i])
		}
	}
	return to
}

// sampled reports whether a socket is in the sample of a level. Each level has half of
// the sockets of the one before. Only the addresses decide, so that a connection is in
// the samples of both readings or of neither, and so are both its ends.
func sampled(k *Kept, level uint8) bool {
	return level == 0 || bits.TrailingZeros64(k.key()) >= int(level)
}

// key is a hash of a connection's addresses. It is the same for both of its ends.
func (k *Kept) key() uint64 { return end(k.Local) + end(k.Remote) }

func end(a netip.AddrPort) uint64 {
	b := a.Addr().As16()
	high, low := binary.NativeEndian.Uint64(b[:8]), binary.NativeEndian.Uint64(b[8:])
	return scatter(scatter(scatter(high)^low) ^ uint64(a.Port()))
}

// scatter is the mixing function of SplitMix64 (Steele, Lea and Flood 2014): each bit
// of the input changes half of the bits of the output on average.
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// common returns those rows of two readings that both would contain if the sockets
// existed then: if one is a sample, those of the smaller sample.
func common(now, before *Watch) (a, b []Kept) {
	if now == nil || before == nil {
		return nil, nil
	}
	level := max(now.level, before.level)
	return now.sample(level), before.sample(level)
}

func (w *Watch) sample(level uint8) []Kept {
	if w.level == level {
		return w.Rows
	}
	return thinned(nil, w.Rows, level)
}

// byCookie indexes rows by the cookie, which the kernel never gives twice
// (net/core/sock_diag.c sock_gen_cookie).
func byCookie(rows []Kept) map[uint64]*Kept {
	all := make(map[uint64]*Kept, len(rows))
	for i := range rows {
		if c := rows[i].Cookie; c != 0 {
			all[c] = &rows[i]
		}
	}
	return all
}

// Persisted returns the rows of now that existed at the earlier reading too.
func Persisted(now, before *Watch) (rows []Kept) {
	there, past := common(now, before)
	seen := byCookie(past)
	rows = make([]Kept, 0, len(there))
	for i := range there {
		if seen[there[i].Cookie] != nil {
			rows = append(rows, there[i])
		}
	}
	return rows
}

// vanished returns the rows of before that no longer exist.
func vanished(before, now *Watch) (rows []Kept) {
	there, past := common(now, before)
	left := byCookie(there)
	for i := range past {
		if left[past[i].Cookie] == nil {
			rows = append(rows, past[i])
		}
	}
	return rows
}

// rowsOf returns the rows that a watch kept; nil for a nil watch.
func (w *Watch) rowsOf() []Kept {
	if w == nil {
		return nil
	}
	return w.Rows
}

// sampleText says that a watch has kept only a sample of its sockets; ok is false if
// it has all.
func (w *Watch) sampleText() (t knowledge.Text, ok bool) {
	if w.level == 0 {
		return t, false
	}
	return say("a sample: of %s such socket[s] %s [was|were] looked at one by one, and numbers of single ones are of these",
		"抽样：共 %s 个这样的套接字，逐个查看了其中 %s 个，逐个得出的数量只针对这些。", w.Count, len(w.Rows)), true
}
