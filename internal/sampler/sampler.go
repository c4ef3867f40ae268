// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"context"
	"sync"
	"time"
)

// Share is what part of the time passes may take together: one in so many, 2 %.
const Share = 50

// A Look says how a sample was taken.
type Look struct {
	// Seq numbers samples from 1.
	Seq uint64
	// At is when the pass began. Below it nobody asks what time it is.
	At time.Time
	// Since is the time from At of the sample before; 0 for the first.
	Since time.Duration
	// Took is how long the pass took.
	Took time.Duration
	// Every is the interval that was asked for, Interval the one that is kept
	// until the next sample. It is longer when passes are too expensive.
	Every, Interval time.Duration
	// Skipped is how many ticks went by unused since the sample before: its pass
	// took too long, or who keeps it did.
	Skipped uint64
}

// Stretched reports whether passes cost too much for the interval asked for.
func (l *Look) Stretched() bool { return l.Interval > l.Every }

// A Sample is what one pass saw. Nothing in it changes after it was published.
type Sample[T any] struct {
	Look

	Value T
}

// A Pass looks once. before is the sample before, nil for the first; at is the
// time that counts as now.
type Pass[T any] func(ctx context.Context, before *Sample[T], at time.Time) (T, error)

// A Sink keeps samples. An error ends the sampling.
type Sink[T any] interface {
	Take(ctx context.Context, s *Sample[T]) error
}

// SinkFunc is a function that is a [Sink].
type SinkFunc[T any] func(ctx context.Context, s *Sample[T]) error

// Take calls the function.
func (f SinkFunc[T]) Take(ctx context.Context, s *Sample[T]) error { return f(ctx, s) }

// Options say when to look.
type Options struct {
	// Every is the time from tick to tick.
	Every time.Duration
	// Count ends the sampling after so many samples, 0 never.
	Count uint64
	// For ends it before the first tick that is later than this, 0 never.
	For time.Duration
	// Fixed keeps the interval whatever a pass costs: for a few samples whose
	// times were asked for.
	Fixed bool
	// Share is what part of the time passes may take, one in so many; 0 is [Share].
	// Who runs two samplers halves it for each.
	Share int
	// Now and Wait are the clock; nil for the system's.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// A Sampler looks again and again.
type Sampler[T any] struct {
	options Options
	pass    Pass[T]
	costs   costs

	mu       sync.Mutex
	newest   *Sample[T]
	watchers map[chan *Sample[T]]struct{}
}

// New returns a sampler that has not begun.
func New[T any](o Options, pass Pass[T]) *Sampler[T] {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = Wait
	}
	return &Sampler[T]{options: o, pass: pass, watchers: map[chan *Sample[T]]struct{}{}}
}

// Wait lets time pass. Its error is the context's.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Run looks until the options say that it is enough, and gives each sample to
// all sinks. The error is the context's, that of a pass or that of a sink.
func (s *Sampler[T]) Run(ctx context.Context, sinks ...Sink[T]) error {
	defer s.end()
	tick := s.options.Now()
	until := tick.Add(s.options.For)
	for skipped := uint64(0); ; {
		sample, err := s.look(ctx, skipped)
		if err != nil {
			return err
		}
		s.publish(sample)
		for _, sink := range sinks {
			if err := sink.Take(ctx, sample); err != nil {
				return err
			}
		}
		if s.options.Count > 0 && sample.Seq >= s.options.Count {
			return nil
		}
		now := s.options.Now()
		tick, skipped = next(tick, now, sample.Interval)
		if s.options.For > 0 && tick.After(until) {
			return nil
		}
		if err := s.options.Wait(ctx, tick.Sub(now)); err != nil {
			return err
		}
	}
}

// next returns the first tick that is not in the past, and how many are. now is
// not before tick.
func next(tick, now time.Time, interval time.Duration) (time.Time, uint64) {
	tick = tick.Add(interval)
	late := now.Sub(tick)
	if late <= 0 || interval <= 0 {
		return tick, 0
	}
	missed := (late + interval - 1) / interval
	return tick.Add(missed * interval), uint64(missed)
}

// look makes one pass.
func (s *Sampler[T]) look(ctx context.Context, skipped uint64) (*Sample[T], error) {
	before := s.Newest()
	sample := &Sample[T]{Look: Look{Seq: 1, At: s.options.Now(), Every: s.options.Every, Skipped: skipped}}
	if before != nil {
		sample.Seq, sample.Since = before.Seq+1, sample.At.Sub(before.At)
	}
	value, err := s.pass(ctx, before, sample.At)
	if err != nil {
		return nil, err
	}
	sample.Value, sample.Took = value, s.options.Now().Sub(sample.At)
	sample.Interval = s.costs.interval(sample.Took, s.options)
	return sample, nil
}

// Newest returns the newest sample, nil before the first.
func (s *Sampler[T]) Newest() *Sample[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// Watch returns a channel that holds the newest sample that was not read yet:
// older ones are dropped. It is closed when the sampling ends. stop ends the
// watching.
func (s *Sampler[T]) Watch() (samples <-chan *Sample[T], stop func()) {
	c := make(chan *Sample[T], 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[c] = struct{}{}
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, c)
	}
}

func (s *Sampler[T]) publish(sample *Sample[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = sample
	for c := range s.watchers {
		select {
		case <-c: // nobody has read the one before
		default:
		}
		c <- sample
	}
}

func (s *Sampler[T]) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.watchers {
		close(c)
	}
	clear(s.watchers)
}
