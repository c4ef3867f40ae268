// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"context"
	"errors"
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
	// Since is the time from At of the whole sample before; 0 for the first.
	Since time.Duration
	// Took is how long the pass took.
	Took time.Duration
	// Every is the interval that was asked for, Interval the one that is kept
	// until the next sample. It is longer when passes are too expensive.
	Every, Interval time.Duration
	// Skipped is how many ticks went by unused since the sample before: its pass
	// took too long, or who keeps it did.
	Skipped uint64
	// OneIn, when not 0, says that only one in so many was looked at, in between
	// whole passes: what the sample tells is estimated.
	OneIn uint32
}

// Stretched reports whether passes cost too much for the interval asked for.
func (l *Look) Stretched() bool { return l.Interval > l.Every }

// A Sample is what one pass saw. Nothing in it changes after it was published.
type Sample[T any] struct {
	Look

	Value T
}

// A Pass looks once. before is the whole sample before, nil for the first; at is
// the time that counts as now.
type Pass[T any] func(ctx context.Context, before *Sample[T], at time.Time) (T, error)

// A Part looks at one in so many, where whole passes are too expensive to be made
// at each tick. before is the last whole sample.
type Part[T any] func(ctx context.Context, before *Sample[T], at time.Time, oneIn uint32) (T, error)

// ErrWhole is what a [Part] returns that cannot be: there are whole passes only.
var ErrWhole = errors.New("sampler: whole")

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
	// Spent is how much processor time was taken so far; with it passes cost what
	// they take of that, and not the time by the clock, which on a machine where
	// others want the processors is many times as long. nil is by the clock.
	Spent func() time.Duration
	// Now and Wait are the clock; nil for the system's.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// A Sampler looks again and again.
type Sampler[T any] struct {
	options Options
	pass    Pass[T]
	part    Part[T] // nil for none
	costs   costs
	thin    thinness
	whole   *Sample[T] // the newest
	dueAt   time.Time  // of the next whole pass

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

// Between has a part looked at when a tick is not worth a whole pass. Parts and
// whole passes then share what passes may take.
func (s *Sampler[T]) Between(part Part[T]) { s.part = part }

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
		sample, err := s.look(ctx, tick, skipped)
		if err != nil {
			return err
		}
		if sample != nil {
			if err := s.give(ctx, sample, sinks); err != nil {
				return err
			}
			if s.options.Count > 0 && sample.Seq >= s.options.Count {
				return nil
			}
		}
		now := s.options.Now()
		tick, skipped = next(tick, now, s.step())
		if s.options.For > 0 && tick.After(until) {
			return nil
		}
		if err := s.options.Wait(ctx, tick.Sub(now)); err != nil {
			return err
		}
	}
}

// give publishes a sample, and has it kept.
func (s *Sampler[T]) give(ctx context.Context, sample *Sample[T], sinks []Sink[T]) error {
	s.publish(sample)
	for _, sink := range sinks {
		if err := sink.Take(ctx, sample); err != nil {
			return err
		}
	}
	return nil
}

// step is the time from tick to tick.
func (s *Sampler[T]) step() time.Duration {
	if s.part != nil {
		return s.options.Every
	}
	return s.whole.Interval
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

// look makes one pass, a whole one when that is due; nil where there can be no
// other.
func (s *Sampler[T]) look(ctx context.Context, tick time.Time, skipped uint64) (*Sample[T], error) {
	sample := &Sample[T]{Look: Look{Seq: 1, At: s.options.Now(), Every: s.options.Every, Skipped: skipped}}
	if before := s.Newest(); before != nil {
		sample.Seq, sample.Since = before.Seq+1, sample.At.Sub(s.whole.At)
	}
	if s.part != nil && s.whole != nil && tick.Before(s.dueAt) {
		return s.lookAtPart(ctx, sample)
	}
	cost := s.options.cost()
	value, err := s.pass(ctx, s.whole, sample.At)
	if err != nil {
		return nil, err
	}
	sample.Value, sample.Took = value, s.options.Now().Sub(sample.At)
	sample.Interval = s.costs.interval(cost(), s.options, s.part != nil)
	s.whole, s.dueAt = sample, tick.Add(sample.Interval)
	return sample, nil
}

// lookAtPart makes a pass over a part.
func (s *Sampler[T]) lookAtPart(ctx context.Context, sample *Sample[T]) (_ *Sample[T], err error) {
	s.thin.begin(&s.costs, s.options)
	sample.OneIn, sample.Interval = s.thin.one, s.whole.Interval
	cost := s.options.cost()
	sample.Value, err = s.part(ctx, s.whole, sample.At, sample.OneIn)
	if errors.Is(err, ErrWhole) {
		s.part = nil
		return nil, nil //nolint:nilnil // there is no sample, and that is no error
	}
	if err != nil {
		return nil, err
	}
	sample.Took = s.options.Now().Sub(sample.At)
	s.thin.look(cost(), s.options)
	return sample, nil
}

// cost returns what tells what was spent since.
func (o *Options) cost() func() time.Duration {
	spent := o.Spent
	if spent == nil {
		began := o.Now()
		return func() time.Duration { return o.Now().Sub(began) }
	}
	before := spent()
	return func() time.Duration { return spent() - before }
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
