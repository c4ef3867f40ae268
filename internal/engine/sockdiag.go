// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// dumpAttempts is how often an incomplete dump is repeated. A busy host can disturb
// several in a row.
const dumpAttempts = 3

// sockdiagCensus counts by sock_diag dumps. If every attempt was disturbed, the last
// one is the answer, marked as not exact.
func sockdiagCensus(ctx context.Context, h *Host) (*query.Census, error) {
	if h.scope.Self() && sumsOf(h.sockstat, ownNet).all() {
		if c, err := lonelyCensus(ctx); c != nil || err != nil {
			return c, err
		}
	}
	for attempt := 1; ; attempt++ {
		var d dump
		err := d.run(ctx)
		switch {
		case err == nil:
			return d.census(), nil
		case !errors.Is(err, sockdiag.ErrIncomplete):
			return nil, err
		case attempt == dumpAttempts:
			c := d.census()
			c.Exact = false
			c.Gaps = append(c.Gaps, problem.Failed("sock_diag", err))
			return c, nil
		}
	}
}

// lonelyCensus counts without a look for bound but idle sockets. It returns nil if
// there may be some. That look takes a fifth of the time of a count on an idle host.
// Without it there is no gap for kernels that cannot show such sockets.
func lonelyCensus(ctx context.Context) (*query.Census, error) {
	before := standBefore()
	if !before.all() {
		return nil, nil
	}
	d := dump{noneBound: true}
	err := d.runConnected(ctx)
	if errors.Is(err, sockdiag.ErrIncomplete) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !noneIdle(before, standAfter(), d.full) {
		return nil, nil
	}
	return d.census(), nil
}

// A dump is one attempt at a count.
type dump struct {
	tally   query.Tally
	unknown uint64 // sockets in a state unknown to this program
	full    uint64 // full sockets
	seen    query.Passing
	routes  routes

	bound     uint64 // bound but idle, counted on a second connection at the same time
	noneBound bool   // the kernel's sums leave no bound but idle socket
}

// run dumps bound but idle sockets and all others at the same time. The kernel finds
// the former by walking its bind table, which holds every socket (net/ipv4/tcp_diag.c
// tcp_diag_dump); that walk takes a sixth of the time of a dump. Both connections are
// opened here, in the namespace of the calling thread.
func (d *dump) run(ctx context.Context) error {
	side, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer side.Close() //nolint:errcheck // the connection is only read
	boundDone := make(chan error, 1)
	go func() {
		boundDone <- side.Dump(ctx, sockdiag.Request{States: tcp.SetOf(tcp.Bound)}, d.visitBound)
	}()
	err = d.runConnected(ctx)
	boundErr := <-boundDone
	if errors.Is(err, problem.ErrNotSupported) {
		return err // both dumps fail for the same reason: report it once
	}
	return errors.Join(err, boundErr)
}

// runConnected dumps all sockets but the bound but idle ones.
func (d *dump) runConnected(ctx context.Context) error {
	conn, err := sockdiag.Open() // an old connection may still hold the rest of a dump
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	return conn.Dump(ctx, sockdiag.Request{States: tcp.AllStates &^ tcp.SetOf(tcp.Bound)}, d.visit)
}

func (d *dump) visitBound(sockdiag.Message) bool {
	d.bound++
	return true
}

func (d *dump) visit(m sockdiag.Message) bool {
	s, kind := m.State(), m.Kind()
	if kind == socket.Full {
		d.full++
	}
	d.routes.add(m, s)
	switch {
	case !d.tally.Add(s, kind, 1):
		d.unknown++
	case s == tcp.Listen && m.Full():
		d.seen.FullQueues++
	case s == tcp.SynSent && m.Retrans() > 0:
		d.seen.Unanswered++
	case kind == socket.Full && m.Inode() == 0:
		d.tally.AddUnowned(s)
	}
	return true
}

func (d *dump) census() *query.Census {
	c := &query.Census{Tally: d.tally, Exact: true, OwnersKnown: true, Passing: d.seen}
	c.Passing.ToOne, c.Passing.Ports = d.routes.fullest(sysctl.Read)
	c.Add(tcp.Bound, socket.Idle, d.bound)
	if !d.noneBound { // boundGap would read the kernel's types for nothing
		if g, missing := boundGap(d.bound); missing {
			c.Gaps = append(c.Gaps, g)
		}
	}
	if d.unknown > 0 {
		c.Exact = false
		c.Gaps = append(c.Gaps, problem.Unread("sock_diag", problem.UnknownState))
	}
	return c
}

// boundSource names bound but idle sockets in the gap of boundGap.
const boundSource = "BOUND"

// boundGap returns why the count of bound but idle sockets cannot be trusted. missing
// is false if it can.
func boundGap(count uint64) (g problem.Gap, missing bool) {
	if count > 0 {
		return problem.Gap{}, false
	}
	switch shows, err := sockdiag.ShowsBound(); {
	case err != nil:
		return problem.Unread(boundSource, problem.BoundUncertain, err).NeverShown(), true
	case shows:
		return problem.Gap{}, false
	default:
		return problem.Unread(boundSource, problem.BoundNotShown).NeverShown(), true
	}
}
