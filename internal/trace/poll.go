// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A poller looks at the socket table again and again, where no program may be
// loaded. It sees what lasts from one look to the next: connections that are open
// then, and all that are closed by this host in order, whose TIME_WAIT stay. It
// does not see who closes.
type poller struct {
	options Options
	boot    time.Time
	spaces  []*pollSpace
	stop    context.CancelFunc
	stopped sync.WaitGroup

	turn    sync.Mutex // of all below
	looks   uint64
	edges   tracer.Edges
	seen    tracer.Edges // of the kernel's accounts
	owners  map[tracer.Owner]uint64
	records []tracer.Record
	lost    tracer.Losses
	failed  error
}

// A pollSpace is a network namespace with a way to ask its table.
type pollSpace struct {
	conn  *sockdiag.Conn
	table *pollTable
}

const (
	// pollEvery is how often it looks at the least distance, pollShare what part of
	// a processor it takes at most: looks at many sockets are farther apart.
	pollEvery = 100 * time.Millisecond
	pollShare = 20
	// keptRecords bounds how many wait to be read.
	keptRecords = 1 << 16
	// keptOwners bounds the table of owners, as a program's.
	keptOwners = 4096
)

// startPoller begins to look. What was there at the first look is known when it
// returns.
func startPoller(ctx context.Context, o Options, spaces []*netns.Namespace) (*poller, error) {
	p := &poller{options: o, boot: tracer.Epoch(), owners: map[tracer.Owner]uint64{}}
	for _, ns := range spaces {
		err := ns.Do(func() error {
			conn, err := sockdiag.Open()
			if err == nil {
				p.spaces = append(p.spaces, &pollSpace{conn, newPollTable(uint32(ns.Inode))})
			}
			return err
		})
		if err != nil && !errors.Is(err, netns.ErrVanished) {
			return nil, errors.Join(err, p.Close())
		}
	}
	if err := p.lookAtAll(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	during, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.stopped.Add(1)
	go p.run(during)
	return p, nil
}

// run looks until the poller is closed.
func (p *poller) run(ctx context.Context) {
	defer p.stopped.Done()
	wait := pollEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		start := p.options.Now()
		if err := p.lookAtAll(ctx); err != nil && ctx.Err() == nil {
			p.turn.Lock()
			p.failed = err
			p.turn.Unlock()
		}
		wait = max(pollEvery, p.options.Now().Sub(start)*pollShare)
	}
}

// since is when it is, as records have it: since boot.
func (p *poller) since() time.Duration { return p.options.Now().Sub(p.boot) }

// lookAtAll looks once at every namespace.
func (p *poller) lookAtAll(ctx context.Context) error {
	var errs []error
	for _, s := range p.spaces {
		errs = append(errs, s.look(ctx, p.since, p.tell))
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	p.looks++
	return errors.Join(errs...)
}

// look looks at one namespace. A look that failed says nothing of what is gone.
func (s *pollSpace) look(ctx context.Context, since func() time.Duration, tell func(*tracer.Record)) error {
	s.table.begin()
	var row socket.Socket
	var d sockdiag.Decoder
	err := s.conn.Dump(ctx, sockdiag.Request{States: tcp.AllStates}, func(m sockdiag.Message) bool {
		d.Decode(m, &row)
		s.table.see(&row, since(), tell)
		return true
	})
	if errors.Is(err, sockdiag.ErrIncomplete) {
		return nil // the next one may be whole
	}
	if err == nil {
		s.table.end(since(), tell)
	}
	return err
}

// tell counts a change, and keeps its record where one is wanted.
func (p *poller) tell(r *tracer.Record) {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.edges[r.From&15][r.To&15]++
	p.account(r)
	if p.options.Owners && r.What != tracer.Changed {
		p.count(r)
	}
	if !p.wants(r) {
		return
	}
	if len(p.records) >= keptRecords {
		p.lost.Records++
		return
	}
	p.records = append(p.records, *r)
}

// wants reports whether a record is asked for.
func (p *poller) wants(r *tracer.Record) bool {
	switch r.What {
	case tracer.Changed:
		return p.options.Events
	case tracer.Connects:
		return p.options.Events || p.options.Opens
	default:
		return p.options.Events || p.options.Rows
	}
}

// account notes what the kernel counts too, as the transitions that a program
// would have seen.
func (p *poller) account(r *tracer.Record) {
	switch {
	case r.To == tcp.TimeWait:
		p.seen[tcp.FinWait2][tcp.Close]++
	case r.What == tracer.Connects:
		p.seen[tcp.Close][tcp.SynSent]++
	}
	if r.From == 0 && r.Accepted {
		p.seen[tcp.Listen][tcp.SynRecv]++
	}
}

// count adds one to whose socket it was.
func (p *poller) count(r *tracer.Record) {
	o := tracer.Owner{What: r.What, From: r.From, Netns: r.Netns, Port: r.Remote.Port(), Accepted: r.Accepted, V6: r.Local.Addr().Is6(), Cgroup: r.Cgroup}
	if r.Accepted {
		o.Port = r.Local.Port()
	}
	if _, there := p.owners[o]; !there && len(p.owners) >= keptOwners {
		p.lost.Owners++
		return
	}
	p.owners[o]++
}

// Records gives what has come since the last call.
func (p *poller) Records(visit func(*tracer.Record) bool) error {
	p.turn.Lock()
	records, failed := p.records, p.failed
	p.records = nil
	p.turn.Unlock()
	for i := range records {
		if !visit(&records[i]) {
			break
		}
	}
	return failed
}

// Totals is what was seen so far.
func (p *poller) Totals() (*tracer.Totals, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	t := &tracer.Totals{Edges: p.edges, Lost: p.lost}
	for o, n := range p.owners {
		t.Owners = append(t.Owners, tracer.OwnerCount{Owner: o, Count: n})
	}
	return t, p.failed
}

// Balance is what was seen of the kernel's accounts.
func (p *poller) Balance() (tracer.Edges, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.seen, p.failed
}

// Closer knows nobody.
func (*poller) Closer(uint64) (c tracer.Closer, known bool, err error) { return c, false, nil }

// Cost is not the kernel's to tell.
func (*poller) Cost() (tracer.Cost, error) {
	return tracer.Cost{}, &problem.UnsupportedError{Feature: "--cost", Reason: "no program runs in the kernel", Zh: "这里不支持 --cost：内核中没有运行程序"}
}

// Stays is not seen.
func (*poller) Stays() (*tracer.Stays, error) { return &tracer.Stays{}, nil }

// Listening is seen at each look.
func (*poller) Listening(uint32, uint16) error { return nil }

// ResetReason is not seen.
func (*poller) ResetReason(uint16) string { return "" }

// TellsResets is false.
func (*poller) TellsResets() bool { return false }

// Cookies is true: the socket table has them.
func (*poller) Cookies() bool { return true }

// Gaps says how far apart its looks were, and what is between them.
func (p *poller) Gaps() []problem.Gap {
	p.turn.Lock()
	defer p.turn.Unlock()
	full := uint64(0)
	for _, s := range p.spaces {
		full += s.table.full
	}
	gaps := []problem.Gap{problem.Unread(Engine, problem.TracePolled, knowledge.Grouped(p.looks))}
	if full > 0 {
		gaps = append(gaps, problem.Unread(Engine, problem.TracePolledFull, knowledge.Grouped(full), knowledge.Grouped(polledMost)))
	}
	return gaps
}

// Close stops looking.
func (p *poller) Close() error {
	if p.stop != nil {
		p.stop()
		p.stopped.Wait()
	}
	var errs []error
	for _, s := range p.spaces {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(errs...)
}
