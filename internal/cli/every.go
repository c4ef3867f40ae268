// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// EveryOptions are the flags of a command that can repeat its answer.
type EveryOptions struct {
	Every time.Duration
	For   time.Duration
	Count uint64
}

// leastEvery is the shortest interval: below it, the program would do nothing but
// look.
const leastEvery = 100 * time.Millisecond

func (o *EveryOptions) addFlags(f *pflag.FlagSet) {
	durationVar(f, &o.Every, "every", 0, "repeat the answer at this interval until Ctrl-C; as a table or ndjson")
	durationVar(f, &o.For, "for", 0, "with --every: end after this time (0: never)")
	f.Uint64Var(&o.Count, "count", 0, "with --every: end after `N` looks (0: never)")
}

// again reports whether the answer is repeated.
func (o EveryOptions) again() bool { return o.Every > 0 }

// check refuses what cannot be repeated.
func (o EveryOptions) check(output string, file bool, window time.Duration) error {
	refuse := func(msg, hint, zh, hintZh string) error {
		return &problem.UsageError{Msg: msg, Hint: hint, Zh: zh, HintZh: hintZh}
	}
	switch {
	case o.Every == 0 && (o.For != 0 || o.Count != 0):
		return refuse("--for and --count need --every", "for example --every 1s --count 10", "--for 和 --count 需要 --every", "例如 --every 1s --count 10")
	case o.Every == 0:
		return nil
	case o.Every < leastEvery:
		return refuse("--every must be "+leastEvery.String()+" or more", "for example --every 1s", "--every 至少为 "+leastEvery.String(), "例如 --every 1s")
	case o.For < 0:
		return refuse("--for must not be negative", "for example --for 1m", "--for 不能为负数", "例如 --for 1m")
	case file:
		return refuse("--every and a file exclude each other", "a file does not change: leave --every out", "--every 与文件不能同时使用", "文件不会变化：请去掉 --every")
	case window > 0:
		return refuse("--every and --window exclude each other", "with --every, each look is compared with the one before", "--every 与 --window 不能同时使用", "用 --every 时，每次都与前一次比较")
	case output != outputTable && output != outputNDJSON:
		return refuse("--every has no output "+output, "use table or ndjson, which is one document per line", "--every 不能以 "+output+" 输出", "可以是 table，或每行一个文档的 ndjson")
	default:
		return nil
	}
}

// A sighting is the result of one look, ready to be shown.
type sighting interface {
	// table returns the answer as text.
	table(env *Env) (string, error)
	// json writes the answer as a document.
	json(w io.Writer) error
	// partial reports whether something was lost.
	partial() bool
}

// showing makes a sighting from a sample; before is the previous sample, nil for the
// first.
type showing[T any] func(before, now *sampler.Sample[T]) (s sighting, changes []report.Change, err error)

// repeat looks at regular times and shows each result at once. The user usually ends
// it with Ctrl-C; the exit code depends on what it has shown, as usual.
func repeat[T any](ctx context.Context, env *Env, o EveryOptions, output string, lang knowledge.Lang, pass sampler.Pass[T], show showing[T]) error {
	options := sampler.Options{Every: o.Every, For: o.For, Count: o.Count, Now: env.Now, Wait: env.Wait}
	w := &samples[T]{env: env, output: output, lang: lang, show: show}
	err := sampler.New(options, pass).Run(ctx, w)
	interrupted := errors.Is(err, context.Canceled) && ctx.Err() != nil && w.before != nil
	switch {
	case err != nil && !interrupted:
		return err
	case w.lost:
		return errPartial
	default:
		return nil
	}
}

// samples writes samples as they come.
type samples[T any] struct {
	env    *Env
	output string
	lang   knowledge.Lang
	show   showing[T]
	before *sampler.Sample[T]
	lost   bool
}

// Take writes one sample.
func (w *samples[T]) Take(_ context.Context, now *sampler.Sample[T]) error {
	s, changes, err := w.show(w.before, now)
	if err != nil {
		return err
	}
	if err := w.write(&now.Look, s, changes); err != nil {
		return err
	}
	w.before, w.lost = now, w.lost || s.partial()
	return w.env.flush()
}

func (w *samples[T]) write(look *sampler.Look, s sighting, changes []report.Change) error {
	if w.output == outputNDJSON {
		return report.WriteSample(w.env.Stdout, look, changes, s.json)
	}
	text, err := s.table(w.env)
	if err != nil {
		return err
	}
	if w.before != nil {
		text = "\n" + render.ChangeLine(changes, w.lang) + text
	}
	err = w.env.say(render.LookLine(look, w.lang) + text)
	return err
}
