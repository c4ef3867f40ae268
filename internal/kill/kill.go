// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"errors"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Result tells what became of the sockets that the user confirmed.
type Result struct {
	// Outcomes are those of the victims, in the same order.
	Outcomes []Outcome
	// NotShown are sockets that matched at the second look but had not been shown.
	NotShown []Victim
	// Gaps tell what the looks could not see.
	Gaps []problem.Gap

	barred error // the last answer that means that nothing can be closed
}

// Count returns how many victims had a fate.
func (r *Result) Count(f Fate) int {
	n := 0
	for i := range r.Outcomes {
		if r.Outcomes[i].Fate == f {
			n++
		}
	}
	return n
}

// Refusal returns why nothing could be closed, if the reason was the same for all: a
// [*problem.PermissionError] or a [*problem.UnsupportedError].
func (r *Result) Refusal() error {
	reason := Reason("")
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Fate != Left || reason != "" && o.Reason != reason {
			return nil
		}
		reason = o.Reason
	}
	if reason == NoRight || reason == NoSupport {
		return r.barred
	}
	return nil
}

// pending is the fate of a victim that the second look has not met yet.
const pending Fate = ""

// Kill closes the victims that still match. The result has what was done so far even
// if there is an error: those of [engine.Source.Rows], or ctx's.
func (p *Preview) Kill(ctx context.Context) (*Result, error) {
	k := &killing{Preview: p, ctx: ctx, Result: &Result{Outcomes: make([]Outcome, len(p.Victims))}}
	err := k.all()
	unseen := k.unseen(err)
	if unseen {
		k.unreachable(err)
		err = nil
	}
	// Check the outcome even if the rest was cancelled.
	verified := p.verify(context.WithoutCancel(ctx), k.Result, err != nil)
	switch {
	case err == nil && verified != nil && unseen: // the third look fails for the same reason
	case err == nil:
		err = verified
	}
	k.unreachable(err)
	return k.Result, err
}

// unseen reports whether an error of the second look came from looking: not from
// closing, and not because the command was ended.
func (k *killing) unseen(err error) bool {
	return err != nil && k.ctx.Err() == nil && k.failed == nil
}

// unreachable sets the fate of victims that no look has met.
func (k *killing) unreachable(err error) {
	for i := range k.Outcomes {
		if k.Outcomes[i].Fate == pending {
			k.Outcomes[i] = Outcome{Fate: Left, Reason: Unreachable}
			if err != nil {
				k.Outcomes[i].Detail = knowledge.ErrorText(err)
			}
		}
	}
}

// all repeats the look until one is complete. A socket is closed only once.
func (k *killing) all() error {
	for n := 1; ; n++ {
		k.NotShown = nil
		report, err := k.o.Source.Rows(k.ctx, engine.Scan{Filter: k.o.Filter, Fields: identifying().Union(k.o.Filter.Needs())}, k)
		if err != nil {
			return err
		}
		if report.Exact || n == looks {
			k.gaps(k.Preview, report)
			return k.ctx.Err()
		}
	}
}

// gaps adds the gaps of a look that no earlier look has reported.
func (r *Result) gaps(p *Preview, report *engine.Report) {
	for _, g := range report.Gaps {
		if !g.Structural && !slices.Contains(p.Report.Gaps, g) && !slices.Contains(r.Gaps, g) {
			r.Gaps = append(r.Gaps, g)
		}
	}
}

// killing is the visitor of the second look.
type killing struct {
	*Preview
	*Result

	ctx    context.Context //nolint:containedctx // victims met in this namespace
	batch  []int           // last error of closing
	failed error           // of closing
}

// identifying returns the fields that identify a socket and decide whether it is
// spared.
func identifying() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldKind, socket.FieldCookie, socket.FieldInode, socket.FieldIfindex,
		socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
	)
}

// Enter begins a namespace.
func (k *killing) Enter(*engine.Space) error {
	k.batch = k.batch[:0]
	return nil
}

// Row takes one socket that matches now.
func (k *killing) Row(s *socket.Socket) bool {
	i, shown := k.index[identityOf(s)]
	switch {
	case shown && k.Outcomes[i].Fate == pending && s.Cookie != 0:
		k.batch = append(k.batch, i)
	case !shown && !k.spared(s):
		k.NotShown = append(k.NotShown, victimOf(s))
	}
	return true
}

// spared reports whether a socket would have been spared if it had existed at the
// first look.
func (k *killing) spared(s *socket.Socket) bool {
	reason, _ := k.o.spares(s)
	return reason != "" || k.wasSpared(s)
}

func (p *Preview) wasSpared(s *socket.Socket) bool {
	if p.sparedIndex == nil {
		p.sparedIndex = make(map[identity]bool, len(p.Spared))
		for i := range p.Spared {
			p.sparedIndex[p.Spared[i].identity()] = true
		}
	}
	return p.sparedIndex[identityOf(s)]
}

// Leave ends a namespace: it closes the victims met there, from inside the namespace.
func (k *killing) Leave(*engine.Space) error {
	for _, victim := range k.batch {
		k.Outcomes[victim] = Outcome{Fate: Left, Reason: Interrupted}
	}
	if err := k.ctx.Err(); err != nil {
		return err
	}
	// Among listeners that share a port the kernel finds one; after that is closed it
	// finds another (net/ipv4/inet_hashtables.c inet_lhash2_lookup).
	for closed := -1; len(k.batch) > 0 && closed != 0; {
		var err error
		if closed, err = k.close(); err != nil {
			k.failed = err
			return err
		}
	}
	return nil
}

// close destroys the batch and keeps in it the listeners that were not found.
func (k *killing) close() (closed int, err error) {
	targets := make([]sockdiag.Target, len(k.batch))
	for i, victim := range k.batch {
		targets[i] = k.Victims[victim].target
	}
	batch := k.batch
	k.batch = nil
	err = k.o.Destroyer.Destroy(k.ctx, targets, func(i int, err error) {
		victim := batch[i]
		o := outcomeOf(err)
		k.Outcomes[victim] = o
		switch {
		case o.Fate == Killed:
			closed++
		case o.Fate == Gone && k.Victims[victim].state == tcp.Listen:
			k.batch = append(k.batch, victim)
		}
		if _, no := barred(err); no != nil {
			k.barred = no
		}
	})
	if k.ctx.Err() != nil {
		return closed, k.ctx.Err()
	}
	return closed, err
}

// outcomeOf interprets the kernel's answer. A socket that the kernel did not find may
// still exist: the third look decides.
func outcomeOf(err error) Outcome {
	switch reason, _ := barred(err); {
	case err == nil:
		return Outcome{Fate: Killed}
	case errors.Is(err, sockdiag.ErrNoSuchSocket):
		return Outcome{Fate: Gone}
	case reason != "":
		return Outcome{Fate: Left, Reason: reason, Detail: knowledge.ErrorText(err)}
	default:
		return Outcome{Fate: Left, Reason: Refused, Detail: knowledge.ErrorText(err)}
	}
}

// looks is how often the second and the third look are repeated if they are
// incomplete.
const looks = 3

// verify looks for the victims a third time, without the filter. called says that the
// second look was cancelled, so a socket that it did not meet may still exist.
func (p *Preview) verify(ctx context.Context, r *Result, called bool) error {
	for n := 1; ; n++ {
		v := &verifying{Preview: p, there: map[int]tcp.State{}, spaces: map[uint64]bool{}}
		fields := socket.FieldsOf(socket.FieldState, socket.FieldCookie)
		report, err := p.o.Source.Rows(ctx, engine.Scan{Fields: fields}, v)
		if err != nil {
			return err
		}
		if !report.Exact && n < looks {
			continue
		}
		r.gaps(p, report)
		v.judge(r, report, called)
		return nil
	}
}

// verifying is the visitor of the third look.
type verifying struct {
	*Preview

	there  map[int]tcp.State // victims that still exist
	spaces map[uint64]bool   // namespaces that were read
}

// Enter does nothing.
func (v *verifying) Enter(*engine.Space) error { return nil }

// Row takes one socket, whatever it is.
func (v *verifying) Row(s *socket.Socket) bool {
	if i, ok := v.index[identityOf(s)]; ok {
		v.there[i] = s.State
	}
	return true
}

// Leave ends a namespace.
func (v *verifying) Leave(s *engine.Space) error {
	if s.Netns != nil {
		v.spaces[s.Netns.Inode] = true
	}
	return nil
}

// judge corrects the outcomes by what still exists. A killed socket that its process
// had bound remains bound and idle (net/ipv4/tcp.c tcp_set_state,
// SOCK_BINDPORT_LOCK); its connection is gone.
func (v *verifying) judge(r *Result, report *engine.Report, called bool) {
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		state, there := v.there[i]
		there = there && state != tcp.Bound
		switch {
		case o.Fate == Killed && there:
			*o = Outcome{Fate: Left, Reason: Stayed}
		case o.Fate == Gone && there:
			*o = Outcome{Fate: Left, Reason: Hidden}
		case o.Fate != pending:
		case called && there:
			*o = Outcome{Fate: Left, Reason: Interrupted}
		case there:
			*o = Outcome{Fate: Left, Reason: Changed, Detail: knowledge.Text{En: state.String(), Zh: state.String()}}
		case v.unread(&v.Victims[i], report):
			*o = Outcome{Fate: Left, Reason: Unreachable}
		default:
			*o = Outcome{Fate: Gone}
		}
	}
}

// unread reports whether the namespace of a victim was not read. If no gap mentions
// the namespace, it has ended, with all its sockets.
func (v *verifying) unread(victim *Victim, report *engine.Report) bool {
	if victim.netns == nil || v.spaces[victim.netns.Inode] {
		return false
	}
	for _, g := range report.Gaps {
		if g.Source == "network namespace "+victim.netns.Name && !g.Structural {
			return true
		}
	}
	return false
}
