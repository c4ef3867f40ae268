// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

func portsTool() tool {
	return tool{
		name: "ports", title: knowledge.Text{En: "Tell how many local ports are left", Zh: "还剩多少本地端口"},
		help: knowledge.Text{
			En: "For each source address and destination of outgoing connections: local ports used, blocked, reusable and free, and when they run out: the answer to \"cannot assign requested address\". The fullest first.",
			Zh: "对每个源地址和目标：已用、被占、可重用和空闲的本地端口，以及何时用完，即 \"cannot assign requested address\" 的答案。最满的在前。",
		},
		takes:  []argument{netnsArgument(), atArgument(), windowArgument(0), limitArgument(500, 20), skipArgument(), langArgument()},
		answer: askPorts,
	}
}

func askPorts(ctx context.Context, q *question) (*page, error) {
	src, source, err := q.open()
	if err != nil {
		return nil, err
	}
	defer closing(src)
	before, now, err := sampler.Window(ctx, q.clock(), q.window(), collect.PortsPass(src))
	if err != nil {
		return nil, err
	}
	var past *collect.PortLook
	if before != nil {
		past = before.Value
	}
	about := src.About()
	all := report.NewPorts(now.Value, past, about.At(now.At), about.Host, now.Since)
	skip := min(q.number(argSkip, 0), len(all.Uses))
	part := func(n int) *report.Ports {
		a := all
		a.Uses = all.Uses[skip : skip+n]
		return &a
	}
	return &page{
		rows: min(len(all.Uses)-skip, q.number(argLimit, 0)), whole: len(all.Uses), source: source, skips: true,
		what:     knowledge.Text{En: "destinations", Zh: "个目标"},
		narrow:   knowledge.Text{En: "for one namespace with netns", Zh: "用 netns 只查一个命名空间"},
		text:     func(n int) string { return render.PortsTable{Ports: *part(n), Lang: q.lang, Width: width}.String() },
		document: func(n int) ([]byte, error) { return written(part(n).JSON) },
	}, nil
}
