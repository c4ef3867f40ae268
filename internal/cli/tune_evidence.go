// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// evidence looks at the sockets when an answer wants to know, and not before.
func (o TunePlanOptions) evidence(ctx context.Context, env *Env, seen *examined) plan.Evidence {
	look := sync.OnceValue(func() *query.Tally {
		if seen == nil {
			var err error
			if seen, err = (ExaminationOptions{Netns: o.Netns, windowGiven: func() bool { return false }}).examine(ctx, env, nil); err != nil {
				return nil
			}
		}
		return seen.now.Tally()
	})
	return plan.Evidence{
		Host: change.Facts(ctx),
		Count: func(s tcp.State) (uint64, bool) {
			tally := look()
			if tally == nil {
				return 0, false
			}
			return tally.Of(s).Total, true
		},
		OutgoingTimeWait: sync.OnceValues(func() (uint64, bool) { return o.outgoing(ctx, env) }),
	}
}

// outgoing counts TIME_WAIT of connections that this side has opened, but for
// those to loopback, which tcp_tw_reuse reuses by default.
func (o TunePlanOptions) outgoing(ctx context.Context, env *Env) (n uint64, ok bool) {
	in, err := source{Netns: o.Netns}.open(env)
	if err != nil {
		return 0, false
	}
	defer in.close()
	look, err := lookAtPorts(ctx, in, 0)
	if err != nil || len(look.gaps) > 0 {
		return 0, false
	}
	for _, use := range diagnose.JudgePorts(&look.reading, nil, 0) {
		if !use.Remote.Addr().IsLoopback() {
			n += uint64(use.TimeWait)
		}
	}
	return n, true
}

// findingsOf makes the findings of doctor what a plan takes: one for each
// parameter that would help, with the number that the finding rests on.
func findingsOf(seen *examined) (found []plan.Finding) {
	for _, f := range diagnose.Judge(seen.now.Machine, seen.past(), seen.window).Findings {
		for _, c := range f.Changes {
			p := plan.Finding{
				Code: f.Code, Subject: strings.Join(strings.Fields(f.Subject), "_"), Evidence: f.Summary.In(knowledge.English),
				Measure: measureOf(&f), Check: f.Check, Key: c.Key, Value: c.Value,
			}
			if f.Netns != nil {
				p.Netns = f.Netns.Name
			}
			found = append(found, p)
		}
	}
	return found
}

// measureOf takes the evidence that was compared with a threshold, or else the
// first.
func measureOf(f *diagnose.Finding) *plan.Measure {
	for _, compared := range []bool{true, false} {
		for _, e := range f.Evidence {
			if !compared || e.Threshold != nil {
				return &plan.Measure{Name: strings.Join(strings.Fields(e.Name), "_"), Value: e.Value, Unit: e.Unit}
			}
		}
	}
	return nil
}
