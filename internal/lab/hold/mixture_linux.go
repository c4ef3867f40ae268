// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/lab/mixture"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// runMixture holds a few sockets of one state, or of every state.
func runMixture(ctx context.Context, o Options, ready func(Held) error) error {
	want := mixture.Counts{o.State: o.N}
	if o.State == 0 {
		want = mixture.Counts{}
		for _, s := range States() {
			want[s] = o.N
		}
	}
	return testbed.Here(socket.IPv4, o.Wire, func(b *testbed.Testbed) error {
		started := time.Now()
		made, err := mixture.MakeLasting(b, want)
		if err != nil {
			return err
		}
		held := Held{Netns: isolate.Path(), Wire: b.WireKind(), Took: time.Since(started)}
		if held.Counts, err = count(ctx); err != nil {
			return err
		}
		if held.Gaps, err = unseen(want); err != nil {
			return err
		}
		if err := ready(held); err != nil {
			return err
		}
		return keepMixture(ctx, o.For, b, made)
	})
}

// unseen returns a gap for the sockets that this kernel does not show: those that are
// only bound, which kernels before Linux 6.8 do not show.
func unseen(want mixture.Counts) ([]problem.Gap, error) {
	if want[tcp.Bound] == 0 {
		return nil, nil
	}
	shown, err := sockdiag.ShowsBound()
	if err != nil || shown {
		return nil, err
	}
	return []problem.Gap{problem.Unread(tcp.Bound.String(), problem.BoundHeld, want[tcp.Bound]).NeverShown()}, nil
}

// keepMixture refreshes the TIME_WAIT sockets until ctx ends or the limit is over.
func keepMixture(ctx context.Context, limit time.Duration, b *testbed.Testbed, made *mixture.Lasting) error {
	const tick = 20 * time.Millisecond
	started := time.Now()
	refreshed := started
	for ctx.Err() == nil && (limit == 0 || time.Since(started) < limit) {
		if err := b.Wait(tick); err != nil {
			return err
		}
		if time.Since(refreshed) < refreshEvery {
			continue
		}
		refreshed = time.Now()
		if err := made.Refresh(); err != nil {
			return err
		}
	}
	return nil
}
