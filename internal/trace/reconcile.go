// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The kernel counts some of what a trace sees: each second both are set side by
// side. A program that does not run any more, or is left out, shows so while it
// happens and not only in the sum.

// An Account is something that the kernel counts too.
type Account uint8

// The accounts.
const (
	// TimeWaits are time-wait sockets that were born (TcpExt.TW, TWKilled) or
	// refused (TCPTimeWaitOverflow): connections that ended in FIN_WAIT2 or
	// CLOSING without an error.
	TimeWaits Account = iota
	// Opens are connect() calls that sent a SYN (Tcp.ActiveOpens).
	Opens
	// Accepts are connections that a listener made (Tcp.PassiveOpens).
	Accepts
	accounts
)

// String names the account as JSON does.
func (a Account) String() string {
	switch a {
	case TimeWaits:
		return "time_wait"
	case Opens:
		return "active_opens"
	case Accepts:
		return "passive_opens"
	default:
		return ""
	}
}

// A tally is a number for each account.
type tally [accounts]uint64

func (a *tally) add(b *tally) {
	for i := range a {
		a[i] += b[i]
	}
}

// A Reconciliation sets the kernel's counters beside what was seen: time-wait
// sockets born and refused against connections that came to their end in
// FIN_WAIT2 and CLOSING, and, in Parted, what does not agree.
type Reconciliation struct {
	Seen    uint64 // FIN_WAIT2 and CLOSING to CLOSE, without an error
	Born    uint64
	Refused uint64
	Parted  []Parted `json:",omitempty"`
}

// A Parted is an account of which both sides do not agree.
type Parted struct {
	Account Account
	Seen    uint64
	Counted uint64        // by the kernel
	More    bool          // the kernel counted more: so many were not seen
	Apart   uint64        // by how much, what is explained left out
	Since   time.Duration // of the trace, when that began
}

// Apart is by how much time-wait sockets differ.
func (r *Reconciliation) Apart() uint64 {
	for i := range r.Parted {
		if r.Parted[i].Account == TimeWaits {
			return r.Parted[i].Apart
		}
	}
	return 0
}

// Missed is how many of all that the kernel counted were not seen.
func (r *Reconciliation) Missed() (n uint64) {
	for i := range r.Parted {
		if r.Parted[i].More {
			n += r.Parted[i].Apart
		}
	}
	return n
}

// gaps says what was not seen. What the kernel left the program out of is told
// already: it explains as much.
func (r *Reconciliation) gaps(skipped uint64) (gaps []problem.Gap) {
	if r == nil {
		return nil
	}
	codes := [accounts]problem.Code{TimeWaits: problem.TimeWaitsMissed, Opens: problem.OpensMissed, Accepts: problem.AcceptsMissed}
	for _, p := range r.Parted {
		if !p.More || p.Account >= accounts {
			continue
		}
		g := problem.Unread(Engine, codes[p.Account], knowledge.Grouped(p.Seen), knowledge.Grouped(p.Counted), tenths(p.Since))
		if r.Missed() <= skipped {
			g = g.NeverShown()
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// counted is what the kernel has counted in one namespace, or in all.
type counted struct {
	tally

	refused uint64 // among TimeWaits
	// others are connections that may have ended without a time-wait socket where
	// one is expected: reset by this host, or no memory.
	others uint64
}

// readCounted reads the counters of the namespace of the calling thread.
func readCounted() (c counted, err error) {
	ext, err := procfs.Own().Counters()
	if err != nil {
		return c, err
	}
	mib, err := procfs.Own().SNMP()
	if err != nil {
		return c, err
	}
	c.refused = ext["TcpExt.TCPTimeWaitOverflow"]
	c.tally = tally{
		TimeWaits: ext["TcpExt.TW"] + ext["TcpExt.TWKilled"] + c.refused,
		Opens:     mib["Tcp.ActiveOpens"],
		Accepts:   mib["Tcp.PassiveOpens"],
	}
	c.others = ext["TcpExt.TCPAbortOnData"] + ext["TcpExt.TCPAbortOnLinger"] + ext["TcpExt.TCPAbortOnMemory"] + ext["TcpExt.TCPAbortOnTimeout"]
	return c, nil
}

// less takes off what was counted earlier.
func (c counted) less(before *counted) counted {
	for i := range c.tally {
		c.tally[i] -= min(c.tally[i], before.tally[i])
	}
	c.refused -= min(c.refused, before.refused)
	c.others -= min(c.others, before.others)
	return c
}

// seenOf is what was seen of each account. unsent are connect() calls that may
// have failed before a SYN was sent, for want of a port.
func seenOf(e *tracer.Edges) (seen tally, unsent uint64) {
	seen = tally{
		TimeWaits: e.Of(tcp.FinWait2, tcp.Close) + e.Of(tcp.Closing, tcp.Close) - e.Failed(tcp.FinWait2) - e.Failed(tcp.Closing),
		Opens:     e.Of(tcp.Close, tcp.SynSent),
		Accepts:   e.Of(tcp.Listen, tcp.SynRecv),
	}
	return seen, e.Of(tcp.SynSent, tcp.Close) - e.Failed(tcp.SynSent)
}

// spaceCounts are what one namespace had counted when the trace began and when it
// was last read.
type spaceCounts struct {
	read         func() (counted, error)
	early, begin counted // the same, read before and after what was seen
	last         counted
	gone         bool // it cannot be read any more
}

// A reconciler compares, each second, what was seen and what was counted.
type reconciler struct {
	seen    func() (tracer.Edges, error)
	one     bool // one namespace: nothing else is seen
	now     func() time.Time
	began   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup

	turn   sync.Mutex
	spaces []*spaceCounts
	base   tracer.Edges
	before differences       // a second ago
	parted [accounts]*Parted // the most, as far as several readings agree
	latest *Reconciliation
}

// A difference is how far both sides were apart at a reading, and when.
type difference struct {
	more         bool // the kernel counted more
	apart        uint64
	since        time.Duration
	seen, kernel uint64
}

// differences are those of a reading.
type differences [accounts]difference

func (d *differences) any() bool {
	for i := range d {
		if d[i].apart > 0 {
			return true
		}
	}
	return false
}

// still is what is left of differences at a later reading.
func (d differences) still(later *differences) differences {
	for i := range d {
		one := later[i]
		one.since = d[i].since
		one.apart = min(one.apart, d[i].apart)
		if one.more != d[i].more {
			one.apart = 0
		}
		d[i] = one
	}
	return d
}

const (
	// balanceEvery is how often both sides are compared.
	balanceEvery = time.Second
	// balanceShare bounds what comparing takes: of many namespaces the counters are
	// read less often, so that it is no more than 1/400 of a processor.
	balanceShare = 400
	// settleTime is how long it takes until both sides have counted the same, at
	// first: a processor that has done the one may be taken away before the other.
	// It is doubled each time that they are still apart, settleTimes times.
	settleTime  = 10 * time.Millisecond
	settleTimes = 5
)

// startReconciler begins to compare; nil where no counter can be read. others says
// that more namespaces are seen.
func startReconciler(now func() time.Time, spaces []*netns.Namespace, others bool, seen func() (tracer.Edges, error)) *reconciler {
	b := newReconciler(now, seen)
	b.one = len(spaces) == 1 && !others
	for _, ns := range spaces {
		b.spaces = append(b.spaces, &spaceCounts{read: func() (c counted, err error) {
			err = ns.Do(func() (err error) { c, err = readCounted(); return err })
			return c, err
		}})
	}
	if !b.open() {
		return nil
	}
	b.stopped.Add(1)
	go b.run()
	return b
}

func newReconciler(now func() time.Time, seen func() (tracer.Edges, error)) *reconciler {
	return &reconciler{seen: seen, now: now, began: now(), stop: make(chan struct{})}
}

// open reads what both sides have counted by now.
func (b *reconciler) open() bool {
	kept := b.spaces[:0]
	for _, l := range b.spaces {
		var err error
		if l.early, err = l.read(); err == nil {
			kept = append(kept, l)
		}
	}
	b.spaces = kept
	edges, err := b.seen()
	for _, l := range b.spaces {
		var again error
		l.begin, again = l.read()
		l.last = l.begin
		err = errors.Join(err, again)
	}
	b.base = edges
	return err == nil && len(b.spaces) > 0
}

// run compares until end.
func (b *reconciler) run() {
	defer b.stopped.Done()
	every := balanceEvery
	for {
		select {
		case <-b.stop:
			return
		case <-time.After(every):
		}
		start := b.now()
		b.turn.Lock()
		now := b.balance()
		b.note(b.before.still(&now))
		b.before = now
		b.turn.Unlock()
		every = max(balanceEvery, b.now().Sub(start)*balanceShare)
	}
}

// end stops comparing.
func (b *reconciler) end() {
	close(b.stop)
	b.stopped.Wait()
}

// close returns how both sides stand now; nil where that cannot be told. What is
// apart for a moment, since one side had counted and the other not yet, is
// looked at again.
func (b *reconciler) close() *Reconciliation {
	if b == nil {
		return nil
	}
	b.turn.Lock()
	defer b.turn.Unlock()
	left := b.balance()
	for wait := settleTime; left.any() && wait < settleTime<<settleTimes; wait *= 2 {
		time.Sleep(wait)
		now := b.balance()
		left = left.still(&now)
	}
	b.note(left)
	return b.latest
}

// read reads the counters of all namespaces. Of one that is gone what it had
// counted last is left.
func (b *reconciler) read() (early, late counted) {
	for _, l := range b.spaces {
		if !l.gone {
			now, err := l.read()
			if l.gone = err != nil; !l.gone {
				l.last = now
			}
		}
		for sum, since := range map[*counted]*counted{&early: &l.begin, &late: &l.early} {
			now := l.last.less(since)
			sum.add(&now.tally)
			sum.refused += now.refused
			sum.others += now.others
		}
	}
	return early, late
}

// balance compares once.
func (b *reconciler) balance() (found differences) {
	since := b.now().Sub(b.began)
	least, _ := b.read()
	edges, err := b.seen()
	if err != nil {
		return found
	}
	_, most := b.read()
	edges.Subtract(&b.base)
	seen, unsent := seenOf(&edges)
	explained := tally{TimeWaits: most.others, Opens: unsent}
	for a := range accounts {
		found[a] = b.compare(seen[a], least.tally[a], most.tally[a], explained[a])
		found[a].since, found[a].seen, found[a].kernel = since, seen[a], nearest(seen[a], least.tally[a], most.tally[a])
	}
	r := &Reconciliation{Seen: seen[TimeWaits], Born: found[TimeWaits].kernel}
	r.Refused = min(most.refused, r.Born)
	r.Born -= r.Refused
	b.latest = r
	return found
}

// tell says in the latest reconciliation what does not agree.
func (b *reconciler) tell() {
	b.latest.Parted = nil
	for _, p := range b.parted {
		if p != nil {
			b.latest.Parted = append(b.latest.Parted, *p)
		}
	}
}

// compare says how far what was seen is from what the kernel has counted, which
// is between two numbers: it goes on while both are read. Each processor may
// have done the one and not yet the other. What was seen may be more by what is
// explained; where others than the namespaces that are read are seen, by any
// number.
func (b *reconciler) compare(seen, least, most, explained uint64) difference {
	if moving := most - min(least, most); moving > 0 {
		around := uint64(runtime.NumCPU())
		least -= min(least, around)
		most += around
	}
	switch {
	case seen < least:
		return difference{more: true, apart: least - seen}
	case b.one && seen > most+explained:
		return difference{apart: seen - most - explained}
	default:
		return difference{}
	}
}

// note keeps differences that have lasted, the greatest of each account.
func (b *reconciler) note(lasting differences) {
	for a, d := range lasting {
		p := b.parted[a]
		if d.apart == 0 || p != nil && p.Apart > d.apart {
			continue
		}
		if p != nil && p.More == d.more {
			d.since = p.Since
		}
		b.parted[a] = &Parted{Account: Account(a), Seen: d.seen, Counted: d.kernel, More: d.more, Apart: d.apart, Since: d.since}
	}
	if b.latest != nil {
		b.tell()
	}
}

// nearest is the number between two that is nearest to another.
func nearest(n, least, most uint64) uint64 { return max(least, min(n, most)) }
