// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// ExaminationOptions tell what is examined, and how closely.
type ExaminationOptions struct {
	From   []string
	Engine string
	Netns  string
	Proc   string
	Window time.Duration
	Deep   bool

	NATTimeout time.Duration
	Trace      time.Duration

	crossCheck  bool // also compare with the kernel's own numbers
	everyLook   bool // show each look, not only the last
	windowGiven func() bool
}

func (o *ExaminationOptions) addFlags(f *pflag.FlagSet, window time.Duration) {
	f.StringArrayVar(&o.From, "from", nil, "judge a `file` (a snapshot, a listing) instead of this host, - for standard input; two snapshots, the older first, make a window")
	addEngineFlag(f, &o.Engine)
	addNetnsFlag(f, &o.Netns)
	f.StringVar(&o.Proc, "proc", "", "read the proc tree in this `directory` instead of /proc: that of a host mounted elsewhere, or the copy of one (engine procfs)")
	durationVar(f, &o.Window, "window", window, "look twice, this long apart, for rates, losses and leaks (0: once)")
	durationVar(f, &o.NATTimeout, "nat-timeout", 0, "a NAT or firewall on the way forgets connections that were silent for so long, such as 350s (0: not known)")
	durationVar(f, &o.Trace, "trace", 0, "trace this long between two looks: who closes first, what is reset, refused, closed unread, or short-lived")
	f.BoolVar(&o.Deep, "deep", false, "look closely at every connection even if there are more than 100,000")
	o.windowGiven = func() bool { return f.Changed("window") }
}

// files returns the files to read, from flags and arguments; none means the live
// host.
func (o ExaminationOptions) files(args []string) ([]string, error) {
	files := slices.Concat(o.From, args)
	switch {
	case len(files) > 2:
		return nil, &problem.UsageError{Msg: fmt.Sprintf("%d files, but a window has two ends", len(files)), Hint: "doctor --from before.snap --from after.snap", Zh: fmt.Sprintf("给了 %d 个文件，而观察窗口只有两端", len(files)), HintZh: "doctor --from before.snap --from after.snap"}
	case len(files) == 2 && files[0] == files[1]:
		return nil, &problem.UsageError{Msg: "the two files are the same: " + files[0], Hint: "a window takes two snapshots of different times", Zh: "两个文件是同一个：" + files[0], HintZh: "观察窗口需要两个不同时间的快照"}
	case len(files) > 0 && o.Window != 0 && o.windowGiven():
		return nil, &problem.UsageError{Msg: "--window and a file exclude each other", Hint: "a file does not change: two snapshots, --from BEFORE --from AFTER, make a window", Zh: "--window 与文件不能同时使用", HintZh: "文件不会变化：两个快照 --from BEFORE --from AFTER 构成观察窗口"}
	default:
		return files, nil
	}
}

// examine makes one look, or two with a window between.
func (o ExaminationOptions) examine(ctx context.Context, env *Env, args []string) (*collect.Window, error) {
	files, err := o.files(args)
	if err != nil {
		return nil, err
	}
	if o.Window < 0 {
		return nil, &problem.UsageError{Msg: "--window must not be negative", Hint: "for example --window 10s", Zh: "--window 不能为负数", HintZh: "例如 --window 10s"}
	}
	if err := o.checkTrace(len(files) > 0); err != nil {
		return nil, err
	}
	if o.NATTimeout < 0 {
		return nil, &problem.UsageError{Msg: "--nat-timeout must not be negative", Hint: "for example --nat-timeout 350s", Zh: "--nat-timeout 不能为负数", HintZh: "例如 --nat-timeout 350s"}
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

func (o ExaminationOptions) examineLive(ctx context.Context, env *Env) (*collect.Window, error) {
	if o.Trace > 0 {
		return o.examineTraced(ctx, env)
	}
	src, err := o.open(env, "", nil)
	if err != nil {
		return nil, err
	}
	defer closing(src)
	before, now, err := sampler.Window(ctx, env.clock(), o.Window, o.closeness(env, nil).Pass(src, o.Window > 0))
	if err != nil {
		return nil, err
	}
	return o.closeness(env, nil).WindowOf(src.About(), before, now), nil
}

func (o ExaminationOptions) examineFile(ctx context.Context, env *Env, name string) (*collect.Window, error) {
	src, err := o.open(env, name, nil)
	if err != nil {
		return nil, err
	}
	defer closing(src)
	return o.closeness(env, []string{name}).One(ctx, src)
}

// examineFiles judges the newer of two snapshots; the older one serves as the earlier
// look.
func (o ExaminationOptions) examineFiles(ctx context.Context, env *Env, older, newer string) (*collect.Window, error) {
	before, err := o.openSaved(env, older)
	if err != nil {
		return nil, err
	}
	defer closing(before)
	now, err := o.openSaved(env, newer)
	if err != nil {
		return nil, err
	}
	defer closing(now)
	return o.closeness(env, []string{older, newer}).Two(ctx, before, now)
}

func (o ExaminationOptions) closeness(env *Env, files []string) collect.Closeness {
	scope := env.scope(o.Netns, files)
	scope.Nowhere = scope.Nowhere || o.Proc != "" // most commands cannot read another tree
	return collect.Closeness{Deep: o.Deep, NATTimeout: o.NATTimeout, CrossCheck: o.crossCheck, Traced: o.Trace > 0, EachShown: o.everyLook, Scope: scope}
}

func (o ExaminationOptions) open(env *Env, name string, traced owner.Closers) (engine.Source, error) {
	src, err := source{From: name, Engine: o.Engine, Netns: o.Netns, ProcRoot: o.Proc, Stays: o.everyLook, Traced: traced}.open(env)
	if err != nil && isFilter(name) && missing(name) {
		return nil, &problem.UsageError{
			Msg:    fmt.Sprintf("%q is a filter, and a whole machine is judged: a file of that name is not there", name),
			Hint:   "to see these sockets: " + command.Of("list", name).String(),
			Zh:     fmt.Sprintf("%q 是过滤条件，而这里判断的是整台机器；也没有这个名字的文件", name),
			HintZh: "要看这些套接字：" + command.Of("list", name).String(),
		}
	}
	return src, err
}

func missing(name string) bool {
	_, err := os.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// isFilter reports whether a name of which there is no file parses as a filter.
func isFilter(name string) bool {
	if !strings.ContainsAny(name, " =:") {
		return false
	}
	_, err := query.Parse(name, query.Options{})
	return err == nil
}

// openSaved opens the snapshot at one end of a window.
func (o ExaminationOptions) openSaved(env *Env, name string) (engine.Source, error) {
	src, err := o.open(env, name, nil)
	if err != nil {
		return nil, err
	}
	if about := src.About(); !about.Saved() {
		closing(src)
		return nil, &problem.InputError{Name: about.Name, Msg: "it is no snapshot, and only two snapshots make a window", Hint: "tcpvitals snapshot save makes one", Zh: "它不是快照，而只有两个快照才能构成观察窗口", HintZh: "tcpvitals snapshot save 可以生成"}
	}
	return src, nil
}
