// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"context"
	"time"
)

// Window looks once, or twice with a window in between. before is nil for a window of
// 0. Only the clock of the options is used.
func Window[T any](ctx context.Context, clock Options, window time.Duration, pass Pass[T]) (before, now *Sample[T], err error) {
	o := Options{Every: window, Count: 1, Fixed: true, Now: clock.Now, Wait: clock.Wait}
	if window > 0 {
		o.Count = 2
	}
	err = New(o, pass).Run(ctx, SinkFunc[T](func(_ context.Context, s *Sample[T]) error {
		before, now = now, s
		return nil
	}))
	if err != nil {
		return nil, nil, err
	}
	return before, now, nil
}
