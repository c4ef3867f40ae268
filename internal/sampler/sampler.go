// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Share is the part of the time that all passes together may take: one in 50, which
// is 2 %.
const Share = 50

// A Look tells how a sample was taken.
type Look struct {
	// Seq numbers samples from 1.
	Seq uint64
	// At is when the pass began. It is the time used for everything in the sample.
	At time.Time
	// Since is the time since At of the previous whole sample; 0 for the first.
	Since time.Duration
	// Took is how long the pass took.
	Took time.Duration
	// Every is the requested interval, Interval the time until the next sample.
	// Interval is longer if passes are too expensive.
	Every, Interval time.Duration
	// Skipped is how many ticks passed unused since the previous sample, because its
	// pass or a sink took too long.
	Skipped uint64
	// OneIn, if not 0, says that only one in OneIn was looked at, between two whole
	// passes: the numbers of the sample are estimates.
	OneIn uint32
	// Between is the time until the next part, if OneIn is not 0. It is longer than
	// Every if even the smallest part is too expensive for each tick.
	Between time.Duration
}

// Stretched reports whether passes cost too much for the requested interval.
func (l *Look) Stretched() bool { return l.Interval > l.Every }

// A Sample is what one pass saw. It does not change after it was published.
type Sample[T any] struct {
	Look

	Value T
}

// A Pass looks once. before is the previous whole sample, nil for the first pass; at
// is the present time.
type Pass[T any] func(ctx context.Context, before *Sample[T], at time.Time) (T, error)

// A Part looks at one in oneIn, because whole passes are too expensive for each tick.
// before is the last whole sample.
type Part[T any] func(ctx context.Context, before *Sample[T], at time.Time, oneIn uint32) (T, error)

// ErrWhole is returned by a [Part] that cannot look at a part: then there are whole
// passes only.
var ErrWhole = errors.New("sampler: whole")

// A Sink receives samples. An error ends the sampling.
type Sink[T any] interface {
	Take(ctx context.Context, s *Sample[T]) error
}

// SinkFunc is a function used as a [Sink].
type SinkFunc[T any] func(ctx context.Context, s *Sample[T]) error

// Take calls the function.
func (f SinkFunc[T]) Take(ctx context.Context, s *Sample[T]) error { return f(ctx, s) }

// Options tell when to look.
type Options struct {
	// Every is the time from tick to tick.
	Every time.Duration
	// Count ends the sampling after this many samples; 0 means never.
	Count uint64
	// For ends the sampling before the first tick that is later than this; 0 means
	// never.
	For time.Duration
	// Fixed keeps the interval whatever a pass costs. It is for a few samples at
	// requested times.
	Fixed bool
	// Share is the part of the time that passes may take, as one in Share; 0 means
	// [Share]. A caller with two samplers doubles the number for each.
	Share int
	// Spent returns the processor time used so far; the cost of a pass is then the
	// processor time that it takes. If nil, the cost is wall time, which is many
	// times longer on a busy machine.
	Spent func() time.Duration
	// Purse, if not nil, measures costs instead of Spent, and leaves less than Share
	// to passes while the process does other work.
	Purse *Purse
	// Thinnest, if not nil, returns the smallest part that is worth a look, as one in so
	// many. Where even that is too expensive there are fewer looks.
	Thinnest func() uint32
	// FirstCounts, with a purse, is for passes that are long, and of which the first
	// costs little more than others: it is followed by the pause that it needs. Costs of other
	// passes that ran beside one of another sampler are not counted: they are a guess.
	FirstCounts bool
	// Now and Wait are the clock; nil means the system's.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// A Sampler looks at regular times.
type Sampler[T any] struct {
	options Options
	pass    Pass[T]
	part    Part[T] // nil if there are whole passes only
	costs   costs
	thin    thinness
	whole   *Sample[T] // the newest whole sample
	dueAt   time.Time  // time of the next whole pass

	mu       sync.Mutex
	newest   *Sample[T]
	watchers map[chan *Sample[T]]struct{}
}

// New returns a sampler that has not started.
func New[T any](o Options, pass Pass[T]) *Sampler[T] {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = Wait
	}
	return &Sampler[T]{options: o, pass: pass, watchers: map[chan *Sample[T]]struct{}{}}
}

// Between sets the part to look at when a tick comes too early for a whole pass.
// Parts and whole passes then divide the share between them.
func (s *Sampler[T]) Between(part Part[T]) { s.part = part }

// Wait waits for d. The error is the context's.
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

// Run looks until the options end it, and gives each sample to all sinks. The error
// is the context's, a pass's or a sink's.
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

// give publishes a sample and passes it to the sinks.
func (s *Sampler[T]) give(ctx context.Context, sample *Sample[T], sinks []Sink[T]) error {
	s.publish(sample)
	for _, sink := range sinks {
		if err := sink.Take(ctx, sample); err != nil {
			return err
		}
	}
	return nil
}

// step returns the time from tick to tick.
func (s *Sampler[T]) step() time.Duration {
	if s.part == nil {
		return s.whole.Interval
	}
	return s.options.Every * max(1, s.thin.ticks)
}

// next returns the first tick that is not in the past, and how many ticks are. now
// must not be before tick.
func next(tick, now time.Time, interval time.Duration) (time.Time, uint64) {
	tick = tick.Add(interval)
	late := now.Sub(tick)
	if late <= 0 || interval <= 0 {
		return tick, 0
	}
	missed := (late + interval - 1) / interval
	return tick.Add(missed * interval), uint64(missed)
}

// look makes one pass, a whole one if that is due, else one over a part; nil if there
// is no part to look at.
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
	spent, shared := cost()
	if err != nil {
		return nil, err
	}
	sample.Value, sample.Took = value, s.options.Now().Sub(sample.At)
	if !shared || s.options.FirstCounts {
		s.costs.note(spent)
	}
	sample.Interval = s.costs.interval(s.options, s.part != nil)
	s.whole, s.dueAt = sample, tick.Add(sample.Interval)
	return sample, nil
}

// lookAtPart makes a pass over a part.
func (s *Sampler[T]) lookAtPart(ctx context.Context, sample *Sample[T]) (_ *Sample[T], err error) {
	s.thin.begin(&s.costs, s.options)
	sample.OneIn, sample.Interval = s.thin.one, s.whole.Interval
	cost := s.options.cost()
	sample.Value, err = s.part(ctx, s.whole, sample.At, sample.OneIn)
	spent, shared := cost()
	if errors.Is(err, ErrWhole) {
		s.part = nil
		return nil, nil //nolint:nilnil // a part is not possible: no sample and no error
	}
	if err != nil {
		return nil, err
	}
	sample.Took = s.options.Now().Sub(sample.At)
	if !shared {
		s.thin.look(spent, s.options)
	}
	sample.Between = s.step()
	return sample, nil
}

// cost returns a function that returns what was spent since, and whether others may
// have spent some of it.
func (o *Options) cost() func() (cost time.Duration, shared bool) {
	if o.Purse != nil {
		return o.Purse.pass()
	}
	spent := o.Spent
	if spent == nil {
		began := o.Now()
		return func() (time.Duration, bool) { return o.Now().Sub(began), false }
	}
	before := spent()
	return func() (time.Duration, bool) { return spent() - before, false }
}

// Newest returns the newest sample; nil before the first.
func (s *Sampler[T]) Newest() *Sample[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// Watch returns a channel that holds the newest unread sample: older ones are
// dropped. The channel is closed when the sampling ends. stop ends the watching.
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
		case <-c: // the previous sample was not read
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
