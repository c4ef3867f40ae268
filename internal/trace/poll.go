// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"errors"
	"slices"
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

// A poller reads the socket table again and again, for hosts on which no program may
// be loaded. It sees connections that are open at a look, and, by their TIME_WAIT
// sockets, those that this host closed in order. It does not see which process
// closes.
type poller struct {
	gathered

	boot    time.Time
	spaces  []*pollSpace
	stop    context.CancelFunc
	stopped sync.WaitGroup
	// The mutex turn of gathered protects these too.
	looks uint64
	full  uint64       // sockets of the last look that found no room
	seen  tracer.Edges // transitions as the kernel's counters would count them
}

// A pollSpace is a network namespace and the way to read its table.
type pollSpace struct {
	conn  *sockdiag.Conn
	table *pollTable
}

const (
	// pollEvery is the shortest time between looks. pollShare is the part of a
	// processor that looks take at most: looks at many sockets are farther apart.
	pollEvery = 100 * time.Millisecond
	pollShare = 20
)

// startPoller begins to look. When it returns, the first look is complete.
func startPoller(ctx context.Context, o Options, spaces []*netns.Namespace) (*poller, error) {
	p := &poller{gathered: newGathered(o), boot: tracer.Epoch()}
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
	var took [8]time.Duration // times of the last looks; the shortest one is the cost of a look
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		start := p.options.Now()
		if err := p.lookAtAll(ctx); err != nil && ctx.Err() == nil {
			p.fail(err)
		}
		took[i%len(took)] = p.options.Now().Sub(start)
		wait = max(pollEvery, slices.Min(took[:min(i+1, len(took))])*pollShare)
	}
}

// since returns the present time as records have it: since boot.
func (p *poller) since() time.Duration { return p.options.Now().Sub(p.boot) }

// lookAtAll looks at every namespace once.
func (p *poller) lookAtAll(ctx context.Context) error {
	var errs []error
	full := uint64(0)
	for _, s := range p.spaces {
		errs = append(errs, s.look(ctx, p.since, p.note))
		full += s.table.full
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	p.looks++
	p.full = full
	return errors.Join(errs...)
}

// look reads one namespace. If that fails, nothing is concluded about sockets that
// are missing.
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
		return nil // the next look may be complete
	}
	if err == nil {
		s.table.end(since(), tell)
	}
	return err
}

// note counts a change, and adds it to what is compared with the kernel's counters.
func (p *poller) note(r *tracer.Record) {
	r.Unseen = true
	p.tell(r)
	p.turn.Lock()
	defer p.turn.Unlock()
	p.account(r)
}

// account counts what the kernel counts too, as the transitions that a program would
// have seen.
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

// Balance returns the transitions to compare with the kernel's counters.
func (p *poller) Balance() (tracer.Edges, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.seen, p.failed
}

// Listening does nothing: each look sees listeners.
func (*poller) Listening(uint32, uint16) error { return nil }

// Cookies returns true: the socket table has cookies.
func (*poller) Cookies() bool { return true }

// Gaps says how far apart the looks were, and that they miss what happens in between.
func (p *poller) Gaps() []problem.Gap {
	p.turn.Lock()
	defer p.turn.Unlock()
	gaps := []problem.Gap{problem.Unread(Engine, problem.TracePolled, knowledge.Grouped(p.looks))}
	if p.full > 0 {
		gaps = append(gaps, problem.Unread(Engine, problem.TracePolledFull, knowledge.Grouped(p.full), knowledge.Grouped(polledMost)))
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
