// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// AlertOptions tell which rules are evaluated over a history.
type AlertOptions struct {
	// Files are rules files of Prometheus.
	Files []string
	// Every is the interval of groups that do not set one.
	Every time.Duration
	// Send receives the alerts that have begun, continue or have ended. It must not
	// block.
	Send func(alerts []Alert)
	// Log receives messages of the rules.
	Log *slog.Logger
}

// An Alert is an alert that waits, fires or has ended.
type Alert struct {
	Labels, Annotations map[string]string
	// Value is the last value of the expression.
	Value float64
	// Firing says that it fires; before that it waits for its duration.
	Firing bool
	// Active is since when the expression holds, Starts since when the alert fires,
	// Ends when it ends: a future time, at which it ends if no update follows.
	Active, Starts, Ends time.Time
}

// Alerting evaluates rules over a history until it is stopped. What they record is
// kept there, and the state of alerts, which goes on after a restart.
type Alerting struct {
	manager *rules.Manager
	db      *DB
	load    *loader
}

// resend is the interval at which a continuing alert is sent again, as in Prometheus
// by default.
const resend = time.Minute

// outage is how long the agent may be away for the state of alerts to be restored, as
// in Prometheus by default. Prometheus lets an alert that waits for less than ten
// minutes begin anew; here every one goes on where it was.
const outage = time.Hour

// Alerting reads the rules. The error names the file, and the place in it.
func (d *DB) Alerting(ctx context.Context, o *AlertOptions) (*Alerting, error) {
	load := &loader{parser: d.parser, log: logger(o.Log)}
	a := &Alerting{db: d, load: load}
	a.manager = rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(d.engine, d.asker.store), Queryable: d.asker.store, AppendableV2: recorder{d}, Parser: d.parser,
		GroupLoader: load, Context: ctx, Logger: load.log, ResendDelay: resend, OutageTolerance: outage,
		NotifyFunc: func(_ context.Context, _ string, all ...*rules.Alert) { o.Send(alertsOf(all)) },
	})
	return a, a.Follow(o.Files, o.Every)
}

// Follow reads rules files, and evaluates them in place of those of before; every is
// the interval of groups that do not set one. What has not changed goes on as it was.
// The error names the file, and the place in it; then nothing changes.
func (a *Alerting) Follow(files []string, every time.Duration) error {
	if err := a.load.readAll(files); err != nil {
		return err
	}
	if err := a.manager.Update(every, files, labels.EmptyLabels(), "", a.db.evaluate); err != nil {
		return problem.Errorf("reading the rules: %w", "读取规则：%w", err)
	}
	return nil
}

// CheckRules reads rules files. The error names the file, and the place in it.
func CheckRules(files []string) error {
	return (&loader{parser: parser.NewParser(parser.Options{}), log: logger(nil)}).readAll(files)
}

// Run evaluates until Stop.
func (a *Alerting) Run() { a.manager.Run() }

// Stop waits for the present evaluation.
func (a *Alerting) Stop() { a.manager.Stop() }

// Alerts lists the alerts that wait or fire now, by name and labels.
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

// longestRules is the greatest size of a rules file in bytes.
const longestRules = 1 << 20

// loader reads rules files with the checks for files that another user may have
// chosen.
type loader struct {
	parser parser.Parser
	log    *slog.Logger
	read   map[string]*rulefmt.RuleGroups // each file is read once: what was checked is what is evaluated
}

// readAll reads files anew, all of them or none.
func (l *loader) readAll(files []string) error {
	old := l.read
	l.read = map[string]*rulefmt.RuleGroups{}
	for _, file := range files {
		if _, errs := l.Load(file, false, model.UTF8Validation); len(errs) > 0 {
			l.read = old
			said := onceEach(errs)
			return &problem.InputError{Name: file, Msg: said, Zh: "规则文件有误：" + said}
		}
	}
	return nil
}

// onceEach says each error once: what is no YAML is told by each of two readings.
func onceEach(errs []error) string {
	var all []string
	for _, err := range errs {
		if text := err.Error(); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

// Load reads a file.
func (l *loader) Load(file string, unknown bool, names model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	if groups, ok := l.read[file]; ok {
		return groups, nil
	}
	text, err := userfile.Read(file, longestRules)
	if err != nil {
		return nil, []error{err}
	}
	groups, errs := rulefmt.Parse(text, unknown, names, l.parser, l.log)
	if len(errs) == 0 {
		l.read[file] = groups
	}
	return groups, errs
}

// Parse reads an expression.
func (l *loader) Parse(query string) (parser.Expr, error) { return l.parser.ParseExpr(query) }
