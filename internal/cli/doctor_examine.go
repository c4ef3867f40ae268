// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
)

// ExaminationOptions say what is looked at, and how closely.
type ExaminationOptions struct {
	From   []string
	Engine string
	Netns  string
	Window time.Duration
	Deep   bool

	books       bool // the kernel's own numbers too
	windowGiven func() bool
}

func (o *ExaminationOptions) addFlags(f *pflag.FlagSet, window time.Duration) {
	f.StringArrayVar(&o.From, "from", nil, "judge a `file` (a snapshot, a listing) instead of this host, - for standard input; two snapshots, the older first, make a window")
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.RowNames(), ", "))
	f.StringVar(&o.Netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
	f.DurationVar(&o.Window, "window", window, "look twice, this long apart, for rates, losses and leaks (0: once)")
	f.BoolVar(&o.Deep, "deep", false, "look closely at every connection even if there are more than 100,000")
	o.windowGiven = func() bool { return f.Changed("window") }
}

// files are those to read, of flags and arguments; none is the live host.
func (o ExaminationOptions) files(args []string) ([]string, error) {
	files := slices.Concat(o.From, args)
	switch {
	case len(files) > 2:
		return nil, &problem.UsageError{Msg: fmt.Sprintf("%d files, but a window has two ends", len(files)), Hint: "doctor --from before.snap --from after.snap"}
	case len(files) == 2 && files[0] == files[1]:
		return nil, &problem.UsageError{Msg: "the two files are the same: " + files[0], Hint: "a window takes two snapshots of different times"}
	case len(files) > 0 && o.Window != 0 && o.windowGiven():
		return nil, &problem.UsageError{Msg: "--window and a file exclude each other", Hint: "a file does not move: two snapshots, --from BEFORE --from AFTER, make a window"}
	default:
		return files, nil
	}
}

// examine looks at what was asked for, once or twice.
func (o ExaminationOptions) examine(ctx context.Context, env *Env, args []string) (*examined, error) {
	files, err := o.files(args)
	if err != nil {
		return nil, err
	}
	if o.Window < 0 {
		return nil, &problem.UsageError{Msg: "--window must not be negative", Hint: "for example --window 10s"}
	}
	switch len(files) {
	case 0:
		return o.examineLive(ctx, env)
	case 1:
		return o.examineFile(ctx, env, files[0])
	default:
		return o.examineFiles(ctx, env, files[0], files[1])
	}
}

func (o ExaminationOptions) examineLive(ctx context.Context, env *Env) (*examined, error) {
	x := &examined{in: &input{source: source{Engine: o.Engine, Netns: o.Netns}, close: func() {}}}
	start := env.Now()
	var err error
	look := func() (*engine.Examined, error) {
		e := engine.Examination{Deep: o.Deep, Owners: o.Window == 0, Alone: o.Window == 0, Books: o.books}
		if x.before != nil {
			e.Owners, e.Since, e.Within = true, x.before.Machine, env.Now().Sub(start)
		}
		seen, err := engine.Examine(ctx, x.in.options(), e)
		if x.before == nil {
			x.before = seen
		}
		return seen, err
	}
	x.before, x.now, x.window, err = twice(ctx, env, o.Window, look)
	return x, err
}

func (o ExaminationOptions) examineFile(ctx context.Context, env *Env, name string) (*examined, error) {
	in, err := o.open(env, name)
	if err != nil {
		return nil, err
	}
	defer in.close()
	x := &examined{in: in}
	if in.snapshot != nil {
		x.now, err = engine.ExamineSnapshot(ctx, in.snapshot, engine.Examination{Deep: o.Deep, Owners: true, Alone: true, Books: o.books})
	} else {
		x.now, err = engine.ExamineListing(ctx, in.listing, in.name)
	}
	return x, err
}

func (o ExaminationOptions) open(env *Env, name string) (*input, error) {
	return source{From: name, Engine: o.Engine, Netns: o.Netns}.open(env)
}

// examineFiles judges the newer of two snapshots with the older as the look before.
func (o ExaminationOptions) examineFiles(ctx context.Context, env *Env, older, newer string) (*examined, error) {
	before, err := o.openSnapshot(env, older)
	if err != nil {
		return nil, err
	}
	defer before.close()
	now, err := o.openSnapshot(env, newer)
	if err != nil {
		return nil, err
	}
	defer now.close()
	if err := checkPair(before, now); err != nil {
		return nil, err
	}
	x := &examined{in: now, window: now.snapshot.Machine.Taken.Sub(before.snapshot.Machine.Taken)}
	if x.before, err = engine.ExamineSnapshot(ctx, before.snapshot, engine.Examination{Deep: o.Deep}); err != nil {
		return nil, err
	}
	x.now, err = engine.ExamineSnapshot(ctx, now.snapshot, engine.Examination{
		Deep: o.Deep, Owners: true, Within: x.window, Since: x.before.Machine, Books: o.books,
	})
	return x, err
}

func (o ExaminationOptions) openSnapshot(env *Env, name string) (*input, error) {
	in, err := o.open(env, name)
	if err != nil {
		return nil, err
	}
	if in.snapshot == nil {
		in.close()
		return nil, &problem.InputError{Name: in.name, Msg: "it is no snapshot, and only two snapshots make a window", Hint: "tcpvitals snapshot save makes one"}
	}
	return in, nil
}

// checkPair refuses two snapshots that are not two looks at one machine: then
// differences of counters and cookies mean nothing.
func checkPair(before, now *input) error {
	a, b := &before.snapshot.Machine, &now.snapshot.Machine
	refuse := func(msg, hint string) error {
		return &problem.UsageError{Msg: before.name + " and " + now.name + ": " + msg, Hint: hint}
	}
	judgeOne := "judge each by itself: tcpvitals doctor " + now.name
	switch {
	case !b.Taken.After(a.Taken):
		return refuse("the first is not the older one", "name the older one first")
	case a.Redacted != b.Redacted:
		return refuse("only one of them is redacted", judgeOne)
	case a.Redacted: // each with addresses and a boot of its own making
		return refuse("both are redacted, each in its own way", judgeOne)
	case differ(a, b):
		return refuse("they are of different boots or hosts", judgeOne)
	case a.Scope != b.Scope:
		return refuse(fmt.Sprintf("one is of the network namespaces %q, the other of %q", a.Scope, b.Scope), judgeOne)
	default:
		return nil
	}
}

func differ(a, b *snapshot.Machine) bool { return a.Boot != b.Boot || a.Host != b.Host }
