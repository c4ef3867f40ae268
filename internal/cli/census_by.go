// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
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
	sample uint32 // one slot of the table in so many; 0 for all
	within time.Duration
}

func (q question) sampled() bool { return q.sample > 1 || q.within > 0 }

// counting is the question as the engines take it.
func (q question) counting() engine.Counting {
	var sums socket.FieldSet
	for _, f := range q.sums {
		sums.Add(f.ID)
	}
	return engine.Counting{Filter: q.filter, Keys: q.keys, Fields: sums, Sample: q.sample, Within: q.within}
}

// parseSample reads 1/64, or 64.
func parseSample(text string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "1/"), 10, 17)
	if err != nil || n == 0 {
		return 0, &problem.UsageError{Msg: fmt.Sprintf("--sample %q is no part", text), Hint: "for example --sample 1/64; at most 1/65536"}
	}
	return uint32(n), nil
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
	q.top, q.within = o.Top, o.Within
	if q.sample, err = parseSample(o.Sample); err != nil {
		return q, err
	}
	return q, o.checkSample(in)
}

// checkSample refuses estimates that nobody can make.
func (o CensusOptions) checkSample(in *input) error {
	switch {
	case o.Within < 0:
		return &problem.UsageError{Msg: "--within must not be negative", Hint: "for example --within 2ms"}
	case o.Sample != "" && o.Within > 0:
		return &problem.UsageError{Msg: "--sample and --within exclude each other", Hint: "--within chooses the sample"}
	case in.From != "" && (o.Sample != "" || o.Within > 0 || o.Explain):
		return &problem.UsageError{Msg: "--sample, --within and --explain are for a live host", Hint: "leave them out: a file is read as a whole"}
	default:
		return nil
	}
}

// byState reports whether the answer is a plain census: counts by state.
func (q question) byState() bool {
	return len(q.keys) == 1 && q.keys[0].Field.ID == socket.FieldState && len(q.sums) == 0 && q.top == 0
}

// countRows counts by state what a filter chooses, or in other namespaces.
func countRows(ctx context.Context, in *input, q question) (*query.Census, error) {
	if in.From == "" {
		return engine.CountStates(ctx, in.options(), q.filter)
	}
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
	pivot := people && pivots(q.keys) && !q.sampled()
	groups := query.NewGroups(query.GroupOptions{Keys: q.keys, Sum: q.sums, Pivot: pivot})
	inferred := query.NewGroups(query.GroupOptions{Keys: q.keys, Pivot: pivot})
	started := env.Now()
	report, err := countInto(ctx, in, q, groups, inferred)
	if err != nil {
		return err
	}
	if report.Sample != nil {
		groups.Scale(*report.Sample)
	}
	view := render.Grouping{
		Answer: groups.Top(q.top), Inferred: inferred.Top(0),
		Filter: q.filter.String(), Engine: report.Engine, Exact: report.Exact && report.Sample == nil, Sample: report.Sample, Gaps: report.Gaps, Limits: report.Limits,
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

// countInto lets whoever can count: the engines of this host, some of them inside
// the kernel, or a file.
func countInto(ctx context.Context, in *input, q question, groups, inferred *query.Groups) (*engine.Report, error) {
	add := func(row *socket.Socket) {
		groups.Add(row)
		if row.Owner != nil && row.Owner.Confidence == socket.OwnerInferred {
			inferred.Add(row)
		}
	}
	if in.From != "" {
		return scanRows(ctx, in, engine.Scan{Filter: q.filter, Fields: groups.Needs()}, func(row *socket.Socket) bool {
			add(row)
			return true
		})
	}
	return engine.Count(ctx, in.options(), q.counting(), func(row *socket.Socket, n engine.Counted) {
		switch {
		case n.Sampled:
			groups.AddSampled(row, n.Sockets, n.Squares)
		case n.Sockets == 1:
			add(row)
		default:
			groups.AddN(row, n.Sockets)
		}
	})
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
