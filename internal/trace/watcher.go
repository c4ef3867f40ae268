// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A watcher observes transitions: a [tracer.Tracer] with programs in the kernel, a
// sampled without one through a tracepoint, or a poller by reading the table again
// and again.
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
	// Balance returns the transitions that the kernel counts too. It may be called
	// concurrently with the other methods.
	Balance() (tracer.Edges, error)
	// Cookies reports whether records have the cookies of sockets.
	Cookies() bool
	// Gaps returns what this way of watching has not been able to see so far.
	Gaps() []problem.Gap
}

// A program is a tracer as a watcher.
type program struct{ *tracer.Tracer }

// Balance returns the transitions seen so far.
func (p program) Balance() (tracer.Edges, error) { return p.Edges() }

// Cookies returns false for raw tracepoints, which have no cookies.
func (p program) Cookies() bool { return p.Way() == tracer.Typed }

// Gaps says what raw tracepoints do not tell.
func (p program) Gaps() []problem.Gap {
	if p.Way() == tracer.Raw {
		return []problem.Gap{problem.Unread(Engine, problem.TracedRaw).NeverShown()}
	}
	return nil
}
