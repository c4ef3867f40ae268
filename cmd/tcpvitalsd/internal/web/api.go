// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"context"
	"net/http"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
)

// A History answers the queries of the API: a [*history.DB] or a [*history.View].
type History interface {
	At(ctx context.Context, expr string, at time.Time, use func(*history.Answer) error) error
	Over(ctx context.Context, expr string, from, to time.Time, step time.Duration, use func(*history.Answer) error) error
	Series(ctx context.Context, s history.Scope) (rows []history.Row, cut bool, err error)
	LabelNames(ctx context.Context, s history.Scope) ([]string, error)
	LabelValues(ctx context.Context, label string, s history.Scope) ([]string, error)
	Spans(ctx context.Context, s history.Scope, pause time.Duration) (spans []history.Span, cut bool, err error)
}

// MaxForm is the greatest size in bytes of the form of a query.
const MaxForm = 64 << 10

// An API answers requests below /api/v1/.
type API struct {
	history History
	version string
	now     func() time.Time
	alarm   *alarm // nil if no rules are evaluated
}

// New returns an API. version is that of the program; now is the clock for queries
// without a time.
func New(h History, version string, now func() time.Time) *API {
	return &API{history: h, version: version, now: now}
}

// Handler serves these paths: query, query_range, labels, label/NAME/values, series,
// alerts, and status/buildinfo, by which Grafana recognizes what it talks to
// (Prometheus, docs/querying/api.md); and findings, which Prometheus does not have.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	serve := func(path string, answer http.HandlerFunc) {
		mux.HandleFunc("GET /api/v1/"+path, answer)
		mux.HandleFunc("POST /api/v1/"+path, answer)
	}
	serve("query", respondLent(a.query))
	serve("query_range", respondLent(a.queryRange))
	for path, answer := range map[string]func(*http.Request) (any, []string, error){
		"labels":              a.labels,
		"series":              a.series,
		"findings":            a.findings,
		"alerts":              a.alerts,
		"status/buildinfo":    a.buildInfo,
		"metadata":            a.nothing,
		"query_exemplars":     a.nothingListed,
		"label/{name}/values": a.labelValues,
	} {
		serve(path, respond(answer))
	}
	return mux
}

func (a *API) query(r *http.Request, use func(*history.Answer) error) error {
	at, err := a.moment(r, "time", a.now())
	if err != nil {
		return err
	}
	ctx, cancel, err := within(r)
	if err != nil {
		return err
	}
	defer cancel()
	return a.history.At(ctx, r.Form.Get("query"), at, use)
}

func (a *API) queryRange(r *http.Request, use func(*history.Answer) error) error {
	from, to, err := a.span(r, true)
	if err != nil {
		return err
	}
	step, err := duration(r.Form.Get("step"))
	if err != nil {
		return badParameter("step", err)
	}
	ctx, cancel, err := within(r)
	if err != nil {
		return err
	}
	defer cancel()
	return a.history.Over(ctx, r.Form.Get("query"), from, to, step, use)
}

func (a *API) labels(r *http.Request) (any, []string, error) {
	scope, err := a.scope(r)
	if err != nil {
		return nil, nil, err
	}
	names, err := a.history.LabelNames(r.Context(), scope)
	return list(names), nil, err
}

func (a *API) labelValues(r *http.Request) (any, []string, error) {
	scope, err := a.scope(r)
	if err != nil {
		return nil, nil, err
	}
	values, err := a.history.LabelValues(r.Context(), r.PathValue("name"), scope)
	return list(values), nil, err
}

func (a *API) series(r *http.Request) (any, []string, error) {
	scope, err := a.scope(r)
	if err != nil {
		return nil, nil, err
	}
	if len(scope.Selectors) == 0 {
		return nil, nil, badParameter("match[]", errMissing)
	}
	rows, cut, err := a.history.Series(r.Context(), scope)
	if err != nil {
		return nil, nil, err
	}
	found := make([]metric, len(rows))
	for i := range rows {
		found[i] = metricOf(&rows[i])
	}
	var notes []string
	if cut {
		notes = append(notes, "there are more series than are listed")
	}
	return found, notes, nil
}

func (a *API) buildInfo(*http.Request) (any, []string, error) {
	return map[string]string{"application": "tcpvitalsd", "version": a.version}, nil, nil
}

func (a *API) nothing(*http.Request) (any, []string, error) { return struct{}{}, nil, nil }

func (a *API) nothingListed(*http.Request) (any, []string, error) { return []string{}, nil, nil }

// list returns names, or an empty list for nil, so that JSON has no null.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
