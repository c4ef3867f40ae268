// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// playEvery is how long each saved machine is shown.
const playEvery = time.Second

// onward is the message that the next saved machine is due.
type onward struct{}

// A player shows saved machines as a runner shows a live host: each machine is a look
// at the time of its saving. A file is read only when it is shown.
type player struct {
	*runner

	files  []engine.Source // the oldest first
	judged []*judgement    // judgements of the first files
}

// inOrder sorts saved machines by the time of their saving.
func inOrder(files []engine.Source) []engine.Source {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b engine.Source) int { return a.About().Taken.Compare(b.About().Taken) })
	return files
}

// ask reads the file of a question, and the file before if both are of one machine.
func (p *player) ask(q question) {
	p.alone(func(ctx context.Context) error {
		s, err := p.look(ctx, q)
		if err != nil {
			return err
		}
		p.send(looked{s})
		return p.judge(ctx, q.file)
	})
}

func (p *player) look(ctx context.Context, q question) (*sampler.Sample[*look], error) {
	var before *sampler.Sample[*look]
	for _, i := range p.upTo(q.file) {
		at := p.files[i].About().Taken
		value, err := looker{source: p.files[i]}.pass(q)(ctx, before, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.files[i].About().Name, err)
		}
		now := &sampler.Sample[*look]{Look: sampler.Look{Seq: 1, At: at}, Value: value}
		if before != nil {
			now.Seq, now.Since = 2, at.Sub(before.At)
			p.send(looked{before})
		}
		before = now
	}
	return before, nil
}

// upTo returns a file, and the file before if that is of the same machine.
func (p *player) upTo(i int) []int {
	if i > 0 && collect.Pair(p.files[i-1].About(), p.files[i].About()) == nil {
		return []int{i - 1, i}
	}
	return []int{i}
}

// judge judges a file after all files before it: they tell since when a finding
// lasts.
func (p *player) judge(ctx context.Context, file int) error {
	c := collect.Closeness{}
	for i := len(p.judged); i <= file; i++ {
		var w *collect.Window
		var old *judgement
		var err error
		if pair := p.upTo(i); len(pair) == 2 {
			old = p.judged[i-1]
			w, err = c.Two(ctx, p.files[i-1], p.files[i])
		} else {
			w, err = c.One(ctx, p.files[i])
		}
		if err != nil {
			return err
		}
		d := w.Judge()
		j := &judgement{examined: w.Now, unjudged: len(d.NotJudged), judged: len(d.Passed)}
		at := p.files[i].About().Taken
		j.remember(d, old, at)
		j.spaces(w.Length, old)
		p.judged = append(p.judged, j)
	}
	p.send(examined{&sampler.Sample[*judgement]{Look: sampler.Look{At: p.files[file].About().Taken}, Value: p.judged[file]}})
	return nil
}

// play sends onward at regular times, until the context ends.
func (r *runner) play() {
	r.guarded(func() {
		for r.options.Wait(r.ctx, playEvery) == nil {
			r.send(onward{})
		}
	})
}

// saved reports whether saved machines are shown instead of a live host.
func (m *model) saved() bool { return len(m.o.Files) > 0 }

// openAt starts at the last file that is at least Ago before the end.
func (m *model) openAt() {
	if !m.saved() {
		return
	}
	last := m.o.Files[len(m.o.Files)-1].About().Taken
	for i, f := range m.o.Files {
		if i == 0 || !f.About().Taken.After(last.Add(-m.o.Ago)) {
			m.file = i
		}
	}
	m.toFile(m.file)
}

// toFile shows a file.
func (m *model) toFile(i int) {
	m.file = max(0, min(i, len(m.o.Files)-1))
	m.o.Source = m.o.Files[m.file] // a filter means this machine's names
	m.at = m.o.Source.About().Taken
	m.o.Scope.From = nil
	for _, f := range m.o.Files[max(0, m.file-1) : m.file+1] {
		m.o.Scope.From = append(m.o.Scope.From, f.About().Name)
	}
}

// moveFile goes to another file and reads it.
func (m *model) moveFile(by int) {
	if to := max(0, min(m.file+by, len(m.o.Files)-1)); to != m.file {
		m.toFile(to)
		m.turn()
	}
}

// onward goes to the next file while playing, and stops at the last.
func (m *model) onward() {
	if !m.playing {
		return
	}
	m.moveFile(1)
	m.playing = m.file < len(m.o.Files)-1
}

// scrubFiles is scrub for saved machines.
func (m *model) scrubFiles(key string) bool {
	switch key {
	case "left", "[":
		m.moveFile(-1)
	case "right", "]":
		m.moveFile(1)
	case "<", ",", "shift+left", "ctrl+left":
		m.moveFile(-10)
	case ">", ".", "shift+right", "ctrl+right":
		m.moveFile(10)
	default:
		return false
	}
	m.playing = false
	return true
}

// fileLine returns, for the foot, which saved machine is shown.
func (m *model) fileLine() string {
	playing := m.say("space: play", "空格：播放")
	if m.playing {
		playing = m.say("space: stop", "空格：停止")
	}
	f := m.o.Files[m.file].About()
	return fmt.Sprintf(m.say(" %d of %d: %s  ← → another  < > 10  %s  %s", " 第 %d / %d 个：%s  ← → 换一个  < > 10 个  %s  %s"),
		m.file+1, len(m.o.Files), f.Taken.UTC().Format("2006-01-02 15:04:05"), playing, f.Name)
}
