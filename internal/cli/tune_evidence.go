// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// evidence returns functions that read the sockets only if an answer needs them.
func (o TunePlanOptions) evidence(ctx context.Context, env *Env, seen *collect.Window) plan.Evidence {
	look := sync.OnceValue(func() *query.Tally {
		if seen == nil {
			var err error
			if seen, err = (ExaminationOptions{Netns: o.Netns, windowGiven: func() bool { return false }}).examine(ctx, env, nil); err != nil {
				return nil
			}
		}
		return seen.Now.Tally()
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

// outgoing counts TIME_WAIT of connections that this side has opened, except those to
// loopback, which tcp_tw_reuse reuses by default.
func (o TunePlanOptions) outgoing(ctx context.Context, env *Env) (n uint64, ok bool) {
	src, err := source{Netns: o.Netns}.open(env)
	if err != nil {
		return 0, false
	}
	defer closing(src)
	look, err := collect.LookAtPorts(ctx, src, 0)
	if err != nil || len(look.Gaps) > 0 {
		return 0, false
	}
	for _, use := range look.Judge(nil, 0) {
		if !use.Remote.Addr().IsLoopback() {
			n += uint64(use.TimeWait)
		}
	}
	return n, true
}
