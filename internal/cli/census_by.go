// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A question is what a census is asked, beyond the count of all by state.
type question struct {
	filter *query.Filter
	keys   query.Keys
	sums   []*socket.Field
	top    int
}

// question reads the filter and --by, --sum and --top.
func (o CensusOptions) question(filter string, in *input) (question, error) {
	var q question
	var err error
	if q.filter, err = parseFilter(filter, in); err != nil {
		return q, err
	}
	by := o.By
	if by == "" {
		by = "state"
	}
	if q.keys, err = query.ParseKeys(by); err != nil {
		return q, err
	}
	if q.sums, err = query.ParseSums(o.Sum); err != nil {
		return q, err
	}
	q.top = o.Top
	return q, nil
}

// byState reports whether the answer is a plain census: counts by state.
func (q question) byState() bool {
	return len(q.keys) == 1 && q.keys[0].Field.ID == socket.FieldState && len(q.sums) == 0 && q.top == 0
}

// countRows counts by state what a filter chooses, or in other namespaces.
func countRows(ctx context.Context, in *input, q question) (*query.Census, error) {
	return engine.CountRows(q.filter, func(scan engine.Scan, visit engine.Visit) (*engine.Report, error) {
		return scanRows(ctx, in, scan, visit)
	})
}

// runCensusBy counts by any keys.
func runCensusBy(ctx context.Context, env *Env, o CensusOptions, in *input, q question) error {
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	people := o.Output == outputTable
	groups := query.NewGroups(query.GroupOptions{Keys: q.keys, Sum: q.sums, Pivot: people && pivots(q.keys)})
	inferred := query.NewGroups(query.GroupOptions{Keys: q.keys, Pivot: people && pivots(q.keys)})
	started := env.Now()
	scan := engine.Scan{Filter: q.filter, Fields: groups.Needs()}
	report, err := scanRows(ctx, in, scan, func(row *socket.Socket) bool {
		groups.Add(row)
		if row.Owner != nil && row.Owner.Confidence == socket.OwnerInferred {
			inferred.Add(row)
		}
		return true
	})
	if err != nil {
		return err
	}
	view := render.Grouping{
		Answer: groups.Top(q.top), Inferred: inferred.Top(0),
		Filter: q.filter.String(), Engine: report.Engine, Exact: report.Exact, Gaps: report.Gaps, Limits: report.Limits,
		Lang: lang, Width: env.width(),
	}
	view.Host = in.host(env)
	if people {
		view.Host = in.title(env)
	}
	if err := writeGrouping(env, o.Output, view, in.time(started)); err != nil {
		return err
	}
	if report.Partial() {
		return errPartial
	}
	return nil
}

// pivots reports whether states become columns: they are one of several keys.
func pivots(keys query.Keys) bool {
	return len(keys) > 1 && slices.ContainsFunc(keys, func(k query.Key) bool { return k.Field.ID == socket.FieldState })
}

func writeGrouping(env *Env, output string, view render.Grouping, now time.Time) error {
	switch output {
	case outputJSON:
		return render.JSON(env.Stdout, view.Document(now))
	case outputNDJSON:
		return render.CensusNDJSON(env.Stdout, view.Document(now))
	case outputCSV:
		return view.CSV(env.Stdout)
	default:
		_, err := io.WriteString(env.Stdout, view.Table())
		return err
	}
}
