// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/bench"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/lab/mixture"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// runMixture holds a few sockets of one state, or of each.
func runMixture(ctx context.Context, o Options, ready func(Held) error) error {
	want := mixture.Counts{o.State: o.N}
	if o.State == 0 {
		want = mixture.Counts{}
		for _, s := range States() {
			want[s] = o.N
		}
	}
	return bench.Here(socket.IPv4, o.Wire, func(b *bench.Bench) error {
		started := time.Now()
		made, err := mixture.MakeLasting(b, want)
		if err != nil {
			return err
		}
		held := Held{Netns: isolate.Path(), Wire: b.WireKind(), Took: time.Since(started)}
		if held.Counts, err = count(ctx); err != nil {
			return err
		}
		if err := ready(held); err != nil {
			return err
		}
		return keepMixture(ctx, o.For, b, made)
	})
}

// keepMixture refreshes the TIME_WAIT sockets until ctx ends or time is over.
func keepMixture(ctx context.Context, limit time.Duration, b *bench.Bench, made *mixture.Lasting) error {
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
