// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// dumpAttempts is how often a dump that fell short is made again. A busy host
// can disturb several in a row; three in a row that all fail say something.
const dumpAttempts = 3

// sockdiagCensus counts by one sock_diag dump. When every attempt fell short
// the last one is the answer, marked as not exact.
func sockdiagCensus(ctx context.Context, _ Options) (*query.Census, error) {
	probe, probeErr := sockdiag.HoldBound()
	if probeErr == nil {
		defer probe.Close()
	}
	for attempt := 1; ; attempt++ {
		d := dump{probe: probe}
		err := d.run(ctx)
		switch {
		case err == nil:
			return d.census(probeErr), nil
		case !errors.Is(err, sockdiag.ErrIncomplete):
			return nil, err
		case attempt == dumpAttempts:
			c := d.census(probeErr)
			c.Exact = false
			c.Gaps = append(c.Gaps, problem.Gap{Source: "sock_diag", Reason: err.Error()})
			return c, nil
		}
	}
}

// A dump is one attempt.
type dump struct {
	probe   *sockdiag.BoundProbe
	tally   query.Tally
	unknown uint64 // sockets in a state that this program does not know

	bound     uint64 // counted apart, at the same time as the rest
	probeSeen bool
}

// run dumps bound-but-idle sockets and all others at the same time: the kernel
// finds the former by walking its bind table, which has every socket in it
// (net/ipv4/tcp_diag.c tcp_diag_dump), and that walk is a sixth of a dump. Both
// connections are opened here, in the namespace of the calling thread.
func (d *dump) run(ctx context.Context) error {
	conn, err := sockdiag.Open() // new ones each time: old ones may hold the rest of a dump
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	side, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer side.Close() //nolint:errcheck // nothing was written
	boundDone := make(chan error, 1)
	go func() {
		boundDone <- side.Dump(ctx, sockdiag.Request{States: tcp.SetOf(tcp.Bound)}, d.visitBound)
	}()
	err = conn.Dump(ctx, sockdiag.Request{States: tcp.AllStates &^ tcp.SetOf(tcp.Bound)}, d.visit)
	boundErr := <-boundDone
	if errors.Is(err, problem.ErrNotSupported) {
		return err // of both, and said once
	}
	return errors.Join(err, boundErr)
}

func (d *dump) visitBound(m sockdiag.Message) bool {
	if d.probe != nil && d.probe.Owns(m) {
		d.probeSeen = true
	} else {
		d.bound++
	}
	return true
}

func (d *dump) visit(m sockdiag.Message) bool {
	s, kind := m.State(), m.Kind()
	switch {
	case !d.tally.Add(s, kind, 1):
		d.unknown++
	case kind == socket.Full && m.Inode() == 0:
		d.tally.AddUnowned(s)
	}
	return true
}

func (d *dump) census(probeErr error) *query.Census {
	c := &query.Census{Tally: d.tally, Exact: true, OwnersKnown: true}
	c.Add(tcp.Bound, socket.Idle, d.bound)
	if reason := boundGap(d.bound, d.probeSeen, probeErr); reason != "" {
		c.Gaps = append(c.Gaps, problem.Gap{Source: boundSource, Reason: reason, Structural: true})
	}
	if d.unknown > 0 {
		c.Exact = false
		c.Gaps = append(c.Gaps, problem.Gap{Source: "sock_diag", Reason: "the kernel reports sockets in a state that this version does not know"})
	}
	return c
}

// boundSource is the source of the gap that boundGap tells.
const boundSource = "BOUND"

// boundGap says why a count of bound-but-idle sockets is no answer, or "".
func boundGap(count uint64, probeSeen bool, probeErr error) string {
	switch {
	case probeSeen || count > 0:
		return ""
	case probeErr != nil:
		return "cannot tell whether this kernel shows bound-but-idle sockets: " + probeErr.Error()
	default:
		return "this kernel does not show sockets that are bound but idle (Linux 6.8 and later do)"
	}
}
