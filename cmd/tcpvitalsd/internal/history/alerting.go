// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// AlertOptions say which rules are evaluated over a history.
type AlertOptions struct {
	// Files are rules files of Prometheus.
	Files []string
	// Every is how often they are evaluated where a group does not say it.
	Every time.Duration
	// Send takes the alerts that have begun, go on or have ended. It must not wait.
	Send func(alerts []Alert)
	// Log takes what the rules say of themselves.
	Log *slog.Logger
}

// An Alert is one that fires, or has ended.
type Alert struct {
	Labels, Annotations map[string]string
	// Value is that of the expression when it was evaluated last.
	Value float64
	// Firing says that it fires; before, it waits for its time.
	Firing bool
	// Active is since when its expression has held. Starts is since when it fires,
	// Ends when that is over: a time to come where nothing more is heard of it.
	Active, Starts, Ends time.Time
}

// Alerting evaluates rules over a history until it is stopped. What it finds is not
// kept in the history: after a new start an alert waits for its time anew.
type Alerting struct{ manager *rules.Manager }

// resend is how long after it was sent an alert that goes on is sent again, as
// Prometheus does by default.
const resend = time.Minute

// Alerting reads the rules. The error names the file, and the place in it.
func (d *DB) Alerting(ctx context.Context, o *AlertOptions) (*Alerting, error) {
	load := &loader{parser: d.parser, log: logger(o.Log)}
	for _, file := range o.Files {
		if _, errs := load.Load(file, false, model.UTF8Validation); len(errs) > 0 {
			return nil, &problem.InputError{Name: file, Msg: errors.Join(errs...).Error(), Zh: "规则文件有误：" + errors.Join(errs...).Error()}
		}
	}
	m := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(d.engine, d.asker.store), Queryable: nowhere{}, AppendableV2: nowhere{}, Parser: d.parser,
		GroupLoader: load, Context: ctx, Logger: load.log, ResendDelay: resend, OutageTolerance: time.Hour, ForGracePeriod: 10 * time.Minute,
		NotifyFunc: func(_ context.Context, _ string, all ...*rules.Alert) { o.Send(alertsOf(all)) },
	})
	if err := m.Update(o.Every, o.Files, labels.EmptyLabels(), "", nil); err != nil {
		return nil, problem.Errorf("reading the rules: %w", "读取规则：%w", err)
	}
	return &Alerting{m}, nil
}

// Run evaluates until Stop.
func (a *Alerting) Run() { a.manager.Run() }

// Stop waits for what is being evaluated.
func (a *Alerting) Stop() { a.manager.Stop() }

// Alerts lists those that wait or fire now, by name and labels.
func (a *Alerting) Alerts() []Alert {
	var all []Alert
	for _, r := range a.manager.AlertingRules() {
		all = append(all, alertsOf(r.ActiveAlerts())...)
	}
	slices.SortFunc(all, func(x, y Alert) int {
		return cmp.Or(cmp.Compare(x.Labels[labels.AlertName], y.Labels[labels.AlertName]), x.Active.Compare(y.Active), cmp.Compare(labels.FromMap(x.Labels).String(), labels.FromMap(y.Labels).String()))
	})
	return all
}

func alertsOf(all []*rules.Alert) []Alert {
	out := make([]Alert, 0, len(all))
	for _, a := range all {
		one := Alert{
			Labels: a.Labels.Map(), Annotations: a.Annotations.Map(), Value: a.Value,
			Firing: a.State == rules.StateFiring, Active: a.ActiveAt, Starts: a.FiredAt, Ends: a.ValidUntil,
		}
		if !a.ResolvedAt.IsZero() {
			one.Ends = a.ResolvedAt
		}
		out = append(out, one)
	}
	return out
}

// longestRules is how many bytes a rules file may have.
const longestRules = 1 << 20

// loader reads rules files as every file that somebody else may have chosen.
type loader struct {
	parser parser.Parser
	log    *slog.Logger
}

// Load reads a file.
func (l *loader) Load(file string, unknown bool, names model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	text, err := userfile.Read(file, longestRules)
	if err != nil {
		return nil, []error{err}
	}
	return rulefmt.Parse(text, unknown, names, l.parser, l.log)
}

// Parse reads an expression.
func (l *loader) Parse(query string) (parser.Expr, error) { return l.parser.ParseExpr(query) }

// nowhere takes what rules would keep, and has kept nothing.
type nowhere struct{}

// AppenderV2 returns itself.
func (nowhere) AppenderV2(context.Context) storage.AppenderV2 { return nowhere{} }

// Append forgets a sample.
func (nowhere) Append(ref storage.SeriesRef, _ labels.Labels, _, _ int64, _ float64, _ *histogram.Histogram, _ *histogram.FloatHistogram, _ storage.AppendV2Options) (storage.SeriesRef, error) {
	return ref, nil
}

// Commit has nothing to write.
func (nowhere) Commit() error { return nil }

// Rollback has nothing to undo.
func (nowhere) Rollback() error { return nil }

// Querier has nothing to ask.
func (nowhere) Querier(int64, int64) (storage.Querier, error) { return storage.NoopQuerier(), nil }
