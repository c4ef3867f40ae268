// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// A Host is a live host that is asked again and again. It keeps what is expensive
// to get: programs in the kernel, what the kernel allows, what cgroups mean, users.
//
// Questions are answered one after the other: two walks at once would only fight
// for the same processors. It answers for the network namespace of the calling
// thread where its scope is "self".
type Host struct {
	options Options
	proc    procfs.FS
	scope   netns.Scope
	engines []engine

	turn   chan struct{} // holds one token, which who asks has
	walker *hashwalk.Walker
	allows probe
	kept   kept
	lister lister

	held     []*netns.Namespace // by [Space.Hold]
	found    *discovery         // of the question that is being answered
	met      *procfs.Processes  // by a pass for it; nil without one
	sockstat map[string]uint64  // of the calling thread's namespace, before it
}

// Open opens the live host. Nothing is read yet. The error is a
// [*problem.UsageError] for an unknown engine or scope.
func Open(o Options) (*Host, error) {
	scope, err := netns.ParseScope(o.Netns)
	if err != nil {
		return nil, err
	}
	if o.ProcRoot != "" && (o.Engine == "" || o.named(Auto)) {
		o.Engine = "procfs" // the only one that reads files
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

// take waits until nobody else asks; give lets the next one.
func (h *Host) take(ctx context.Context) error {
	select {
	case <-h.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Host) give() { h.turn <- struct{}{} }

// Close gives back all that the host holds. It waits for the question that is
// being answered.
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
		if err == nil && p.Size.Namespaces == 0 { // it did not matter, but somebody looks at it
			if spaces, _, err := h.spaces(ctx); err == nil {
				p.Size.Namespaces = len(spaces)
			}
		}
		return p, err
	})
}

// answer lets one question be answered at a time.
func answer[T any](ctx context.Context, h *Host, do func() (T, error)) (T, error) {
	if err := h.take(ctx); err != nil {
		var none T
		return none, err
	}
	defer h.give()
	defer h.forget()
	return do()
}

// About is [Source.About].
func (h *Host) About() About {
	name := h.options.Name
	if h.proc.Elsewhere() { // its own name, if it tells one: ours is another machine's
		name = h.parameter("kernel.hostname")
	}
	return About{Host: name, Live: true, Boot: h.boot, Scope: h.scope.String(), Facts: !h.proc.Elsewhere()}
}

// Proc is the proc tree in which the host is read.
func (h *Host) Proc() procfs.FS { return h.proc }

// walk returns the walker, opened when it is first needed.
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

// mayWalk says why the kernel would not let itself be walked.
func (h *Host) mayWalk() error { return h.allows.ask(hashwalk.Probe) }
