// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A retrospect holds the arguments of the command history.
type retrospect struct {
	*call

	since, until, server, output string
}

func newHistoryCommand(c *call, l knowledge.Lang) *cobra.Command {
	h := &retrospect{call: c}
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(l) }
	cmd := &cobra.Command{
		Use: "history [METRIC | EXPRESSION]", Short: say("Show the history: numbers over time, and findings with begin and end", "显示保存的内容：数字的变化，以及诊断发现的起止时间"),
		Long: say(`Draw the lines of a metric, or of an expression in PromQL; without one, connections
by state. Then list what was found from when to when.

The agent that runs is asked. Where none answers, the directory of --data-dir is read.`, `画出一个指标或 PromQL 表达式的曲线，不给则为按状态的连接数；然后列出各诊断发现从何时到何时。

询问正在运行的 agent；没有时读取 --data-dir 的目录。`),
		Example: "  tcpvitalsd history --since 12h\n  tcpvitalsd history --since 03:00 --until 04:00 tcpvitals_accept_queue_connections\n  tcpvitalsd history 'sum by (unit) (tcpvitals_group_connections)'",
		Args:    oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.run(cmd.Context(), cmd.Flags(), strings.Join(args, ""))
		},
	}
	f := cmd.Flags()
	f.StringVar(&h.since, "since", "1h", say("how long back, or since which `time`: 12h, 03:00 (the last one, local time), 2026-11-30T03:00:00Z", "多久以前，或从何时（`time`）起：12h、03:00（最近一次，本地时间）、2026-11-30T03:00:00Z"))
	f.StringVar(&h.until, "until", "", say("until which `time` (default: now)", "到何时（`time`）为止，默认现在"))
	f.StringVar(&h.server, "server", "", say("`URL` of the agent to ask (default: what --listen says)", "要询问的 agent 的 `URL`（默认按 --listen）"))
	f.StringVarP(&h.output, "output", "o", "table", say("table or json", "table 或 json"))
	return cmd
}

func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	return noArgs(cmd, args[1:])
}

// run queries and prints.
func (h *retrospect) run(ctx context.Context, f *pflag.FlagSet, expr string) error {
	if err := h.settle(f); err != nil {
		return err
	}
	if h.output != "table" && h.output != "json" {
		return &problem.UsageError{Msg: fmt.Sprintf("--output: %q is not table or json", h.output), Zh: fmt.Sprintf("--output：%q 不是 table 或 json", h.output)}
	}
	// The width of the labels is known only with the answer: assume the widest.
	columns := render.HistoryColumns(h.width(), []string{strings.Repeat("m", 16)})
	p, err := h.look(ctx, expr, columns)
	if err != nil {
		return err
	}
	if h.output == "json" {
		return report.JSON(h.env.Stdout, p.document())
	}
	view := p.view(knowledge.LocaleLang(h.env.Getenv))
	view.Width, view.ASCII = h.width(), knowledge.LocaleASCII(h.env.Getenv)
	text := view.String()
	if view.ASCII {
		text = render.ASCII(text)
	}
	_, err = io.WriteString(h.env.Stdout, visible.Lines(text))
	return err
}

// A past is what a history answered for a period.
type past struct {
	expr     string
	from, to time.Time
	step     time.Duration
	lines    []line
	found    report.PastFindings
}

// look queries so many numbers of each line, and the findings.
func (h *retrospect) look(ctx context.Context, expr string, columns int) (*past, error) {
	from, to, err := h.span()
	if err != nil {
		return nil, err
	}
	step := max(time.Second, (to.Sub(from)/time.Duration(columns-1) + time.Second - 1).Truncate(time.Second))
	a, done, err := h.asker(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	p := &past{expr: expression(expr, step), from: from, to: to, step: step}
	if p.lines, err = a.over(ctx, p.expr, p.first(), to, step); err != nil {
		return nil, err
	}
	p.found, err = a.findings(ctx, from, to)
	return p, err
}

// first returns the time of the first column: less than a step after the beginning, so
// that the last one is at the end. It would otherwise be up to a step before, and a
// history of less than that would look empty.
func (p *past) first() time.Time { return p.to.Add(-p.to.Sub(p.from).Truncate(p.step)) }

// view arranges the answer for people.
func (p *past) view(lang knowledge.Lang) render.History {
	v := render.History{Query: p.expr, From: p.from, To: p.to, Findings: p.found, Lang: lang}
	v.Lines, v.Left = drawn(p.lines, p.first(), p.to, p.step)
	return v
}

// span returns the period that was asked for.
func (h *retrospect) span() (from, to time.Time, err error) {
	now := h.env.Now()
	refuse := func(flag, text string) error {
		return &problem.UsageError{
			Msg: fmt.Sprintf("--%s is no time that is over: %q", flag, text), Hint: "for example 12h, 03:00, '2026-11-30 03:00' or 2026-11-30T03:00:00Z",
			Zh: fmt.Sprintf("--%s 不是已经过去的时间：%q", flag, text), HintZh: "例如 12h、03:00、'2026-11-30 03:00' 或 2026-11-30T03:00:00Z",
		}
	}
	read := func(flag, text string, otherwise time.Time) (time.Time, error) {
		if text == "" {
			return otherwise, nil
		}
		if d, ok := kept.ParseSpan(text); ok {
			return now.Add(-d), nil
		}
		at, ok := kept.ParseTime(text, now)
		if !ok || at.After(now) {
			return at, refuse(flag, text)
		}
		return at, nil
	}
	if from, err = read("since", h.since, now.Add(-time.Hour)); err != nil {
		return from, to, err
	}
	if to, err = read("until", h.until, now); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, refuse("since", h.since)
	}
	return from, to, nil
}

// asker returns who answers: the running agent, or the directory of its history.
func (h *retrospect) asker(ctx context.Context) (a *asker, done func(), err error) {
	base := cmp.Or(strings.TrimSuffix(h.server, "/"), h.base())
	a, done = askServer(base), func() {}
	err = a.get(ctx, "status/buildinfo", nil, &struct{}{})
	if err == nil || !errors.Is(err, errNobody) && (h.server != "" || h.settings.DataDir == "") {
		return a, done, err
	}
	if h.server != "" || h.settings.DataDir == "" || h.env.Look == nil {
		return nil, nil, &problem.UsageError{
			Msg: "no tcpvitalsd answers at " + base, Hint: "tcpvitals serve --data-dir " + kept.DefaultData + " starts one that keeps a history; --data-dir reads the directory of one that has ended",
			Zh: base + " 没有 tcpvitalsd 应答", HintZh: "用 tcpvitals serve --data-dir " + kept.DefaultData + " 启动一个保存历史的；用 --data-dir 读取已结束的那个的目录",
		}
	}
	handler, done, err := h.env.Look(h.settings.DataDir, h.env.Version, h.env.Now)
	if err != nil {
		return nil, nil, err
	}
	return askHandler(handler), done, nil
}

// base returns the address at which the agent answers, from the settings.
func (h *retrospect) base() string {
	host, port, err := splitListen(h.settings.Listen)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if h.settings.WebConfig != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// defaultWidth is the width for a pipe.
const defaultWidth = 100

func (h *retrospect) width() int {
	if n, err := strconv.Atoi(h.env.Getenv("COLUMNS")); err == nil && n > 0 {
		return min(n, 500)
	}
	if out, ok := h.env.Stdout.(*os.File); ok {
		if n, ok := render.TerminalWidth(out); ok {
			return n
		}
	}
	return defaultWidth
}

// oneMetric matches a metric, perhaps with labels, but no expression.
var oneMetric = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}]*\})?$`)

// instant is the widest column, in time, that shows the number at its time. A wider
// column shows the greatest number of its time, so that no peak is lost.
const instant = 15 * time.Second

// expression turns the typed text into PromQL: the rate of a metric that only grows,
// the greatest number per column of any other metric.
func expression(text string, step time.Duration) string {
	text = strings.TrimSpace(text)
	window := max(step, time.Minute)
	if text == "" {
		if step < instant {
			return "sum by (state) (tcpvitals_connections)"
		}
		return fmt.Sprintf("sum by (state) (max_over_time(tcpvitals_connections[%s]))", span(step))
	}
	match := oneMetric.FindStringSubmatch(text)
	switch {
	case match == nil:
		return text
	case isCounter(match[1]):
		return fmt.Sprintf("rate(%s[%s])", text, span(window))
	case step < instant:
		return text
	default:
		return fmt.Sprintf("max_over_time(%s[%s])", text, span(step))
	}
}

func span(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + "s" }

func isCounter(name string) bool {
	for _, m := range metrics.All() {
		if m.Name == name {
			return m.Kind == metrics.Counter
		}
	}
	return strings.HasSuffix(name, "_total")
}

// mostLines is how many lines are drawn: those with the greatest numbers.
const mostLines = 20

// drawn arranges lines in columns.
func drawn(lines []line, from, to time.Time, step time.Duration) (all []render.HistoryLine, left int) {
	columns := int(to.Sub(from)/step) + 1
	same := common(lines)
	most := map[string]float64{}
	for _, l := range lines {
		out := render.HistoryLine{Label: label(l.Metric, same), Values: make([]float64, columns)}
		for i := range out.Values {
			out.Values[i] = math.NaN()
		}
		for _, p := range l.Values {
			if at := int(math.Round((p.At - float64(from.UnixMilli())/1000) / step.Seconds())); at >= 0 && at < columns {
				out.Values[at] = p.Value
				most[out.Label] = max(most[out.Label], math.Abs(p.Value))
			}
		}
		all = append(all, out)
	}
	slices.SortStableFunc(all, func(a, b render.HistoryLine) int {
		return cmp.Or(-cmp.Compare(most[a.Label], most[b.Label]), cmp.Compare(a.Label, b.Label))
	})
	n := min(len(all), mostLines)
	return all[:n], len(all) - n
}

// common returns the labels that have the same value in all lines.
func common(lines []line) map[string]string {
	if len(lines) < 2 {
		return map[string]string{}
	}
	same := maps.Clone(lines[0].Metric)
	for _, l := range lines[1:] {
		maps.DeleteFunc(same, func(name, value string) bool { return l.Metric[name] != value })
	}
	return same
}

// label names a line by the labels in which it differs from others.
func label(metric, same map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(metric)) {
		if _, ok := same[name]; !ok && name != "__name__" {
			parts = append(parts, visible.Text(metric[name]))
		}
	}
	if name := metric["__name__"]; name != "" && same["__name__"] == "" && len(parts) == 0 {
		return name
	}
	return strings.Join(parts, " ")
}

// document arranges the answer for programs.
func (p *past) document() report.History {
	d := report.History{Schema: report.HistorySchema, Query: p.expr, From: p.from.UTC(), To: p.to.UTC(), Step: p.step.Seconds(), Series: []report.HistorySeries{}, PastFindings: p.found}
	for _, l := range p.lines {
		s := report.HistorySeries{Labels: l.Metric, Samples: []report.HistorySample{}}
		for _, p := range l.Values {
			v := report.HistorySample{At: time.UnixMilli(int64(math.Round(p.At * 1000))).UTC()}
			if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
				v.Value = &p.Value
			}
			s.Samples = append(s.Samples, v)
		}
		d.Series = append(d.Series, s)
	}
	return d
}
