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
