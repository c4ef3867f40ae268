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

// The kernel counts some of what a trace sees. Each second the two counts are
// compared. So it is noticed at once, and not only in the total, if a program no
// longer runs or is skipped.

// An Account is something that both the trace and the kernel count.
type Account uint8

// The accounts.
const (
	// TimeWaits are TIME_WAIT sockets that were created (TcpExt.TW, TWKilled) or
	// refused (TCPTimeWaitOverflow): connections that ended in FIN_WAIT2 or CLOSING
	// without an error.
	TimeWaits Account = iota
	// Opens are connect() calls that sent a SYN (Tcp.ActiveOpens).
	Opens
	// Accepts are connections made through a listener (Tcp.PassiveOpens).
	Accepts
	accounts
)

// String returns the name of the account in JSON.
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

// A tally has a number for each account.
type tally [accounts]uint64

func (a *tally) add(b *tally) {
	for i := range a {
		a[i] += b[i]
	}
}

// A Reconciliation compares the kernel's counters with what the trace saw. TIME_WAIT
// sockets, created and refused, are compared with connections that ended in FIN_WAIT2
// and CLOSING. Parted has the accounts that disagree.
type Reconciliation struct {
	Seen    uint64 // FIN_WAIT2 and CLOSING to CLOSE, without an error
	Born    uint64
	Refused uint64
	Parted  []Parted `json:",omitempty"`
}

// A Parted is an account in which the two counts differ.
type Parted struct {
	Account Account
	Seen    uint64
	Counted uint64        // by the kernel
	More    bool          // the kernel counted more: the trace missed the difference
	Apart   uint64        // the difference, without what is explained
	Since   time.Duration // time since the trace began at which the difference appeared
}

// Apart returns the difference in TIME_WAIT sockets.
func (r *Reconciliation) Apart() uint64 {
	for i := range r.Parted {
		if r.Parted[i].Account == TimeWaits {
			return r.Parted[i].Apart
		}
	}
	return 0
}

// Missed returns how many events, counted by the kernel, the trace missed.
func (r *Reconciliation) Missed() (n uint64) {
	for i := range r.Parted {
		if r.Parted[i].More {
			n += r.Parted[i].Apart
		}
	}
	return n
}

// gaps returns what the trace missed. Skipped runs of the program are reported
// already and explain as many.
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

// counted is what the kernel has counted, in one namespace or in all.
type counted struct {
	tally

	refused uint64 // part of TimeWaits
	// others are connections that may have ended without the expected TIME_WAIT
	// socket: reset by this host, or for lack of memory.
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

// less subtracts earlier counts.
func (c counted) less(before *counted) counted {
	for i := range c.tally {
		c.tally[i] -= min(c.tally[i], before.tally[i])
	}
	c.refused -= min(c.refused, before.refused)
	c.others -= min(c.others, before.others)
	return c
}

// seenOf returns what the trace saw for each account. unsent are connect() calls that
// may have failed before a SYN was sent, because there was no free port.
func seenOf(e *tracer.Edges) (seen tally, unsent uint64) {
	seen = tally{
		TimeWaits: e.Of(tcp.FinWait2, tcp.Close) + e.Of(tcp.Closing, tcp.Close) - e.Failed(tcp.FinWait2) - e.Failed(tcp.Closing),
		Opens:     e.Of(tcp.Close, tcp.SynSent),
		Accepts:   e.Of(tcp.Listen, tcp.SynRecv),
	}
	return seen, e.Of(tcp.SynSent, tcp.Close) - e.Failed(tcp.SynSent)
}

// spaceCounts are the counts of one namespace: when the trace began, and when they
// were last read.
type spaceCounts struct {
	read         func() (counted, error)
	early, begin counted // the counts at the beginning, read before and after the trace's own counts
	last         counted
	gone         bool // the counters can no longer be read
}

// A reconciler compares the two counts each second.
type reconciler struct {
	seen    func() (tracer.Edges, error)
	one     bool // one namespace only: the trace sees nothing of others
	now     func() time.Time
	began   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup

	turn   sync.Mutex
	spaces []*spaceCounts
	base   tracer.Edges
	before differences       // the differences of one second ago
	parted [accounts]*Parted // the largest lasting difference of each account
	latest *Reconciliation
}

// A difference is by how much, and when, the two counts differed at a reading.
type difference struct {
	more         bool // the kernel counted more
	apart        uint64
	since        time.Duration
	seen, kernel uint64
}

// differences are the differences of one reading, by account.
type differences [accounts]difference

func (d *differences) any() bool {
	for i := range d {
		if d[i].apart > 0 {
			return true
		}
	}
	return false
}

// still returns the part of the differences that a later reading still has.
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
	// balanceEvery is how often the counts are compared.
	balanceEvery = time.Second
	// balanceShare bounds the cost: with many namespaces the counters are read less
	// often, so that reading takes at most 1/400 of a processor.
	balanceShare = 400
	// settleTime is how long to wait before a repeated reading: a processor may have
	// made one count and be interrupted before the other. It is doubled each time
	// that the counts still differ, settleTimes times.
	settleTime  = 10 * time.Millisecond
	settleTimes = 5
)

// startReconciler begins to compare; nil if no counter can be read. others says that
// the trace sees further namespaces.
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

// open reads from where to compare: the kernel's counters, and the transitions seen so
// far. It reports whether there is anything to compare.
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

// run compares until end is called.
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

// end stops the comparison.
func (b *reconciler) end() {
	close(b.stop)
	b.stopped.Wait()
}

// close returns the final comparison; nil if there is none. A difference that may be
// momentary, because one side has counted and the other not yet, is read again.
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

// read reads the counters of all namespaces. For a namespace that has ended, the last
// reading counts.
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

// balance makes one comparison.
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

// tell puts the differences into the latest reconciliation.
func (b *reconciler) tell() {
	b.latest.Parted = nil
	for _, p := range b.parted {
		if p != nil {
			b.latest.Parted = append(b.latest.Parted, *p)
		}
	}
}

// compare returns by how much the trace's count differs from the kernel's. The
// kernel's count lies between least and most, because it grows while both are read.
// The trace may have counted more by explained; if it sees namespaces whose counters
// are not read, by any number.
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

// note keeps the largest lasting difference of each account.
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

// nearest returns the number between least and most that is nearest to n.
func nearest(n, least, most uint64) uint64 { return max(least, min(n, most)) }
