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

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A question is what a census asks for beyond counts by state.
type question struct {
	filter *query.Filter
	keys   query.Keys
	sums   []*socket.Field
	top    int
	sample uint32 // read one of so many buckets; 0 reads all
	within time.Duration
}

func (q question) sampled() bool { return q.sample > 1 || q.within > 0 }

// counting returns the question in the form that engines take.
func (q question) counting() engine.Counting {
	var sums socket.FieldSet
	for _, f := range q.sums {
		sums.Add(f.ID)
	}
	return engine.Counting{Filter: q.filter, Keys: q.keys, Fields: sums, Sample: q.sample, Within: q.within}
}

// parseSample parses 1/64, or 64.
func parseSample(text string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "1/"), 10, 17)
	if err != nil || n == 0 {
		return 0, &problem.UsageError{Msg: fmt.Sprintf("--sample %q is no part", text), Hint: "for example --sample 1/64; at most 1/65536", Zh: fmt.Sprintf("--sample %q 不是几分之一", text), HintZh: "例如 --sample 1/64；最小 1/65536"}
	}
	return uint32(n), nil
}

// question parses the filter and --by, --sum and --top.
func (o CensusOptions) question(env *Env, filter string, src engine.Source) (question, error) {
	var q question
	var err error
	if q.filter, err = parseFilter(filter, src, noter{env, o.Output, o.Lang}); err != nil {
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
	return q, o.checkSample(src)
}

// checkSample refuses questions that a sample cannot answer.
func (o CensusOptions) checkSample(src engine.Source) error {
	switch {
	case o.Within < 0:
		return &problem.UsageError{Msg: "--within must not be negative", Hint: "for example --within 2ms", Zh: "--within 不能为负数", HintZh: "例如 --within 2ms"}
	case o.Sample != "" && o.Within > 0:
		return &problem.UsageError{Msg: "--sample and --within exclude each other", Hint: "--within chooses the sample", Zh: "--sample 与 --within 不能同时使用", HintZh: "--within 会自己选定样本"}
	case (o.Sample != "" || o.Within > 0 || o.Explain) && !src.About().Live:
		return &problem.UsageError{Msg: "--sample, --within and --explain are for a live host", Hint: "leave them out: a file is read as a whole", Zh: "--sample、--within 和 --explain 只用于当前主机", HintZh: "请去掉：文件总是完整读取"}
	default:
		return nil
	}
}

// byState reports whether the answer is a plain census: counts by state.
func (q question) byState() bool {
	return len(q.keys) == 1 && q.keys[0].Field.ID == socket.FieldState && len(q.sums) == 0 && q.top == 0
}

// lookBy counts by any keys, once.
func (o CensusOptions) lookBy(ctx context.Context, env *Env, src engine.Source, q question, at time.Time, lang knowledge.Lang) (counts, error) {
	people := o.Output == outputTable
	pivot := people && pivots(q.keys) && !q.sampled()
	groups := query.NewGroups(query.GroupOptions{Keys: q.keys, Sum: q.sums, Pivot: pivot})
	inferred := query.NewGroups(query.GroupOptions{Keys: q.keys, Pivot: pivot})
	seen, err := collect.CountBy(ctx, src, q.counting(), groups, inferred)
	if err != nil {
		return nil, err
	}
	if seen.Sample != nil {
		groups.Scale(*seen.Sample)
	}
	traced, err := o.beside.gaps()
	if err != nil {
		return nil, err
	}
	seen.Gaps = append(seen.Gaps, traced...)
	view := report.Grouping{
		Answer: groups.Top(q.top), Inferred: inferred.Top(0),
		Filter: q.filter.String(), Notes: q.filter.Notes(), Engine: seen.Engine, Exact: seen.Exact && seen.Sample == nil, Sample: seen.Sample, Gaps: seen.Gaps, Limits: seen.Limits,
	}
	about := src.About()
	view.Host = about.Host
	if people {
		view.Host = title(about)
	}
	g := &groupingView{GroupingTable: render.GroupingTable{Grouping: view, Lang: lang, Width: env.width()}, now: about.At(at), lost: seen.Partial()}
	if o.again() {
		g.full = groups.Top(0)
	}
	return g, nil
}

// groupingView is what a census by keys shows.
type groupingView struct {
	render.GroupingTable

	now  time.Time
	full *query.Grouped // all groups; nil if they are not needed
	lost bool
}

func (v *groupingView) partial() bool { return v.lost }

func (v *groupingView) gaps() []problem.Gap { return v.Gaps }

func (v *groupingView) whole() report.Counted {
	all := v.Grouping
	all.Answer = v.full
	return all
}

func (v *groupingView) estimated() bool { return v.Sample != nil }

func (v *groupingView) table(*Env) (string, error) { return v.String(), nil }

func (v *groupingView) json(w io.Writer) error { return v.JSON(w, v.now) }

func (v *groupingView) write(env *Env, output string) error {
	switch output {
	case outputJSON:
		return v.JSON(env.Stdout, v.now)
	case outputNDJSON:
		return v.NDJSON(env.Stdout)
	case outputCSV:
		return v.CSV(env.Stdout)
	default:
		return v.Write(screen{env})
	}
}

// pivots reports whether states become columns: state is one of several keys.
func pivots(keys query.Keys) bool {
	return len(keys) > 1 && slices.ContainsFunc(keys, func(k query.Key) bool { return k.Field.ID == socket.FieldState })
}
