// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// A Window is one reading of a machine, or two, ready to be judged.
type Window struct {
	About  engine.About // describes Now
	Now    *Examined
	Before *Examined // nil if there is one reading only
	Length time.Duration
	Scope  command.Scope // the scope in which printed commands look again
}

// WindowOf makes a window of one reading, and of the reading before if there is one.
func (c Closeness) WindowOf(about engine.About, before, now *sampler.Sample[*Examined]) *Window {
	w := &Window{About: about, Now: now.Value, Length: now.Since, Scope: c.Scope}
	if before != nil {
		w.Before = before.Value
	}
	return w
}

// Past is the machine at the earlier reading, nil without one.
func (w *Window) Past() *diagnose.Machine {
	if w.Before == nil {
		return nil
	}
	return w.Before.Machine
}

// Partial reports whether some data could have been read but was lost.
func (w *Window) Partial() bool { return w.Now.Partial() || w.Before != nil && w.Before.Partial() }

// Gaps are those of the last reading, given its findings. A gap about processes counts
// as a loss if a finding is about sockets whose owner is not known because of it.
func (w *Window) Gaps(found *diagnose.Diagnosis) []problem.Gap {
	gaps := w.Now.Report.Gaps
	if !w.Now.Ownerless || !nobodys(found.Findings) {
		return gaps
	}
	gaps = slices.Clone(gaps)
	for i := range gaps {
		gaps[i].Structural = gaps[i].Structural && !gaps[i].Code.OfProcesses()
	}
	return gaps
}

// nobodys reports whether a finding of notice or worse is about sockets whose owner is
// not known.
func nobodys(found []diagnose.Finding) bool {
	for i := range found {
		if f := &found[i]; f.Severity >= diagnose.Notice && f.Ownerless() {
			return true
		}
	}
	return false
}

// Judge judges the machine by all rules and sets the ignored findings aside. The
// commands of a finding carry the scope in which it was found.
func (w *Window) Judge(ignoring ...diagnose.Ignore) *diagnose.Diagnosis {
	d := diagnose.Judge(w.Now.Machine, w.Past(), w.Length, ignoring...)
	for _, part := range w.Now.Parts {
		d.Join(part, knowledge.OneOfParts(), ignoring...)
	}
	for i := range d.Findings {
		w.place(&d.Findings[i])
	}
	for i := range d.Ignored {
		w.place(&d.Ignored[i].Finding)
	}
	return d
}

func (w *Window) place(f *diagnose.Finding) {
	scope := w.scopeOf(f)
	f.Check, f.Emergency = f.Check.In(scope), f.Emergency.In(scope)
	for i := range f.Explains {
		w.place(&f.Explains[i].Finding)
	}
}

// scopeOf is the scope for the commands of a finding. If several namespaces were read,
// it names the finding's network namespace.
func (w *Window) scopeOf(f *diagnose.Finding) command.Scope {
	s := w.Scope
	s.Counts = w.Now.Machine.Spaces[0].Sockets.Counts
	if f.Netns == nil {
		return s
	}
	inode := strconv.FormatUint(f.Netns.Inode, 10)
	switch {
	case s.Netns == "all":
		s.Netns = inode
	case len(s.From) > 0 && len(w.Now.Machine.Spaces) > 1:
		s.Filter = "netns-inode = " + inode
	}
	return s
}

// Closeness says how closely machines are read.
type Closeness struct {
	Deep       bool          // see [Examination].Deep
	NATTimeout time.Duration // see [Examination].NATTimeout
	CrossCheck bool          // compare with the kernel's own numbers too
	Traced     bool          // a trace runs at the same time
	EachShown  bool          // each reading is shown, not only the last
	Scope      command.Scope
}

// Pass is a sampler's pass that reads a source once. moving says that there will be
// more readings: then the first one keeps what the next needs for comparing, and
// leaves looking up the owners to the next.
func (c Closeness) Pass(src engine.Source, moving bool) sampler.Pass[*Examined] {
	return func(ctx context.Context, before *sampler.Sample[*Examined], at time.Time) (*Examined, error) {
		e := Examination{Deep: c.Deep, NATTimeout: c.NATTimeout, Owners: !moving || c.EachShown, Alone: !moving, CrossCheck: c.CrossCheck, Traced: c.Traced}
		if before != nil {
			e.Owners, e.Since, e.Within = true, before.Value.Machine, at.Sub(before.At)
		}
		return Examine(ctx, src, e)
	}
}

// One reads once a source that does not change.
func (c Closeness) One(ctx context.Context, src engine.Source) (*Window, error) {
	now, err := Examine(ctx, src, Examination{Deep: c.Deep, NATTimeout: c.NATTimeout, Owners: true, Alone: true, CrossCheck: c.CrossCheck})
	return &Window{About: src.About(), Now: now, Scope: c.Scope}, err
}

// Two treats an older and a newer saved machine as two readings of one. The error is a
// [*problem.UsageError] if they are not of one machine.
func (c Closeness) Two(ctx context.Context, older, newer engine.Source) (*Window, error) {
	a, b := older.About(), newer.About()
	if err := checkPair(a, b, command.Scope{Program: c.Scope.Program}); err != nil {
		return nil, err
	}
	w := &Window{About: b, Length: b.Taken.Sub(a.Taken), Scope: c.Scope}
	var err error
	if w.Before, err = Examine(ctx, older, Examination{Deep: c.Deep, NATTimeout: c.NATTimeout}); err != nil {
		return nil, err
	}
	w.Now, err = Examine(ctx, newer, Examination{
		Deep: c.Deep, NATTimeout: c.NATTimeout, Owners: true, Within: w.Length, Since: w.Before.Machine, CrossCheck: c.CrossCheck,
	})
	return w, err
}

// Pair says why two saved machines, the older first, are not two readings of one: a
// [*problem.UsageError]; nil if they are.
func Pair(older, newer engine.About) error { return checkPair(older, newer, command.Scope{}) }

// checkPair refuses two snapshots that are not two readings of one machine, because
// differences of their counters and cookies mean nothing.
func checkPair(a, b engine.About, scope command.Scope) error {
	refuse := func(msg, hint, zh, hintZh string) error {
		return &problem.UsageError{Msg: a.Name + " and " + b.Name + ": " + msg, Hint: hint, Zh: a.Name + " 和 " + b.Name + "：" + zh, HintZh: hintZh}
	}
	one := command.Of("doctor", command.File(b.Name)).In(scope).String()
	judgeOne, judgeOneZh := "judge each by itself: "+one, "请分别诊断："+one
	switch {
	case !b.Taken.After(a.Taken):
		return refuse("the first is not the older one", "name the older one first", "前一个不是较旧的", "把较旧的写在前面")
	case a.Redacted != b.Redacted:
		return refuse("only one of them is redacted", judgeOne, "只有一个已脱敏", judgeOneZh)
	case a.Redacted: // each redaction invents its own addresses and boot
		return refuse("both are redacted, each in its own way", judgeOne, "两者各自脱敏，互不对应", judgeOneZh)
	case differ(a, b):
		return refuse("they are of different boots or hosts", judgeOne, "它们来自不同的主机或不同次启动", judgeOneZh)
	case a.Scope != b.Scope:
		return refuse(fmt.Sprintf("one is of the network namespaces %q, the other of %q", a.Scope, b.Scope), judgeOne,
			fmt.Sprintf("一个属于网络命名空间 %q，另一个属于 %q", a.Scope, b.Scope), judgeOneZh)
	default:
		return nil
	}
}

func differ(a, b engine.About) bool { return a.Boot() != b.Boot() || a.Host != b.Host }
