// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// A Queue is a history that is sent: [*history.DB].
type Queue interface {
	Settled() time.Time
	Oldest() time.Time
	Copy(ctx context.Context, after, to time.Time, visit func(*history.Stretch) bool) error
}

// Options are what all receivers have in common.
type Options struct {
	// Dir is the directory of cursors. It exists.
	Dir     string
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// A sender brings one receiver up to date, oldest first. Only run changes it; other
// goroutines read what is atomic.
type sender struct {
	queue  Queue
	client *client
	dir    string
	log    *slog.Logger

	at     atomic.Int64  // the cursor's Sent
	from   int64         // from here
	maybe  int64         // up to here the receiver may have what it did not confirm
	span   time.Duration // how much time the next batch tries to cover
	second bool          // the second version is in use
	body   message

	failed  bool      // the last request
	since   time.Time // when it began to fail
	refusal limiter
	unkept  bool // the cursor could not be saved the last time

	sent, repeated, failures, refused, forgotten atomic.Uint64
}

// Bounds of what is sent.
const (
	// batch is how many samples one request has at most, unless one moment has more.
	batch = 5000
	// live is how much time the batches of who is up to date cover: a receiver lags as
	// much behind, and is asked as rarely.
	live = 5 * time.Second
	// shortest and longest are the time that one batch covers.
	shortest = time.Second
	longest  = time.Hour
	// breath is the pause after each batch of a backlog: what is being sampled now
	// comes first.
	breath = 20 * time.Millisecond
)

func newSender(q Queue, to Receiver, o *Options) (*sender, error) {
	c, err := newClient(to, o.Version, o.Now)
	if err != nil {
		return nil, err
	}
	s := &sender{queue: q, client: c, dir: o.Dir, log: o.Log.With("receiver", to.Name), second: to.Second, span: time.Minute}
	for name, value := range to.Labels {
		if value == "" {
			continue // as Prometheus has it, a label without a value is none
		}
		s.body.extra = append(s.body.extra, history.Label{Name: name, Value: value})
	}
	slices.SortFunc(s.body.extra, func(a, b history.Label) int { return strings.Compare(a.Name, b.Name) })
	at, there, err := loadCursor(o.Dir, to.Name)
	if err != nil {
		return nil, err
	}
	if !there {
		at.Sent = q.Settled().UnixMilli()
		at.Trying = at.Sent
		if err := at.save(o.Dir, to.Name); err != nil {
			return nil, err
		}
	}
	s.at.Store(at.Sent)
	s.from, s.maybe = at.Sent, at.Trying
	return s, nil
}

// run sends until the context ends.
func (s *sender) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause, err := s.turn(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("the history cannot be sent on", "error", err)
			pause = time.Minute
		}
		_ = sampler.Wait(ctx, pause) // the context has ended, which ends the loop
	}
	s.note(s.keep(0))
}

// note logs the first of several failures to keep the cursor. What the receiver gets
// matters more: sending goes on.
func (s *sender) note(err error) {
	if err != nil && !s.unkept {
		s.log.Error("it cannot be kept how far the receiver has come: after a restart what was sent since is repeated", "error", err)
	}
	s.unkept = err != nil
}

// turn sends one batch, if there is one, and says when to go on.
func (s *sender) turn(ctx context.Context) (time.Duration, error) {
	settled := s.queue.Settled().UnixMilli()
	after := s.skip(settled)
	to := s.bound(after, settled)
	if to <= after {
		return time.Second, nil
	}
	to, err := s.fill(ctx, after, to)
	if err != nil {
		return 0, err
	}
	if s.body.samples > 0 {
		s.note(s.keep(to))
		if err := s.deliver(ctx, after, to); err != nil {
			return 0, err
		}
	}
	s.at.Store(to)
	if s.body.samples == 0 {
		return 0, nil
	}
	return breath, nil
}

// skip passes over the time before the history begins, and returns where to go on.
func (s *sender) skip(settled int64) (after int64) {
	after = s.at.Load()
	if begins := min(s.queue.Oldest().UnixMilli()-1, settled); begins > after {
		after = begins
		s.at.Store(after)
	}
	return after
}

// bound is where the next batch ends at most; after itself if it is too early for one.
// What may have arrived already is repeated as it was.
func (s *sender) bound(after, settled int64) int64 {
	if s.maybe > after && s.maybe <= settled {
		return s.maybe
	}
	if settled-after < live.Milliseconds() {
		return after
	}
	return min(after+s.span.Milliseconds(), settled)
}

// fill reads a batch, of less time if it has too many samples, and returns its end. The
// time of the next batch follows from how many there are.
func (s *sender) fill(ctx context.Context, after, to int64) (int64, error) {
	for {
		full, err := s.read(ctx, after, to)
		if err != nil {
			return to, err
		}
		covers := time.Duration(to-after) * time.Millisecond
		switch {
		case full && to-after > 1 && to != s.maybe:
			s.span = max(covers/2, time.Millisecond)
			to = after + s.span.Milliseconds()
			continue
		case s.body.samples < batch/2:
			s.span = min(max(2*s.span, shortest), longest)
		}
		return to, nil
	}
}

// read encodes the samples after one moment up to another. It stops when there are more
// than one request takes, unless they have been tried before.
func (s *sender) read(ctx context.Context, after, to int64) (full bool, err error) {
	s.body.begin(s.second)
	err = s.queue.Copy(ctx, time.UnixMilli(after), time.UnixMilli(to), func(one *history.Stretch) bool {
		s.body.add(one)
		full = s.body.samples > batch
		return !full || to-after <= 1 || to == s.maybe
	})
	return full, err
}

// keep saves how far the receiver has come, and up to when it is going to be tried.
func (s *sender) keep(trying int64) error {
	c := cursor{Sent: s.at.Load()}
	c.Trying = max(c.Sent, trying)
	if trying == 0 {
		c.Trying = max(c.Sent, s.maybe)
	}
	return c.save(s.dir, s.client.to.Name)
}

// outOfOrder matches what a receiver says that has samples of the same series of that
// time or a later one already.
var outOfOrder = regexp.MustCompile(`(?i)out[ -]of[ -]order|duplicate sample|duplicate-timestamp`)

// deliver sends what was read until the receiver has it or refuses it. The error is that
// of the context.
func (s *sender) deliver(ctx context.Context, after, to int64) error {
	for try := 0; ; try++ {
		n := s.body.samples
		a, err := s.post(ctx)
		switch {
		case ctx.Err() != nil && err != nil:
			s.unsure(after, to)
			return ctx.Err()
		case err != nil || again(a.code):
			s.unsure(after, to)
			s.fails(a, err)
			if sampler.Wait(ctx, delay(try, a)) != nil {
				return ctx.Err()
			}
			if err := s.overtaken(ctx, after, to); err != nil || s.body.samples == 0 {
				return err
			}
		case s.second && !confirms(a):
			s.second = false
			s.unsure(after, to)
			s.log.Warn("the receiver does not confirm version 2 of remote write: version 1 is used", "code", a.code)
			if _, err := s.read(ctx, after, to); err != nil {
				return err
			}
		case a.code/100 != 2 && outOfOrder.MatchString(a.text) && s.repeats(after, to):
			s.works()
			s.had(n, a)
			return nil
		case a.code/100 == 2 || a.written > 0:
			s.works()
			s.count(n, a)
			return nil
		case outOfOrder.MatchString(a.text) && s.body.first < s.body.last:
			return s.halves(ctx, after, (s.body.first+s.body.last)/2, to)
		default:
			s.works()
			s.count(n, a)
			return nil
		}
	}
}

// overtaken reads a batch anew if retention has removed a part of it meanwhile: that is
// counted as lost, and is not sent after all.
func (s *sender) overtaken(ctx context.Context, after, to int64) error {
	if s.queue.Oldest().UnixMilli() <= s.body.first {
		return nil
	}
	_, err := s.read(ctx, after, to)
	return err
}

// unsure records that it is not known whether the receiver has a batch.
func (s *sender) unsure(after, to int64) {
	if to > s.maybe {
		s.from, s.maybe = after, to
	}
}

// repeats reports whether a batch is one that was sent before without an answer, or a
// single moment of that time: who refuses it, or a part of it, for its order has that.
func (s *sender) repeats(after, to int64) bool {
	return to <= s.maybe && (after == s.from || s.body.first == s.body.last)
}

// halves sends a batch that the receiver has refused for its order in two parts: it may
// have the older one.
func (s *sender) halves(ctx context.Context, after, mid, to int64) error {
	for _, part := range [][2]int64{{after, mid}, {mid, to}} {
		if _, err := s.read(ctx, part[0], part[1]); err != nil {
			return err
		}
		if s.body.samples == 0 {
			continue
		}
		if err := s.deliver(ctx, part[0], part[1]); err != nil {
			return err
		}
	}
	return nil
}

// again reports whether an answer says nothing about what was sent: the receiver is not
// well, is busy, leads elsewhere or does not know who asks.
func again(code int) bool {
	switch {
	case code/100 == 5, code/100 == 3, code == 429, code == 401, code == 403, code == 407, code == 408:
		return true
	default:
		return false
	}
}

// confirms reports whether an answer to version 2 says what was written. Receivers that
// do not know it answer well, and write nothing.
func confirms(a *answer) bool { return a.written >= 0 && a.code != 415 }

// had adds up a batch that was sent before without an answer. A receiver of version 1
// takes all of a request or nothing; one of version 2 takes what it lacks, and refuses
// the rest.
func (s *sender) had(n int, a *answer) {
	taken := min(n, max(a.written, 0))
	s.sent.Add(uint64(taken))
	s.repeated.Add(uint64(n - taken))
}

// count adds up what the receiver has taken, and tells what it has not.
func (s *sender) count(n int, a *answer) {
	taken := 0
	switch {
	case s.second:
		taken = min(n, a.written)
	case a.code/100 == 2:
		taken = n
	}
	s.sent.Add(uint64(taken))
	if taken == n {
		return
	}
	s.refused.Add(uint64(n - taken))
	if left, ok := s.refusal.add(n-taken, s.client.now()); ok {
		s.log.Error("the receiver refuses samples: they are not sent again", "samples", left, "code", a.code, "said", a.text)
	}
}

// post sends what was read. At the end of the program it may still be answered.
func (s *sender) post(ctx context.Context) (*answer, error) {
	rest, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(patience, cancel) })()
	return s.client.post(rest, s.body.compressed(), s.second)
}

// patience is how long an answer is waited for at the end of the program.
const patience = 3 * time.Second

// fails counts a request that will be repeated, and logs the first.
func (s *sender) fails(a *answer, err error) {
	s.failures.Add(1)
	if s.failed {
		return
	}
	s.failed, s.since = true, s.client.now()
	if err == nil {
		err = problem.Errorf("it answers %d: %s", "应答 %d：%s", a.code, a.text)
	}
	s.log.Error("the history cannot be sent: it is kept, and sent later", "error", err)
}

func (s *sender) works() {
	if s.failed {
		s.log.Info("the history is sent again", "after", s.client.now().Sub(s.since).Round(time.Second), "behind", s.behind())
	}
	s.failed = false
}

// behind is how much time of the history the receiver lacks.
func (s *sender) behind() time.Duration {
	return max(0, s.queue.Settled().Sub(time.UnixMilli(s.at.Load())))
}

// forget counts what retention removes before the receiver has it.
func (s *sender) forget(f *history.Forgotten) {
	at := time.UnixMilli(s.at.Load())
	if !f.To.After(at) {
		return
	}
	n, err := f.After(context.Background(), at)
	if err != nil {
		s.log.Error("samples are lost that were not sent, it is not known how many: retention removes them", "from", later(f.From, at), "to", f.To, "error", err)
		return
	}
	s.forgotten.Add(n)
	s.log.Error("samples are lost that were not sent: retention removes them", "samples", n, "from", later(f.From, at), "to", f.To)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// status is what metrics tell of it.
func (s *sender) status() metrics.Receiver {
	return metrics.Receiver{
		Name: s.client.to.Name, Sent: s.sent.Load(), Repeated: s.repeated.Load(), Failed: s.failures.Load(),
		Refused: s.refused.Load(), Forgotten: s.forgotten.Load(), Behind: s.behind(),
	}
}
