// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

// faster is by how much time is shortened in the copy of the shipped rules that the tests
// use: how long an alert waits, how long it goes on, and the windows of rates.
const faster = 30

// fasterRules returns a copy of the shipped rules in which time goes by a factor faster.
func fasterRules(t *testing.T, by int) (path string) {
	t.Helper()
	shipped, err := os.ReadFile("../../packaging/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	quick := regexp.MustCompile(`(for: '|\[|offset )(\d+[smh])('|\]|\))`).ReplaceAllStringFunc(string(shipped), func(found string) string {
		n++
		at := strings.IndexAny(found, "0123456789")
		long, err := model.ParseDuration(found[at : len(found)-1])
		if err != nil {
			t.Fatal(err)
		}
		return found[:at] + model.Duration(max(time.Duration(long)/time.Duration(by), time.Millisecond)).String() + found[len(found)-1:]
	})
	if n < 2*strings.Count(quick, "- alert:") {
		t.Fatalf("only %d times are shortened", n)
	}
	path = filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, []byte(quick), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// firing returns the names of the alerts that fire.
func (a *running) firing() (names []string) {
	a.Helper()
	body, _ := a.get("/api/v1/alerts")
	var answer struct {
		Data struct {
			Alerts []struct {
				State  string
				Labels map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		a.Fatal(err, body)
	}
	for _, one := range answer.Data.Alerts {
		if one.State == "firing" {
			names = append(names, one.Labels["alertname"])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
