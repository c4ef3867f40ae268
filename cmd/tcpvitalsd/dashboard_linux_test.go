// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/dashboard"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestDashboardIsAnswered: a live agent, in whose namespace a queue is full, ports become
// fewer and connections end, answers every query of the dashboard with series, as it is
// for a data source of one host, and with all hosts chosen.
func TestDashboardIsAnswered(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "4")
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40999")
	full := listening(t, ns) // nobody accepts there
	defer full.Close()
	port := holding(t, ns, false)
	a := start(t, ns, "--data-dir", filepath.Join(t.TempDir(), "history"), "--every", "1s")
	told, _ := a.get("/metrics")
	open := map[string]string{} // queries that are not answered yet, with their panels
	variables := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*")
	for _, row := range dashboard.Rows() {
		for _, p := range row.Panels {
			for _, e := range p.Exprs {
				if why := cannot(e.PromQL, told); why != "" {
					t.Logf("%s: %s", p.Title.En, why)
					continue
				}
				open[variables.Replace(e.PromQL)] = p.Title.En
			}
		}
	}
	all := len(open)
	until(t, "every query is answered", func() bool {
		ns.Do(func() {
			for _, c := range unawaited(8081) {
				t.Cleanup(func() { _ = c.Close() })
			}
			for range 5 {
				for _, c := range connect(port) {
					t.Cleanup(func() { _ = c.Close() })
				}
			}
			for _, c := range connect(port) {
				_ = c.Close()
			}
		})
		for query, title := range open {
			if n := answered(t, a, query); n > 0 {
				t.Logf("%s: %d series", title, n)
				delete(open, query)
			}
		}
		return len(open) == 0
	})
	for query, title := range open {
		t.Errorf("%s is not answered: %s", title, query)
	}
	if all < 20 {
		t.Errorf("only %d queries", all)
	}
}

// cannot says why a query has no answer in a namespace of its own, "" if it has to have one.
func cannot(query, told string) string {
	switch {
	case strings.Contains(query, "connection_ends") && !strings.Contains(told, "\ntcpvitals_traced 1\n"):
		return "it needs a trace, which is not allowed here"
	case strings.Contains(query, "memory_limit_bytes") && !strings.Contains(told, "\ntcpvitals_memory_limit_bytes{"):
		return "tcp_mem is in the first network namespace alone"
	default:
		return ""
	}
}

// answered is how many series a query gives now.
func answered(t *testing.T, a *running, query string) int {
	t.Helper()
	body, code := a.get("/api/v1/query?query=" + url.QueryEscape(query))
	var answer struct {
		Data struct{ Result []any }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != 200 {
		t.Fatal(query, code, err, body)
	}
	return len(answer.Data.Result)
}
