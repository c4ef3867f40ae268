// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"
	"math"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// The arguments that only history has.
const (
	argExpr  = "expr"
	argSince = "since"
	argUntil = "until"
)

// The history is drawn in so many columns, with so many lines: the text and the
// document share the room with the findings.
const (
	historyColumns = 16
	historyLines   = 10
)

func historyTool() tool {
	when := "12h, 03:00, 2026-11-30T03:00:00Z"
	return tool{
		name: "history", title: knowledge.Text{En: "Show numbers over time, and past findings", Zh: "显示数字的变化和过去的发现"},
		help: knowledge.Text{
			En: "What tcpvitalsd has kept: numbers over a period, and what was found from when to when and whose it was. It asks the tcpvitalsd that runs, or reads the directory of its history.",
			Zh: "tcpvitalsd 保存的内容：一段时间内的数字，以及从何时到何时有什么发现、归属于谁。询问正在运行的 tcpvitalsd，或读取其历史目录。",
		},
		takes: []argument{
			{name: argExpr, help: knowledge.Text{
				En: "a metric, such as tcpvitals_accept_queue_connections, or an expression in PromQL; without it, connections by state. explain with words metrics lists the metrics",
				Zh: "一个指标，如 tcpvitals_accept_queue_connections，或 PromQL 表达式；不给则为按状态的连接数。用 explain 查 metrics",
			}},
			{name: argSince, help: knowledge.Text{En: "how long back, or since when: " + when + "; without it 1h", Zh: "多久以前，或从何时起：" + when + "；不给则为 1h"}},
			{name: argUntil, help: knowledge.Text{En: "until when; without it now", Zh: "到何时为止；不给则为现在"}},
			skipArgument(), langArgument(),
		},
		answer: askHistory,
	}
}

func askHistory(ctx context.Context, q *question) (*page, error) {
	since := q.text(argSince)
	if since == "" {
		since = "1h"
	}
	document, view, err := q.History(ctx, q.text(argExpr), since, q.text(argUntil), historyColumns, q.lang)
	if err != nil {
		return nil, err
	}
	view.Width = width
	if more := len(view.Lines) - historyLines; more > 0 {
		view.Lines, view.Left = view.Lines[:historyLines], view.Left+more
	}
	all := document.Findings
	skip := min(q.number(argSkip, 0), len(all))
	return &page{
		rows: len(all) - skip, whole: len(all), skips: true,
		what:   knowledge.Text{En: "findings", Zh: "条发现"},
		narrow: knowledge.Text{En: "for a shorter time with since and until", Zh: "用 since 和 until 缩短时间"},
		text: func(n int) string {
			v := view
			v.Findings.Findings = all[skip : skip+n]
			return v.String()
		},
		document: func(n int) ([]byte, error) { return line(short(&document, all[skip:skip+n])) },
	}, nil
}

// A shortHistory is a [report.History] with numbers at regular times instead of
// samples: from, and each step_seconds after it; null if there is none.
type shortHistory struct {
	Schema    string               `json:"schema"`
	Query     string               `json:"query"`
	From      string               `json:"from"`
	Step      float64              `json:"step_seconds"`
	Series    []shortSeries        `json:"series"`
	NotShown  int                  `json:"series_not_shown,omitempty"`
	Findings  []report.PastFinding `json:"findings"`
	MoreFound bool                 `json:"cut"`
}

type shortSeries struct {
	Labels map[string]string `json:"labels"`
	Values []*float64        `json:"values"`
}

func short(d *report.History, findings []report.PastFinding) shortHistory {
	s := shortHistory{
		Schema: d.Schema, Query: d.Query, From: d.From.Format("2006-01-02T15:04:05Z07:00"), Step: d.Step,
		Series: []shortSeries{}, NotShown: max(0, len(d.Series)-historyLines), Findings: findings, MoreFound: d.Cut,
	}
	for _, one := range d.Series[:min(len(d.Series), historyLines)] {
		values := make([]*float64, int(d.To.Sub(d.From).Seconds()/d.Step)+1)
		for _, p := range one.Samples {
			if at := int(math.Round(p.At.Sub(d.From).Seconds() / d.Step)); at >= 0 && at < len(values) && p.Value != nil {
				rounded := math.Round(*p.Value*1000) / 1000
				values[at] = &rounded
			}
		}
		s.Series = append(s.Series, shortSeries{one.Labels, values})
	}
	return s
}
