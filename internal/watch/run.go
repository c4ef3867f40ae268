// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Messages of a runner.
type (
	looked   struct{ *sampler.Sample[*look] }
	examined struct{ *sampler.Sample[*judgement] }
	// failed says why there are no more looks, or no more judgements.
	failed struct {
		err    error
		judged bool
	}
)

// A runner looks until its context ends, and sends what it sees.
type runner struct {
	looker

	ctx     context.Context
	options Options
	send    func(any)
	purse   *sampler.Purse // nil where the processor time of this process is not known

	sockets atomic.Uint64 // how many there are, as far as known

	mu   sync.Mutex
	stop context.CancelFunc // cancels the present question
	// looking is closed when the present run has ended.
	looking chan struct{}
	all     sync.WaitGroup
}

func newRunner(ctx context.Context, o Options, send func(any)) *runner {
	r := &runner{looker: looker{source: o.Source, trace: o.Trace}, ctx: ctx, options: o, send: send}
	if spent := collect.Spent(); spent != nil {
		r.purse = sampler.NewPurse(spent, o.Now)
	}
	return r
}

// sampling returns the options of a sampler that looks so often.
func (r *runner) sampling(every time.Duration) sampler.Options {
	return sampler.Options{Every: every, Share: half, Spent: collect.Spent(), Purse: r.purse, Now: r.options.Now, Wait: r.options.Wait}
}

// half gives looks and judgements half of the allowed share each.
const half = 2 * sampler.Share

// many is the number of sockets above which a look at a part costs less than a whole
// one. Below it, the cost does not depend on the number of sockets.
const many = 50_000

// partOfMany returns part if there are so many sockets.
func (r *runner) partOfMany(q question) sampler.Part[*look] {
	part := r.part(q)
	return func(ctx context.Context, before *sampler.Sample[*look], at time.Time, oneIn uint32) (*look, error) {
		if before.Value.tally.Total() < many {
			return nil, sampler.ErrWhole
		}
		return part(ctx, before, at, oneIn)
	}
}

// fewest is about how many sockets a part has at least: their number is then estimated
// within 3 %.
const fewest = 4096

// thinnest returns the smallest part of so many sockets that has enough of them.
func thinnest(sockets uint64) uint32 {
	one := uint32(2)
	for uint64(one)*2*fewest <= sockets && one < 1<<16 {
		one *= 2
	}
	return one
}

// ask stops the present question and starts another. It waits for the present one to
// end, because a trace serves one reader at a time.
func (r *runner) ask(q question) {
	r.alone(func(ctx context.Context) error {
		l := r.looker
		l.hints, l.now = func(h *hint) { r.send(h) }, r.options.Now
		if n := r.sockets.Load(); n >= many {
			l.hint(ctx, q, n)
		}
		total := uint64(0) // from the last complete reading
		o := r.sampling(r.options.Every)
		o.Thinnest = func() uint32 { return thinnest(total) }
		s := sampler.New(o, l.pass(q))
		s.Between(r.partOfMany(q))
		return s.Run(ctx, sampler.SinkFunc[*look](func(ctx context.Context, s *sampler.Sample[*look]) error {
			if s.OneIn == 0 {
				total = s.Value.tally.Total()
			}
			if total > 0 && q.filter == nil {
				r.sockets.Store(total)
			}
			if ctx.Err() == nil {
				r.send(looked{s})
			}
			return ctx.Err()
		}))
	})
}

// alone starts run after the previous run has been stopped and has ended.
func (r *runner) alone(run func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		r.stop()
	}
	ctx, stop := context.WithCancel(r.ctx)
	before, ends := r.looking, make(chan struct{})
	r.stop, r.looking = stop, ends
	r.guarded(func() {
		defer close(ends)
		if before != nil {
			<-before
		}
		if err := run(ctx); !ended(err) && ctx.Err() == nil {
			r.send(failed{err: err})
		}
	})
}

// settled is how long the first judgement waits for looks to learn what they cost: for
// a few of them, at most 5 s.
func settled(every time.Duration) time.Duration { return min(5*every/2, 5*time.Second) }

// judge judges the host at regular times.
func (r *runner) judge() {
	judged := r.looker
	if r.options.Judged != nil {
		judged.source = r.options.Judged
	}
	r.guarded(func() {
		if !r.options.Plain && r.options.Wait(r.ctx, settled(r.options.Every)) != nil {
			return
		}
		o := r.sampling(r.options.Examine)
		o.FirstCounts = true
		s := sampler.New(o, judged.examine(collect.Closeness{EachShown: true, Scope: r.options.Scope}))
		err := s.Run(r.ctx, sampler.SinkFunc[*judgement](func(ctx context.Context, s *sampler.Sample[*judgement]) error {
			r.send(examined{s})
			return ctx.Err()
		}))
		if !ended(err) {
			r.send(failed{err: err, judged: true})
		}
	})
}

// guarded runs in the background. A panic ends the watching instead of the process,
// so that the terminal is restored.
func (r *runner) guarded(run func()) {
	r.all.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				r.send(failed{err: errors.Join(fmt.Errorf("watch: %v", p), stack())})
			}
		}()
		run()
	})
}

// stack returns the call stack as an error, a line per call.
func stack() error {
	var lines []error
	for line := range strings.Lines(string(debug.Stack())) {
		lines = append(lines, errors.New(strings.TrimSuffix(strings.ReplaceAll(line, "\t", "  "), "\n")))
	}
	return errors.Join(lines...)
}

// heard passes a message of a runner to the model.
func (m *model) heard(what any) {
	switch what := what.(type) {
	case looked:
		m.take(what.Sample)
	case *hint:
		m.hinted(what)
	case examined:
		m.judge(what.Sample)
	case onward:
		m.onward()
	case failed:
		if what.judged {
			m.finding = what.err
		} else {
			m.stopped = what.err
		}
	}
}

// begin starts to look, at a live host or at files.
func begin(ctx context.Context, o Options, send func(any)) (*model, *runner, error) {
	r := newRunner(ctx, o, send)
	ask := r.ask
	p := &player{runner: r, files: o.Files}
	if len(o.Files) > 0 {
		ask = p.ask
	}
	m, err := newModel(o, ask)
	if err != nil {
		return nil, nil, err
	}
	return m, r, nil
}

// start makes the first look.
func (m *model) start(r *runner) {
	m.ask(m.asked)
	if m.saved() {
		r.play()
		return
	}
	r.judge()
}

// garbage is by how many percent the heap may grow before it is collected. At a
// million sockets, 27 MiB remain after a judgement, and 40 MiB with Go's default of
// 100.
const garbage = 40

// Run watches until the user ends it, or the context ends, which is no error. Errors
// are those of [engine.Source].Rows, of a filter, and of the terminal.
func Run(ctx context.Context, o Options) error {
	// A program that runs beside what it watches spends a little work to save memory.
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	if len(o.Files) > 0 {
		o.Files = inOrder(o.Files)
		o.Source = o.Files[len(o.Files)-1]
	}
	if o.Plain {
		return runPlain(ctx, o)
	}
	return runScreen(ctx, o)
}
