// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// MaxSeries is how many series or names one question is answered with.
const MaxSeries = 20_000

// A Scope is what part of the history a question is about: series that one of
// the selectors takes (all without any), between two moments.
type Scope struct {
	Selectors []string
	From, To  time.Time
}

// Series lists the series of a scope, at most [MaxSeries]; cut reports whether
// there are more. The error is a [*QueryError].
func (a *asker) Series(ctx context.Context, s Scope) (rows []Row, cut bool, err error) {
	err = a.inScope(ctx, s, func(q storage.Querier, sets [][]*labels.Matcher) error {
		seen := map[string]bool{}
		for _, matchers := range sets {
			set := q.Select(ctx, true, &storage.SelectHints{Start: s.From.UnixMilli(), End: s.To.UnixMilli(), Func: "series"}, matchers...)
			for set.Next() {
				ls := set.At().Labels()
				if key := ls.String(); !seen[key] {
					if len(rows) == MaxSeries {
						cut = true
						return nil
					}
					seen[key] = true
					name, rest := split(ls)
					rows = append(rows, Row{Name: name, Labels: rest})
				}
			}
			if err := set.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, cut, err
}

// LabelNames lists the names of labels in a scope. The error is a [*QueryError].
func (a *asker) LabelNames(ctx context.Context, s Scope) ([]string, error) {
	return a.names(ctx, s, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		names, _, err := q.LabelNames(ctx, nil, m...)
		return names, err
	})
}

// LabelValues lists the values of a label in a scope. The error is a [*QueryError].
func (a *asker) LabelValues(ctx context.Context, label string, s Scope) ([]string, error) {
	return a.names(ctx, s, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		values, _, err := q.LabelValues(ctx, label, nil, m...)
		return values, err
	})
}

func (a *asker) names(ctx context.Context, s Scope, ask func(storage.Querier, []*labels.Matcher) ([]string, error)) ([]string, error) {
	var all []string
	err := a.inScope(ctx, s, func(q storage.Querier, sets [][]*labels.Matcher) error {
		for _, matchers := range sets {
			names, err := ask(q, matchers)
			if err != nil {
				return err
			}
			all = append(all, names...)
		}
		return nil
	})
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), MaxSeries)], err
}

// inScope asks a querier of the scope's time.
func (a *asker) inScope(ctx context.Context, s Scope, ask func(storage.Querier, [][]*labels.Matcher) error) error {
	done, err := a.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	sets, err := a.selectors(s.Selectors)
	if err != nil {
		return err
	}
	q, err := a.store.Querier(s.From.UnixMilli(), s.To.UnixMilli())
	if err != nil {
		return queryError(problem.Errorf("reading the history: %w", "读取历史：%w", err))
	}
	defer q.Close() //nolint:errcheck // it was only read
	if err := ask(q, sets); err != nil {
		return queryError(err)
	}
	return nil
}

// selectors are the matchers of each; one set that takes all when there is none.
func (a *asker) selectors(texts []string) ([][]*labels.Matcher, error) {
	if len(texts) == 0 {
		return [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, "")}}, nil
	}
	sets := make([][]*labels.Matcher, 0, len(texts))
	for _, text := range texts {
		if len(text) > MaxText {
			return nil, bad("the selector has %d bytes, more than %d", len(text), MaxText)
		}
		matchers, err := a.parser.ParseMetricSelector(text)
		if err != nil {
			return nil, &QueryError{Kind: BadData, Err: err}
		}
		sets = append(sets, matchers)
	}
	return sets, nil
}
