// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// A Host is a live host that is asked again and again. It keeps what is expensive to
// get: loaded programs, what the kernel allows, what cgroups mean, user names.
//
// Questions are answered one after the other: two walks at once would compete for the
// same processors. A host with scope "self" answers for the network namespace of the
// calling thread.
type Host struct {
	options Options
	proc    procfs.FS
	scope   netns.Scope
	engines []engine

	turn   chan struct{} // holds one token; the question that has it may run
	walker *hashwalk.Walker
	allows probe
	kept   kept
	lister lister

	held     []*netns.Namespace // namespaces held by [Space.Hold]
	found    *discovery         // namespaces found for the question that is being answered
	met      *procfs.Processes  // processes that a pass for this question found; nil without a pass
	together bool               // the next question takes the namespaces found for this one
	sockstat map[string]uint64  // the kernel's numbers of the calling thread's namespace, read before the question
}

// Open opens the live host. Nothing is read yet. The error is a
// [*problem.UsageError] for an unknown engine or scope.
func Open(o Options) (*Host, error) {
	scope, err := netns.ParseScope(o.Netns)
	if err != nil {
		return nil, err
	}
	if o.ProcRoot != "" && (o.Engine == "" || o.named(Auto)) {
		o.Engine = "procfs" // the only engine that reads files
	}
	chosen, err := choose(o.Engine)
	if err != nil {
		return nil, err
	}
	proc := procfs.At(o.ProcRoot)
	h := &Host{options: o, proc: proc, scope: scope, engines: chosen, turn: make(chan struct{}, 1), kept: kept{proc: proc}, lister: lister{proc: proc}}
	h.turn <- struct{}{}
	return h, nil
}

// take waits for the host's turn; give passes the turn on.
func (h *Host) take(ctx context.Context) error {
	select {
	case <-h.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Host) give() { h.turn <- struct{}{} }

// Close releases all that the host holds. It waits for the question that is being
// answered.
func (h *Host) Close() error {
	<-h.turn
	defer h.give()
	if h.walker != nil {
		_ = h.walker.Close() // never fails
		h.walker = nil
	}
	for _, ns := range h.held {
		ns.Release()
	}
	h.held = nil
	h.kept.close()
	h.lister.close()
	return nil
}

// Rows is [Source.Rows].
func (h *Host) Rows(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	return answer(ctx, h, func() (*Report, error) { return h.rows(ctx, q, v) })
}

// Count is [Source.Count].
func (h *Host) Count(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	return answer(ctx, h, func() (*Report, error) { return timed(func() (*Report, error) { return h.count(ctx, q, visit) }) })
}

// Explain is [Source.Explain].
func (h *Host) Explain(ctx context.Context, q Counting) (*Plan, error) {
	return answer(ctx, h, func() (*Plan, error) {
		p, err := h.explain(ctx, q)
		if err == nil && p.Size.Namespaces == 0 { // the plan did not need the number, but the user sees it
			if spaces, _, err := h.spaces(ctx); err == nil {
				p.Size.Namespaces = len(spaces)
			}
		}
		return p, err
	})
}

// answer runs do while it has the host's turn.
func answer[T any](ctx context.Context, h *Host, do func() (T, error)) (T, error) {
	if err := h.take(ctx); err != nil {
		var none T
		return none, err
	}
	defer h.give()
	defer h.answered()
	return do()
}

// About is [Source.About].
func (h *Host) About() About {
	name := h.options.Name
	if h.proc.Elsewhere() { // the name that the other tree tells, if any: ours belongs to another machine
		name = h.parameter("kernel.hostname")
	}
	return About{Host: name, Live: true, Boot: h.boot, Scope: h.scope.String(), Facts: !h.proc.Elsewhere()}
}

// Proc returns the proc tree in which the host is read.
func (h *Host) Proc() procfs.FS { return h.proc }

// walk returns the walker, and opens it on first use.
func (h *Host) walk() (*hashwalk.Walker, error) {
	if h.walker == nil {
		w, err := hashwalk.Open()
		if err != nil {
			return nil, err
		}
		h.walker = w
	}
	return h.walker, nil
}

// mayWalk returns why the kernel does not allow a walk; nil if it does.
func (h *Host) mayWalk() error { return h.allows.ask(hashwalk.Probe) }
