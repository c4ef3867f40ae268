// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// watched are the metrics that the screens of tcpvitals watch show.
func watched() []string {
	return []string{
		"connections", "sample_one_in", "transitions_total", "connection_ends_by_total", "group_connections", "rules",
		"accept_queue_connections", "accept_queue_limit", "accept_queue_drops_total", "half_open_connections", "ports_free", "ports_capacity",
	}
}

// newPastCommand returns the command that tcpvitals watch --ago starts. It prints what
// was kept, look by look, as a [report.Past].
func newPastCommand(c *call, l knowledge.Lang) *cobra.Command {
	h := &retrospect{call: c}
	cmd := &cobra.Command{
		Use: "past", Hidden: true, Args: noArgs,
		Short: knowledge.Text{En: "Print what was kept, for tcpvitals watch", Zh: "输出保存的内容，供 tcpvitals watch 使用"}.In(l),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.past(cmd.Context(), cmd.Flags())
		},
	}
	f := cmd.Flags()
	f.StringVar(&h.since, "since", "1h", knowledge.Text{En: "how long back", Zh: "多久以前起"}.In(l))
	f.StringVar(&h.server, "server", "", knowledge.Text{En: "`URL` of the agent to ask", Zh: "要询问的 agent 的 `URL`"}.In(l))
	return cmd
}

func (h *retrospect) past(ctx context.Context, f *pflag.FlagSet) error {
	if err := h.settle(f); err != nil {
		return err
	}
	from, to, err := h.span()
	if err != nil {
		return err
	}
	a, done, err := h.asker(ctx)
	if err != nil {
		return noPast(err)
	}
	defer done()
	p := report.Past{Schema: report.PastSchema, From: from.UTC(), To: to.UTC(), Who: h.who(a), Series: []report.PastSeries{}}
	lines, err := a.kept(ctx, watched(), from, to)
	if err != nil {
		return err
	}
	for _, l := range lines {
		p.Series = append(p.Series, pastSeries(&l))
	}
	if len(lines) == 0 {
		return &problem.InputError{
			Name: p.Who, Msg: "the history has nothing of the time since " + kept.Clock(from), Hint: "tcpvitals history --since 1d shows what was kept",
			Zh: "历史中没有 " + kept.Clock(from) + " 以来的内容", HintZh: "tcpvitals history --since 1d 显示保存的内容",
		}
	}
	if p.PastFindings, err = a.findings(ctx, from, to); err != nil {
		return err
	}
	return report.JSONLine(h.env.Stdout, p)
}

// noPast says what can be done where nobody answers.
func noPast(err error) error {
	if _, ok := errors.AsType[*problem.UsageError](err); !ok {
		return err
	}
	return &problem.UsageError{
		Msg:  "watch knows this host from now on only: " + problem.Wording(err, false),
		Hint: problem.Hint(err, false) + "; while watch runs it keeps the last hour: press space, then the arrow keys; saved machines: tcpvitals watch --from FILE -t 10m",
		Zh:   "watch 只知道从现在起的本机：" + problem.Wording(err, true), HintZh: problem.Hint(err, true) + "；watch 运行期间保存最近一小时：按空格，再用方向键；保存的机器：tcpvitals watch --from FILE -t 10m",
	}
}

// who returns the address of the agent, or the directory that is read.
func (h *retrospect) who(a *asker) string {
	if a.within {
		return h.settings.DataDir
	}
	return a.base
}

// pastSeries leaves out what JSON has no number for.
func pastSeries(l *line) report.PastSeries {
	s := report.PastSeries{Labels: l.Metric, At: []int64{}, Values: []float64{}}
	for _, p := range l.Values {
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			s.At, s.Values = append(s.At, int64(math.Round(p.At*1000))), append(s.Values, p.Value)
		}
	}
	return s
}

// kept queries the samples of metrics as they were kept, each with its own time: a
// range would have steps instead of looks, and would fill holes.
func (a *asker) kept(ctx context.Context, names []string, from, to time.Time) (told []line, err error) {
	expr := fmt.Sprintf(`{__name__=~"tcpvitals_(%s)"}[%s]`, strings.Join(names, "|"), span(to.Sub(from)))
	var answer struct{ Result []line }
	err = a.instantly(ctx, expr, to, &answer)
	return answer.Result, err
}
