// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

func doctorTool() tool {
	return tool{
		name: "doctor", title: knowledge.Text{En: "Tell whether anything is wrong", Zh: "判断有没有问题"},
		help: knowledge.Text{
			En: "Judge the TCP sockets, counters and parameters of this host by rules: each finding names the cause, its owner, what to turn and how to check it, the worst first. Begin with this.",
			Zh: "按规则诊断本机的 TCP 套接字、计数器和参数：每条发现给出原因、归属、该调整什么、如何验证，最严重的在前。请先用它。",
		},
		takes:  []argument{netnsArgument(), atArgument(), windowArgument(3), skipArgument(), langArgument()},
		answer: askDoctor,
	}
}

func askDoctor(ctx context.Context, q *question) (*page, error) {
	src, source, err := q.open()
	if err != nil {
		return nil, err
	}
	defer closing(src)
	c := collect.Closeness{Scope: q.scope(src.About())}
	var seen *collect.Window
	if src.About().Live {
		var before, now *sampler.Sample[*collect.Examined]
		before, now, err = sampler.Window(ctx, q.clock(), q.window(), c.Pass(src, q.window() > 0))
		if err == nil {
			seen = c.WindowOf(src.About(), before, now)
		}
	} else {
		seen, err = c.One(ctx, src)
	}
	if err != nil {
		return nil, err
	}
	whole := report.NewDoctor(seen, q.Now())
	all := whole.Findings
	skip := min(q.number(argSkip, 0), len(all))
	part := func(n int) *report.Doctor {
		d, diagnosis := whole, *whole.Diagnosis
		diagnosis.Findings = all[skip : skip+n]
		d.Diagnosis = &diagnosis
		return &d
	}
	return &page{
		rows: len(all) - skip, whole: len(all), source: source, skips: true,
		what:   knowledge.Text{En: "findings", Zh: "条发现"},
		narrow: knowledge.Text{En: "for one namespace with netns", Zh: "用 netns 只查一个命名空间"},
		text: func(n int) string {
			return render.DoctorText{Doctor: part(n), Lang: q.lang, Width: width}.String()
		},
		document: func(n int) ([]byte, error) { return written(part(n).JSON) },
		trim:     trimDoctor(whole.Worst()),
	}, nil
}

// trimDoctor keeps what is found: of what was not, the codes alone. The severity is
// that of all findings, whichever are shown.
func trimDoctor(worst diagnose.Severity) func(map[string]any) {
	return func(d map[string]any) {
		d["worst"] = worst.String()
		if passed, ok := d["passed"].([]any); ok {
			d["passed"] = len(passed)
		}
		var codes []any
		missed, _ := d["not_judged"].([]any)
		for _, one := range missed {
			if rule, ok := one.(map[string]any); ok {
				codes = append(codes, rule["code"])
			}
		}
		if d["not_judged"] = codes; codes == nil {
			d["not_judged"] = []any{}
		}
		for _, key := range []string{"namespaces", "not_judged"} {
			shorten(d, key)
		}
	}
}
