// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A watcher sees what changes: a [tracer.Tracer] by programs in the kernel,
// sampled by a tracepoint without one, or a poller by looking again and again.
type watcher interface {
	// Records, Totals, Closer, Cost, Stays, Listening and Close are those of a
	// tracer.
	Records(visit func(*tracer.Record) bool) error
	Totals() (*tracer.Totals, error)
	Closer(cookie uint64) (tracer.Closer, bool, error)
	Cost() (tracer.Cost, error)
	Stays() (*tracer.Stays, error)
	Listening(netns uint32, port uint16) error
	ResetReason(number uint16) string
	TellsResets() bool
	Close() error
	// Balance is what was seen of the accounts that the kernel keeps too, as
	// transitions. It may be called at the same time as the others.
	Balance() (tracer.Edges, error)
	// Cookies reports whether records have the cookies of sockets.
	Cookies() bool
	// Gaps are the things that this way of watching can never see, up to now.
	Gaps() []problem.Gap
}

// A program is a tracer as a watcher.
type program struct{ *tracer.Tracer }

// Balance is what transitions there were.
func (p program) Balance() (tracer.Edges, error) { return p.Edges() }

// Cookies is false at raw tracepoints.
func (p program) Cookies() bool { return p.Way() == tracer.Typed }

// Gaps says what raw tracepoints do not tell.
func (p program) Gaps() []problem.Gap {
	if p.Way() == tracer.Raw {
		return []problem.Gap{problem.Unread(Engine, problem.TracedRaw).NeverShown()}
	}
	return nil
}
