// SPDX-License-Identifier: Apache-2.0

package sampler_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// costing is a pass that takes the times given, the last one again and again.
// Its value is the number of the pass.
func costing(costs ...time.Duration) sampler.Pass[int] {
	n := 0
	return func(ctx context.Context, _ *sampler.Sample[int], _ time.Time) (int, error) {
		cost := costs[min(n, len(costs)-1)]
		n++
		return n, sampler.Wait(ctx, cost)
	}
}

// taken runs a sampler and returns what a sink got.
func taken(t *testing.T, o sampler.Options, pass sampler.Pass[int]) (got []sampler.Look) {
	t.Helper()
	s := sampler.New(o, pass)
	err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
		got = append(got, s.Look)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func offsets(looks []sampler.Look) (at []time.Duration) {
	for _, l := range looks {
		at = append(at, l.At.Sub(looks[0].At))
	}
	return at
}

const ms = time.Millisecond

func TestTicks(t *testing.T) {
	tests := []struct {
		name    string
		o       sampler.Options
		costs   []time.Duration
		at      []time.Duration
		skipped []uint64
		longest time.Duration // the last interval
	}{
		{"a count", sampler.Options{Every: time.Second, Count: 3}, []time.Duration{5 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms}, []uint64{0, 0, 0}, time.Second},
		{"a time", sampler.Options{Every: time.Second, For: 2 * time.Second}, []time.Duration{5 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms}, []uint64{0, 0, 0}, time.Second},
		{"just its share", sampler.Options{Every: time.Second, Count: 4}, []time.Duration{20 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 3000 * ms}, []uint64{0, 0, 0, 0}, time.Second},
		{"one slow pass skips ticks", sampler.Options{Every: time.Second, Count: 3}, []time.Duration{2500 * ms, ms}, []time.Duration{0, 3000 * ms, 4000 * ms}, []uint64{0, 2, 0}, time.Second},
		{"the end of a pass is a tick", sampler.Options{Every: time.Second, Count: 2}, []time.Duration{time.Second, ms}, []time.Duration{0, 1000 * ms}, []uint64{0, 0}, time.Second},
		{"too dear", sampler.Options{Every: time.Second, Count: 5}, []time.Duration{50 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 5000 * ms, 8000 * ms}, []uint64{0, 0, 0, 0, 0}, 3 * time.Second},
		{"half of the share", sampler.Options{Every: time.Second, Count: 5, Share: 100}, []time.Duration{50 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 7000 * ms, 12000 * ms}, []uint64{0, 0, 0, 0, 0}, 5 * time.Second},
		{"dear only at first", sampler.Options{Every: time.Second, Count: 4}, []time.Duration{900 * ms, ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 3000 * ms}, []uint64{0, 0, 0, 0}, time.Second},
		{"cheap again", sampler.Options{Every: time.Second, Count: 5}, []time.Duration{50 * ms, 50 * ms, 50 * ms, ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 5000 * ms, 6000 * ms}, []uint64{0, 0, 0, 0, 0}, time.Second},
		{"fixed", sampler.Options{Every: time.Second, Count: 5, Fixed: true}, []time.Duration{500 * ms}, []time.Duration{0, 1000 * ms, 2000 * ms, 3000 * ms, 4000 * ms}, []uint64{0, 0, 0, 0, 0}, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				looks := taken(t, tt.o, costing(tt.costs...))
				if at := offsets(looks); !slices.Equal(at, tt.at) {
					t.Errorf("looked at %v, want %v", at, tt.at)
				}
				for i, l := range looks {
					if l.Seq != uint64(i+1) || i < len(tt.skipped) && l.Skipped != tt.skipped[i] || l.Every != tt.o.Every {
						t.Errorf("sample %d: %+v", i, l)
					}
					if i > 0 && l.Since != l.At.Sub(looks[i-1].At) {
						t.Errorf("sample %d: %v since the one before", i, l.Since)
					}
				}
				if last := looks[len(looks)-1]; last.Interval != tt.longest || last.Stretched() != (tt.longest > tt.o.Every) {
					t.Errorf("the next would be %v later, want %v", last.Interval, tt.longest)
				}
			})
		})
	}
}

// TestSpent: a pass costs what it takes of processors, if that is known: one that
// waits for others is not made less often.
func TestSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for cpu, want := range map[time.Duration]time.Duration{5 * ms: time.Second, 50 * ms: 3 * time.Second} {
			spent := time.Duration(0)
			o := sampler.Options{Every: time.Second, Count: 5, Spent: func() time.Duration { return spent }}
			waits := costing(300 * ms)
			looks := taken(t, o, func(ctx context.Context, before *sampler.Sample[int], at time.Time) (int, error) {
				spent += cpu
				return waits(ctx, before, at)
			})
			if got := looks[len(looks)-1]; got.Interval != want || got.Took != 300*ms {
				t.Errorf("%v of a processor: %+v", cpu, got)
			}
		}
	})
}

// TestNothingQueuesUp: a sink that is slow gets every sample there is, in
// order, and makes none late: ticks that it misses are skipped. Who watches
// finds the newest.
func TestNothingQueuesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sampler.New(sampler.Options{Every: time.Second, For: 10 * time.Second}, costing(ms))
		newest, stop := s.Watch()
		defer stop()
		var kept []int
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(ctx context.Context, sample *sampler.Sample[int]) error {
			kept = append(kept, sample.Value)
			return sampler.Wait(ctx, 2500*ms)
		}))
		if want := []int{1, 2, 3, 4}; err != nil || !slices.Equal(kept, want) {
			t.Errorf("kept %v, %v", kept, err)
		}
		var seen []int
		for sample := range newest {
			seen = append(seen, sample.Value)
		}
		if !slices.Equal(seen, []int{4}) || s.Newest().Value != 4 {
			t.Errorf("who watched late found %v", seen)
		}
	})
}

// TestEnds: by the context, by a pass and by a sink, while it waits and while
// it looks.
func TestEnds(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{500 * ms, 1500 * ms} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			err := sampler.New(sampler.Options{Every: time.Second}, costing(ms, time.Hour)).Run(ctx)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", after, err)
			}
			cancel()
		}
		failing := func(context.Context, *sampler.Sample[int], time.Time) (int, error) { return 0, broken }
		if err := sampler.New(sampler.Options{Every: time.Second}, failing).Run(t.Context()); !errors.Is(err, broken) {
			t.Errorf("a pass: %v", err)
		}
		full := sampler.SinkFunc[int](func(context.Context, *sampler.Sample[int]) error { return broken })
		if err := sampler.New(sampler.Options{Every: time.Second}, costing(ms)).Run(t.Context(), full); !errors.Is(err, broken) {
			t.Errorf("a sink: %v", err)
		}
	})
}

// TestPassKnowsTheOneBefore: a window is two samples of one session.
func TestPassKnowsTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var windows []time.Duration
		pass := func(_ context.Context, before *sampler.Sample[int], at time.Time) (int, error) {
			if before == nil {
				return 1, nil
			}
			windows = append(windows, at.Sub(before.At))
			return before.Value + 1, nil
		}
		s := sampler.New(sampler.Options{Every: 3 * time.Second, Count: 3}, pass)
		if err := s.Run(t.Context()); err != nil || s.Newest().Value != 3 || !slices.Equal(windows, []time.Duration{3 * time.Second, 3 * time.Second}) {
			t.Errorf("%v, %v, %v", s.Newest(), windows, err)
		}
	})
}

// TestParts: where a whole pass is too expensive a part is looked at in each tick
// between, of a size that fits; whole passes are twice as far apart then.
func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const whole = 100 * ms
		s := sampler.New(sampler.Options{Every: time.Second, Count: 40}, costing(whole))
		perPart := map[uint32]int{}
		s.Between(func(ctx context.Context, before *sampler.Sample[int], _ time.Time, oneIn uint32) (int, error) {
			perPart[oneIn]++
			return before.Value, sampler.Wait(ctx, 2*ms+whole/time.Duration(oneIn))
		})
		var looks []sampler.Look
		var took time.Duration
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
			looks = append(looks, s.Look)
			if s.Seq > 3 {
				took += s.Took
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range looks {
			if want := time.Duration(i) * time.Second; l.At.Sub(looks[0].At) != want {
				t.Errorf("look %d after %v", i+1, l.At.Sub(looks[0].At))
			}
			// Three wholes show what they cost; then one in ten.
			if isWhole := i < 3 || (i-2)%10 == 0; isWhole != (l.OneIn == 0) {
				t.Errorf("look %d: one in %d", i+1, l.OneIn)
			}
			if l.OneIn == 0 && i > 3 && l.Since != 10*time.Second {
				t.Errorf("look %d is compared with %v before", i+1, l.Since)
			}
		}
		if share := took.Seconds() / 37; share > 1./sampler.Share {
			t.Errorf("%.4f of the time", share)
		}
		if perPart[16] == 0 || perPart[2] > 0 {
			t.Errorf("parts: %v", perPart)
		}
	})
}

// TestPartsAdapt: parts become smaller when they cost too much, and larger when
// much larger ones would fit. What costs the same whatever the size leaves it.
func TestPartsAdapt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sampler.New(sampler.Options{Every: time.Second, Count: 300}, costing(30*ms))
		whole, fixed := 8*time.Second, time.Duration(0)
		last := uint32(0)
		s.Between(func(ctx context.Context, _ *sampler.Sample[int], _ time.Time, oneIn uint32) (int, error) {
			last = oneIn
			return 0, sampler.Wait(ctx, fixed+whole/time.Duration(oneIn))
		})
		var sizes []uint32
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
			switch s.Seq {
			case 100:
				sizes, whole, fixed = append(sizes, last), ms, 30*ms
			case 200:
				sizes, fixed = append(sizes, last), 100*time.Microsecond
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if sizes = append(sizes, last); sizes[0] < 512 || sizes[1] > 2*sizes[0] || sizes[2] > 4 {
			t.Errorf("one in %d while parts were expensive, %d while something else was, %d when all was cheap", sizes[0], sizes[1], sizes[2])
		}
	})
}

// TestOnlyWhole: what cannot be looked at in part is looked at less often.
func TestOnlyWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sampler.New(sampler.Options{Every: time.Second, Count: 6}, costing(100*ms))
		asked := 0
		s.Between(func(context.Context, *sampler.Sample[int], time.Time, uint32) (int, error) {
			asked++
			return 0, sampler.ErrWhole
		})
		var looks []sampler.Look
		err := s.Run(t.Context(), sampler.SinkFunc[int](func(_ context.Context, s *sampler.Sample[int]) error {
			looks = append(looks, s.Look)
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if asked != 1 || looks[5].OneIn != 0 || looks[5].Seq != 6 || looks[5].Interval != 5*time.Second {
			t.Errorf("a part was asked for %d times; %+v", asked, looks[5])
		}
	})
}

// TestCheapHasNoParts: what fits is looked at as a whole.
func TestCheapHasNoParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sampler.New(sampler.Options{Every: time.Second, Count: 10}, costing(19*ms))
		s.Between(func(context.Context, *sampler.Sample[int], time.Time, uint32) (int, error) {
			t.Error("a part is looked at")
			return 0, sampler.ErrWhole
		})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
