// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// argBy is by what sockets are counted.
const argBy = "by"

func censusTool() tool {
	return tool{
		name: "census", title: knowledge.Text{En: "Count TCP connections", Zh: "统计 TCP 连接"},
		help: knowledge.Text{
			En: "Count the TCP sockets of this host by state, or by any fields: process, unit, container, port, peer, namespace; the greatest groups first.",
			Zh: "按状态或任何字段统计本机的 TCP 套接字：进程、单元、容器、端口、对端、命名空间；最大的组在前。",
		},
		takes: []argument{filterArgument(), {name: argBy, help: knowledge.Text{
			En: "count by these fields instead of state, separated by commas, such as process,state or remote/24,sport; explain with words keys tells more",
			Zh: "按这些字段而不是按状态计数，以逗号分隔，例如 process,state 或 remote/24,sport；用 explain 查 keys",
		}}, netnsArgument(), atArgument(), limitArgument(200, 50), langArgument()},
		answer: askCensus,
	}
}

func askCensus(ctx context.Context, q *question) (*page, error) {
	by := cmp.Or(q.text(argBy), "state")
	src, source, err := q.open()
	if _, none := errors.AsType[*kept.NoneError](err); none && by == "state" && q.text(argFilter) == "" && q.Counted != nil {
		return fromSeries(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	defer closing(src)
	filter, err := q.filter(src)
	if err != nil {
		return nil, err
	}
	if by != "state" {
		return groups(ctx, q, src, filter, by, source)
	}
	began := q.Now()
	c, err := engine.Census(ctx, src, filter)
	if err != nil {
		return nil, err
	}
	about := src.About()
	table := render.CensusTable{Census: c, Host: about.Host, Took: q.Now().Sub(began), Lang: q.lang, Width: width, Asked: filter.States(), Scope: q.scope(about)}
	d := report.NewCensusDocument(c, about.Host, about.At(q.Now()))
	d.Filter, d.Notes = filter.String(), filter.Notes()
	return byState(table, d, source), nil
}

// byState is a count by state, which always fits.
func byState(table render.CensusTable, d report.CensusDocument, source knowledge.Text) *page {
	return &page{source: source, text: func(int) string { return table.String() }, document: func(int) ([]byte, error) { return line(d) }}
}

// fromSeries counts by state from the numbers of the history, where no snapshot was
// kept.
func fromSeries(ctx context.Context, q *question) (*page, error) {
	c, at, source, err := q.Counted(ctx, q.text(argAt))
	if err != nil {
		return nil, err
	}
	return byState(render.CensusTable{Census: c, Lang: q.lang, Width: width, Asked: tcp.AllStates}, report.NewCensusDocument(c, "", at), source), nil
}

// groups counts by keys. Groups beyond those that are shown are one, so that the sum
// is right.
func groups(ctx context.Context, q *question, src engine.Source, filter *query.Filter, by string, source knowledge.Text) (*page, error) {
	keys, err := query.ParseKeys(by)
	if err != nil {
		return nil, err
	}
	counted := query.NewGroups(query.GroupOptions{Keys: keys})
	inferred := query.NewGroups(query.GroupOptions{Keys: keys})
	seen, err := collect.CountBy(ctx, src, engine.Counting{Filter: filter, Keys: keys}, counted, inferred)
	if err != nil {
		return nil, err
	}
	about := src.About()
	part := func(n int) report.Grouping {
		return report.Grouping{
			Answer: counted.Top(max(1, n)), Inferred: inferred.Top(0), Filter: filter.String(), Notes: filter.Notes(),
			Host: about.Host, Engine: seen.Engine, Exact: seen.Exact, Gaps: seen.Gaps, Limits: seen.Limits,
		}
	}
	whole := 0
	for range counted.Top(0).Groups() {
		whole++
	}
	return &page{
		rows: min(whole, q.number(argLimit, 0)), whole: whole, source: source,
		what:   knowledge.Text{En: "groups, which are summed up as one", Zh: "组（合为一组）"},
		narrow: knowledge.Text{En: "ask with a filter, with fewer keys, or with a greater limit", Zh: "加过滤条件、减少字段，或增大 limit"},
		text: func(n int) string {
			return render.GroupingTable{Grouping: part(n), Lang: q.lang, Width: width}.String()
		},
		document: func(n int) ([]byte, error) {
			return written(func(w io.Writer) error { return part(n).JSON(w, about.At(q.Now())) })
		},
	}, nil
}
