// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Closer returns who closed first the connection of that cookie; its TIME_WAIT socket
// has the same cookie. ok is false if the connection was closed before the trace
// began, or if newer ones replaced it ([tracer.KeptClosers]).
func (t *Trace) Closer(cookie uint64) (owner.Owner, bool) {
	c, known, err := t.watcher.Closer(cookie)
	if err != nil && t.failed == nil {
		t.failed = err
	}
	if err != nil || !known {
		return owner.Owner{}, false
	}
	o := owner.Owner{PID: int32(t.pid(c.PID)), Start: uint64(c.Start / procfs.ClockTick), Process: c.Process}
	cgroup := c.Actor
	if c.Kernel {
		o, cgroup = owner.Owner{}, c.Cgroup
	}
	place := t.place(cgroup)
	o.Unit, o.Container, o.Pod = place.Service(), place.Container, place.Pod
	return o, !o.Zero()
}

// Coverage returns as gaps which closed connections the trace does not know: those it
// has not seen and those it has lost.
func (t *Trace) Coverage() ([]problem.Gap, error) {
	totals, err := t.watcher.Totals()
	if err != nil {
		return nil, err
	}
	closes := totals.Of(tcp.Established, tcp.FinWait1) + totals.Of(tcp.SynRecv, tcp.FinWait1)
	ago, seen := tenths(t.now().Sub(t.began)), knowledge.Grouped(closes)
	g := problem.Unread(Engine, problem.ClosedBefore, ago, seen)
	k := t.reconciler.close()
	if k != nil {
		g = problem.Unread(Engine, problem.ClosedBeforeSeen, ago, seen, knowledge.Grouped(k.Seen), knowledge.Grouped(k.Born+k.Refused))
	}
	gaps := []problem.Gap{g.NeverShown()}
	if n := totals.Lost.Closers; n > 0 {
		gaps = append(gaps, problem.Unread(Engine, problem.ClosersDropped, knowledge.Grouped(n), knowledge.Grouped(tracer.KeptClosers)).NeverShown())
	}
	if t.failed != nil {
		gaps = append(gaps, problem.Failed(Engine, t.failed))
	}
	lost := totals.Lost
	lost.Records = 0 // the trace keeps closers and shows no records
	return slices.Concat(gaps, t.gaps, t.watcher.Gaps(), lossGaps(lost, k)), nil
}

func tenths(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }

// Told reports whether a trace adds to the socket table for these fields: it knows
// owners of closed sockets.
func Told(fields socket.FieldSet) bool {
	return !fields.Intersect(socket.FieldsOf(
		socket.FieldProcess, socket.FieldPID, socket.FieldCommand, socket.FieldUnit, socket.FieldContainer, socket.FieldPod,
		socket.FieldOwnerOf, socket.FieldOwnerWhy,
	)).Empty()
}
