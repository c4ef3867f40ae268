// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func rulesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAlertFiresAndEnds: an alert waits, fires with its labels and words, and is
// over when its series has ended.
func TestAlertFiresAndEnds(t *testing.T) {
	db := open(t, Options{Dir: filepath.Join(t.TempDir(), "h"), Limits: Limits{Lookback: 30 * time.Second}})
	w := db.Writer()
	put(t, w, time.Now(), point("queue", 7, "port", "80"))
	var mu sync.Mutex
	var sent []Alert
	a, err := db.Alerting(t.Context(), &AlertOptions{
		Files: []string{rulesFile(t, `groups: [{name: g, rules: [{alert: Full, expr: queue > 5, for: 1s, labels: {severity: critical}, annotations: {summary: "{{ $labels.port }} has {{ $value }}"}}]}]`)},
		Every: 500 * time.Millisecond,
		Send: func(all []Alert) {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, all...)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	go a.Run()
	defer a.Stop()
	last := func(ok func(a Alert) bool) Alert {
		t.Helper()
		for late := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			mu.Lock()
			for _, one := range sent {
				if ok(one) {
					mu.Unlock()
					return one
				}
			}
			mu.Unlock()
			if time.Now().After(late) {
				t.Fatalf("not among %+v", sent)
			}
		}
	}
	fired := last(func(a Alert) bool { return a.Firing })
	if fired.Labels["alertname"] != "Full" || fired.Labels["port"] != "80" || fired.Labels["severity"] != "critical" ||
		fired.Annotations["summary"] != "80 has 7" || !fired.Ends.After(time.Now()) {
		t.Errorf("%+v", fired)
	}
	if all := a.Alerts(); len(all) != 1 || !all[0].Firing || all[0].Value != 7 {
		t.Errorf("%+v", all)
	}
	put(t, w, time.Now()) // the series ends
	over := last(func(a Alert) bool { return !a.Firing && !a.Ends.IsZero() && !a.Ends.After(time.Now()) })
	if !over.Starts.Equal(fired.Starts) {
		t.Errorf("began at %s and ended as one of %s", fired.Starts, over.Starts)
	}
	if all := a.Alerts(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// TestWrongRules: a file that is no rules file is refused with its name and what
// is wrong, before anything is evaluated.
func TestWrongRules(t *testing.T) {
	db := open(t, Options{Dir: filepath.Join(t.TempDir(), "h")})
	for text, want := range map[string]string{
		"groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]":         "unclosed",
		"groups: [{name: g, rules: [{alert: A, exp: up}]}]":              "exp",
		"groups: [{name: g, rules: [{alert: A, expr: up, for: 1 day}]}]": "duration",
		"]": "yaml",
	} {
		path := rulesFile(t, text)
		_, err := db.Alerting(t.Context(), &AlertOptions{Files: []string{path}, Every: time.Second, Send: func([]Alert) {}})
		var input *problem.InputError
		if !errors.As(err, &input) || input.Name != path || !strings.Contains(input.Msg, want) || input.Zh == "" {
			t.Errorf("%s: %v, want it to say %q", text, err, want)
		}
	}
	if _, err := db.Alerting(t.Context(), &AlertOptions{Files: []string{filepath.Join(t.TempDir(), "none")}, Every: time.Second, Send: func([]Alert) {}}); err == nil {
		t.Error("a file that is not there is taken")
	}
}

// TestAlertStateIsKept: an alert that has waited goes on waiting after a restart and
// does not begin anew; what rules record is there too. Rules that are wrong are not
// followed, others are.
func TestAlertStateIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "h")
	rules := rulesFile(t, `groups: [{name: g, rules: [{record: "queue:max", expr: max(queue)}, {alert: Full, expr: queue > 5, for: 1h}]}]`)
	run := func(until func(db *DB, a *Alerting) bool) {
		t.Helper()
		db := open(t, Options{Dir: dir})
		w := db.Writer()
		a, err := db.Alerting(t.Context(), &AlertOptions{Files: []string{rules}, Every: 200 * time.Millisecond, Send: func([]Alert) {}})
		if err != nil {
			t.Fatal(err)
		}
		go a.Run()
		for late := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			put(t, w, time.Now(), point("queue", 7, "port", "80"))
			if until(db, a) {
				break
			}
			if time.Now().After(late) {
				t.Fatal("not within a minute")
			}
		}
		a.Stop()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	count := func(db *DB, expr string) int {
		answer, err := askAt(t.Context(), db, expr, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(answer.Rows)
	}
	var since time.Time
	run(func(db *DB, a *Alerting) bool {
		if all := a.Alerts(); len(all) == 1 {
			since = all[0].Active
		}
		return !since.IsZero() && time.Since(since) > 4*time.Second && count(db, `queue:max == 7`) == 1 && count(db, `ALERTS{alertname="Full",alertstate="pending"}`) == 1 && count(db, `ALERTS_FOR_STATE`) == 1
	})
	time.Sleep(time.Second)
	began := time.Now()
	run(func(_ *DB, a *Alerting) bool {
		all := a.Alerts()
		// The time away does not count as waiting, and that before it does.
		return len(all) == 1 && all[0].Active.Before(began.Add(-time.Second)) && !all[0].Active.Before(since.Truncate(time.Second))
	})
	run(func(_ *DB, a *Alerting) bool {
		wrong := rulesFile(t, "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]")
		if err := a.Follow([]string{wrong}, time.Second); err == nil {
			t.Error("wrong rules are followed")
		}
		other := rulesFile(t, `groups: [{name: h, rules: [{alert: Other, expr: queue > 6}]}]`)
		if err := a.Follow([]string{other}, 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for late := time.Now().Add(60 * time.Second); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
			if all := a.Alerts(); len(all) == 1 && all[0].Labels["alertname"] == "Other" {
				return true
			}
		}
		return false
	})
}
