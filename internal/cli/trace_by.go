// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// runTraceBy counts by keys what a trace sees, and shows the counts at the end.
func runTraceBy(ctx context.Context, env *Env, o TraceOptions, text string) error {
	keys, err := query.ParseKeys(o.By)
	if err != nil {
		return err
	}
	filter, err := o.filter(env, text)
	if err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	people := o.Output == outputTable
	groups := query.NewGroups(query.GroupOptions{Keys: keys, Pivot: people && pivots(keys)})
	src, err := o.begin(ctx, env, filter)
	if err != nil {
		return err
	}
	defer src.close()
	tail, err := src.rows(ctx, filter, func(s *socket.Socket) bool { groups.Add(s); return true }, nil)
	if err != nil {
		return err
	}
	view := report.Grouping{
		Answer: groups.Top(o.Top), Filter: filter.String(), Notes: filter.Notes(), Host: src.about.Host,
		Engine: trace.Engine, Exact: tail.Exact(), Gaps: tail.Gaps,
	}
	g := &groupingView{GroupingTable: render.GroupingTable{Grouping: view, Lang: lang, Width: env.width()}, now: tail.Began, lost: !tail.Exact()}
	if err := g.write(env, o.Output); err != nil {
		return err
	}
	if g.partial() {
		return errPartial
	}
	return nil
}
