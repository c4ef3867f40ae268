// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A pastCensus holds the arguments of the command census, which tcpvitals census --at
// starts where no snapshot answers. All but the time has been checked there.
type pastCensus struct {
	*call

	at, output, lang string
}

func newCensusCommand(c *call, l knowledge.Lang) *cobra.Command {
	p := &pastCensus{call: c}
	cmd := &cobra.Command{
		Use: "census", Hidden: true, Args: noArgs,
		Short: knowledge.Text{En: "Count by state at a past time, from the history", Zh: "按历史统计过去某个时间各状态的连接数"}.In(l),
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.run(cmd.Context(), cmd.Flags()) },
	}
	f := cmd.Flags()
	f.StringVar(&p.at, "at", "", knowledge.Text{En: "for which `time`", Zh: "哪个时间（`time`）的"}.In(l))
	f.StringVar(&p.output, "output", "table", knowledge.Text{En: "table or json", Zh: "table 或 json"}.In(l))
	f.StringVar(&p.lang, "lang", "", knowledge.Text{En: "en or zh (default: the locale)", Zh: "en 或 zh（默认取自 locale）"}.In(l))
	return cmd
}

func (p *pastCensus) run(ctx context.Context, f *pflag.FlagSet) error {
	if err := p.settle(f); err != nil {
		return err
	}
	lang := knowledge.LocaleLang(p.env.Getenv)
	if given, ok := knowledge.ParseLang(p.lang); ok && p.lang != "" {
		lang = given
	}
	c, at, told, err := p.counted(ctx, p.at)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.env.Stderr, "tcpvitals: %s\n", visible.Text(told.In(lang))) // an error here does not affect the answer
	d := report.NewCensusDocument(c, "", at)
	switch p.output {
	case "json":
		return report.JSON(p.env.Stdout, d)
	case "ndjson":
		return report.CensusNDJSON(p.env.Stdout, d)
	case "csv":
		return report.CensusCSV(p.env.Stdout, d)
	default:
		h := retrospect{call: p.call}
		text := render.CensusTable{Census: c, Lang: lang, Width: h.width(), Asked: tcp.AllStates}.String()
		if knowledge.LocaleASCII(p.env.Getenv) {
			text = render.ASCII(text)
		}
		_, err = fmt.Fprint(p.env.Stdout, visible.Lines(text))
		return err
	}
}

// counted returns the counts by state that the history has for a time, when they were
// counted, and the sentence that says so. The error is a [*problem.UsageError] for a
// text that is no time, and a [*problem.InputError] if nothing was counted then.
func (c *call) counted(ctx context.Context, text string) (*query.Census, time.Time, knowledge.Text, error) {
	var nothing knowledge.Text
	dir := cmp.Or(c.settings.DataDir, kept.DefaultData)
	at, err := kept.PastTime(text, c.env.Now())
	if err != nil {
		return nil, at, nothing, err
	}
	if c.env.Look == nil {
		return nil, at, nothing, &problem.UnsupportedError{Feature: "--at", Reason: "this program keeps no history", Zh: "不支持 --at：这个程序不保存历史"}
	}
	handler, done, err := c.env.Look(dir, c.env.Version, c.env.Now)
	if err != nil {
		return nil, at, nothing, err
	}
	defer done()
	a := askHandler(handler)
	states, err := a.instant(ctx, "sum by (state) (tcpvitals_connections)", at)
	if err != nil {
		return nil, at, nothing, err
	}
	if len(states) == 0 {
		return nil, at, nothing, &problem.InputError{
			Name: dir, Msg: "neither a snapshot nor the history tells of " + kept.Clock(at), Hint: "tcpvitals history shows what was kept, and when nothing was",
			Zh: "快照和历史里都没有 " + kept.Clock(at) + " 的内容", HintZh: "tcpvitals history 显示保存了什么，何时没有保存",
		}
	}
	census := &query.Census{Engine: "history", Format: "tcpvitals_connections"}
	for _, one := range states {
		if state, err := tcp.Parse(one.Metric["state"]); err == nil {
			census.Add(state, socket.KindUnknown, uint64(math.Round(one.Value.Value)))
		}
	}
	census.Limits = append(census.Limits, problem.Unread("BOUND", problem.FormatBound, census.Format).NeverShown())
	exact, err := a.instant(ctx, `tcpvitals_sample_exact{source="count"} and on () tcpvitals_sample_one_in == 1`, at)
	if err != nil {
		return nil, at, nothing, err
	}
	census.Exact = len(exact) == 1 && exact[0].Value.Value == 1
	when, err := a.instant(ctx, "max(timestamp(tcpvitals_connections))", at)
	if err != nil || len(when) != 1 {
		return nil, at, nothing, err
	}
	counted := time.UnixMilli(int64(math.Round(when[0].Value.Value * 1000)))
	return census, counted, knowledge.Text{
		En: fmt.Sprintf("of %s no snapshot was kept: the history tells, counted at %s in all network namespaces that tcpvitalsd looks at: %s", kept.Clock(at), kept.Clock(counted), dir),
		Zh: fmt.Sprintf("没有保存 %s 的快照：由历史回答（统计于 %s，包括 tcpvitalsd 查看的所有网络命名空间）：%s", kept.Clock(at), kept.Clock(counted), dir),
	}, nil
}
