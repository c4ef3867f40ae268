// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

func queuesTool() tool {
	return tool{
		name: "queues", title: knowledge.Text{En: "Tell where connections wait, and where they are dropped", Zh: "哪里在排队，哪里在丢弃"},
		help: knowledge.Text{
			En: "The queues of listeners: how many connections wait for accept(), the limit and what set it, half-open connections, drops, the owner; the worst first.",
			Zh: "各监听套接字的队列：多少连接在等 accept()、上限及其来源、半连接、丢弃、归属；最严重的在前。",
		},
		takes:  []argument{filterArgument(), netnsArgument(), atArgument(), windowArgument(0), limitArgument(500, 100), skipArgument(), langArgument()},
		answer: askQueues,
	}
}

func askQueues(ctx context.Context, q *question) (*page, error) {
	src, source, err := q.open()
	if err != nil {
		return nil, err
	}
	defer closing(src)
	filter, err := q.filter(src)
	if err != nil {
		return nil, err
	}
	before, now, err := sampler.Window(ctx, q.clock(), q.window(), func(ctx context.Context, _ *sampler.Sample[*collect.QueueLook], _ time.Time) (*collect.QueueLook, error) {
		return collect.LookAtQueues(ctx, src, filter)
	})
	if err != nil {
		return nil, err
	}
	var past *collect.QueueLook
	if before != nil {
		past = before.Value
	}
	about := src.About()
	all := report.NewQueues(now.Value, past, about.At(now.At), about.Host, now.Since)
	all.Gaps = append(all.Gaps, now.Value.Report.Limits...)
	skip := min(q.number(argSkip, 0), len(all.Queues))
	part := func(n int) *report.Queues {
		a := all
		a.Queues = all.Queues[skip : skip+n]
		return &a
	}
	return &page{
		rows: min(len(all.Queues)-skip, q.number(argLimit, 0)), whole: len(all.Queues), source: source, skips: true,
		what:     knowledge.Text{En: "listeners", Zh: "个监听套接字"},
		narrow:   knowledge.Text{En: "with a filter such as 'sport = :443'", Zh: "加过滤条件，如 'sport = :443'"},
		text:     func(n int) string { return render.QueuesTable{Queues: *part(n), Lang: q.lang, Width: width}.String() },
		document: func(n int) ([]byte, error) { return written(part(n).JSON) },
	}, nil
}
