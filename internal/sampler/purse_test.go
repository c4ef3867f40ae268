// SPDX-License-Identifier: Apache-2.0

package sampler_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// A process is one whose processor time is what its parts say they spend.
type process struct{ spent atomic.Int64 }

func (p *process) spend(d time.Duration) { p.spent.Add(int64(d)) }

func (p *process) used() time.Duration { return time.Duration(p.spent.Load()) }

// TestPurse: two samplers and what is done beside them take together what one may.
// Wholes are stretched and parts made thinner for it; what is beside the passes is
// left alone.
func TestPurse(t *testing.T) {
	for name, beside := range map[string]time.Duration{"nothing else": 0, "drawing": 8 * ms, "much drawing": 14 * ms} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p process
				purse := sampler.NewPurse(p.used, nil)
				o := sampler.Options{Every: time.Second, For: 20 * time.Minute, Share: 2 * sampler.Share, Purse: purse}
				slow := o
				slow.Every, slow.FirstCounts = 10*time.Second, true
				pass := func(cost time.Duration) sampler.Pass[int] {
					return func(ctx context.Context, _ *sampler.Sample[int], _ time.Time) (int, error) {
						p.spend(cost / 2)
						err := sampler.Wait(ctx, cost)
						p.spend(cost / 2)
						return 0, err
					}
				}
				looks := sampler.New(o, pass(100*ms))
				looks.Between(func(ctx context.Context, _ *sampler.Sample[int], _ time.Time, oneIn uint32) (int, error) {
					return pass(ms+100*ms/time.Duration(oneIn))(ctx, nil, time.Time{})
				})
				judging := sampler.New(slow, pass(1200*ms))
				ends := make(chan error, 3)
				go func() { ends <- looks.Run(t.Context()) }()
				go func() { ends <- judging.Run(t.Context()) }()
				go func() {
					time.Sleep(500 * ms) // not during a part
					for range 20 * 60 {
						p.spend(beside)
						time.Sleep(time.Second)
					}
					ends <- nil
				}()
				for range 3 {
					if err := <-ends; err != nil {
						t.Error(err)
					}
				}
				share := 100 * p.used().Seconds() / (20 * 60)
				t.Logf("%.2f %% of a processor, %d looks, %d judgements", share, looks.Newest().Seq, judging.Newest().Seq)
				if share > 2.4 || share < 1.4 {
					t.Errorf("%.2f %% of a processor", share)
				}
				if n := looks.Newest().Seq; n < 600 {
					t.Errorf("%d looks in 1,200 s", n)
				}
				if n := judging.Newest().Seq; n < 3 || n > 14 {
					t.Errorf("%d judgements of 1.2 s in 1,200 s", n)
				}
			})
		})
	}
}

// TestFirstPassPaused: an expensive first pass is followed by the pause that it needs.
// What programs cost that it loaded is not held against it.
func TestFirstPassPaused(t *testing.T) {
	for _, tt := range []struct {
		first, want time.Duration
		counts      bool
	}{
		{200 * ms, 10 * time.Second, true}, {1300 * ms, 50 * time.Second, true}, {1300 * ms, 10 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var p process
			o := sampler.Options{Every: 10 * time.Second, Count: 1, Purse: sampler.NewPurse(p.used, nil), FirstCounts: tt.counts}
			looks := taken(t, o, func(context.Context, *sampler.Sample[int], time.Time) (int, error) {
				p.spend(tt.first)
				return 0, nil
			})
			if looks[0].Interval != tt.want {
				t.Errorf("%+v: the next is %v later", tt, looks[0].Interval)
			}
		})
	}
}

// TestPartsRarer: where even the smallest part is too expensive for each tick, there
// are fewer, and the sample says how many.
func TestPartsRarer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p process
		o := sampler.Options{Every: time.Second, For: 10 * time.Minute, Purse: sampler.NewPurse(p.used, nil)}
		s := sampler.New(o, func(context.Context, *sampler.Sample[int], time.Time) (int, error) {
			p.spend(time.Second)
			return 0, nil
		})
		s.Between(func(context.Context, *sampler.Sample[int], time.Time, uint32) (int, error) {
			p.spend(35 * ms)
			return 0, nil
		})
		parts := 0
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
			if s.OneIn > 0 {
				parts++
			}
			if s.Seq > 20 && s.OneIn > 0 && s.Between != 4*time.Second {
				return errors.New("the next part is " + s.Between.String() + " later")
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if share := 100 * p.used().Seconds() / 600; share > 2.2 || parts < 100 {
			t.Errorf("%.2f %% of a processor, %d parts", share, parts)
		}
	})
}

// TestThinnest: a part is not so small that it tells nothing: rather there are fewer.
func TestThinnest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p process
		o := sampler.Options{Every: time.Second, Count: 200, Purse: sampler.NewPurse(p.used, nil), Thinnest: func() uint32 { return 128 }}
		s := sampler.New(o, func(context.Context, *sampler.Sample[int], time.Time) (int, error) {
			p.spend(4 * time.Second)
			return 0, nil
		})
		s.Between(func(_ context.Context, _ *sampler.Sample[int], _ time.Time, oneIn uint32) (int, error) {
			p.spend(4 * time.Second / time.Duration(oneIn))
			return 0, nil
		})
		var last sampler.Look
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
			if s.OneIn > 128 {
				return errors.New("too thin")
			}
			if s.OneIn > 0 {
				last = s.Look
			}
			return nil
		}))
		if err != nil || last.OneIn != 128 || last.Between != 4*time.Second {
			t.Errorf("%v, one in %d each %v", err, last.OneIn, last.Between)
		}
	})
}

// TestGuessedCosts: a short pass that ran beside a long one is not made rarer for it.
func TestGuessedCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p process
		purse := sampler.NewPurse(p.used, nil)
		long := sampler.New(sampler.Options{Every: time.Second, Count: 3, Purse: purse, FirstCounts: true}, func(ctx context.Context, _ *sampler.Sample[int], _ time.Time) (int, error) {
			for range 100 {
				p.spend(10 * ms)
				if err := sampler.Wait(ctx, 100*ms); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		done := make(chan error)
		go func() { done <- long.Run(t.Context()) }()
		for _, l := range taken(t, sampler.Options{Every: time.Second, Count: 8, Purse: purse}, costing(300*ms)) {
			if l.Stretched() {
				t.Errorf("look %d: %v", l.Seq, l.Interval)
			}
		}
		if err := <-done; err != nil || !long.Newest().Stretched() {
			t.Errorf("%v, the long one comes each %v", err, long.Newest().Interval)
		}
	})
}
