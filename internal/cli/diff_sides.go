// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// diffAtArgs accepts NEW alone: --at chooses OLD.
func diffAtArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && args[0] == liveName {
		return nil
	}
	return &problem.UsageError{
		Msg: "--at chooses the snapshots: beside it there is only \"live\"", Hint: cmd.CommandPath() + " --at 03:00 [live]",
		Zh: "--at 已选定快照：除此之外只能写 \"live\"", HintZh: cmd.CommandPath() + " --at 03:00 [live]",
	}
}

// around returns the snapshots before and after the time of --at; this host takes the
// place of the newer one if there is none.
func (o *DiffOptions) around(env *Env, lang knowledge.Lang, args []string) ([]string, error) {
	at, all, err := kept.ListAt(o.DataDir, o.At, env.Now())
	if err != nil {
		return nil, err
	}
	before, after := kept.Around(all, at)
	if before == nil || at.Sub(before.At) > kept.MostApart {
		p, ok := kept.Near(all, at)
		return nil, kept.None(o.DataDir, at, p, ok)
	}
	tellPicture(env, lang, at, before)
	if len(args) == 1 || after == nil {
		return []string{before.Name, liveName}, nil
	}
	tellPicture(env, lang, at, after)
	return []string{before.Name, after.Name}, nil
}

// openComparison opens both sides. The caller closes them.
func openComparison(env *Env, o DiffOptions, args []string) (*collect.Comparison, error) {
	if args[0] == liveName {
		return nil, &problem.UsageError{Msg: "OLD must be a snapshot", Hint: "tcpvitals snapshot save before.snap makes one", Zh: "OLD 必须是快照", HintZh: "tcpvitals snapshot save before.snap 可以生成"}
	}
	newer := liveName
	if len(args) == 2 {
		newer = args[1]
	}
	if args[0] == stdinName && newer == stdinName {
		return nil, &problem.UsageError{Msg: "OLD and NEW cannot both be standard input", Hint: "name a file for one of them", Zh: "OLD 和 NEW 不能都是标准输入", HintZh: "其中一个请用文件"}
	}
	if newer != liveName && (o.Netns != "" || o.Engine != "" && o.Engine != engine.Auto) {
		return nil, &problem.UsageError{Msg: "--netns and --engine choose how this host is read, but two files are compared", Hint: "leave them out", Zh: "--netns 和 --engine 决定如何读取本机，而这里比较的是两个文件", HintZh: "请去掉它们"}
	}
	old, err := openReading(env, o, args[0], "", noter{})
	if err != nil {
		return nil, err
	}
	now, err := openReading(env, o, newer, old.About.Scope, noter{env, o.Output, o.Lang})
	if err != nil {
		closing(old.Source)
		return nil, err
	}
	return &collect.Comparison{Old: old, New: now}, nil
}

// openReading opens one side. This host is read in the scope of the older side. Notes
// on the filter are shown once, because both sides have the same filter.
func openReading(env *Env, o DiffOptions, name, scope string, notes noter) (*collect.Side, error) {
	s := source{From: name}
	if name == liveName {
		s = source{Engine: o.Engine, Netns: o.liveNetns(scope), Traced: o.beside.closers(o.Trace)}
	}
	src, err := s.open(env)
	if err != nil {
		return nil, err
	}
	about := src.About()
	r := &collect.Side{Source: src, About: about, Label: name, Taken: about.At(env.Now())}
	if !about.Live && !about.Saved() {
		closing(src)
		return nil, &problem.InputError{Name: about.Name, Msg: "it is no snapshot", Hint: "tcpvitals snapshot save makes one", Zh: "它不是快照", HintZh: "tcpvitals snapshot save 可以生成"}
	}
	if r.Filter, err = parseFilter(o.Filter, src, notes); err != nil {
		closing(src)
		return nil, err
	}
	return r, nil
}

func closeBoth(c *collect.Comparison) {
	closing(c.Old.Source)
	closing(c.New.Source)
}

// side returns what is shown of a reading.
func side(s *collect.Side) report.DiffSide {
	return report.DiffSide{Name: s.Label, Time: s.Taken, Host: s.About.Host, Engine: s.Report.Engine, Exact: s.Report.Exact}
}
