// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// TestHeadingBesideStates: a number beside a state is a count only below a heading of
// which every word says so. Below another it is told by that name, and a row is one;
// below a heading of ports a row is one.
func TestHeadingBesideStates(t *testing.T) {
	const ones, sums = "ESTABLISHED 1, CLOSE_WAIT 1", "ESTABLISHED 412, CLOSE_WAIT 88"
	formats := tablesOf()
	each := func(names []string, do func(t *testing.T, name, text string)) {
		for _, name := range names {
			for _, format := range []string{"CSV", "semicolons", "TSV", "quoted CSV", "markdown", "psql", "MySQL", "box", "Jira"} {
				for _, first := range []bool{false, true} {
					do(t, name, formats[format](with(nil, name, first)))
				}
			}
		}
	}
	each([]string{"max conns", "avg conns", "Count %", "Anteil %", "Conns yesterday", "Conns per host", "Host count", "Count threshold", "Anzahl max", "Nombre max", "max count", "count before", "Anzahl gestern", "mean sockets", "Sockets limit", "Hosts", "Number of hosts", "Number of servers", "Servers", "Nodes", "TTL", "VLAN", "Usage", "SLA", "24h", "avg5m", "max1h", "min5", "%%", "~", "≈", "⌀", "blorp", "Rack units", "Ticket", "Verbindungen gestern"}, func(t *testing.T, name, text string) {
		got, err := Count(strings.NewReader(text), "x")
		switch told := err != nil || !got.Whole(); {
		case !told:
			t.Errorf("%s: %s, nothing is told\n%s", name, summary(&got.Counts), text)
		case err == nil && summary(&got.Counts) == sums:
			t.Errorf("%s: counts are made of it, %v\n%s", name, got.Gaps, text)
		}
	})
	each([]string{"Lokaler Port", "Puerto local", "Port local", "Port distant", "Puerto remoto", "Porta locale", "Yerel port", "Peer Port", "Server Port", "Remote Port", "client_port", "Local Port"}, func(t *testing.T, name, text string) {
		if got, err := Count(strings.NewReader(text), "x"); err != nil || summary(&got.Counts) != ones || !got.Whole() {
			t.Errorf("%s: %s, %v, %v\n%s", name, summary(&got.Counts), err, got.Gaps, text)
		}
	})
	each([]string{"Count", "Connections", "Number of sockets", "Connection count", "num_sockets", "COUNT(*)", "count(1)", "COUNT(s.id)", "Sessions", "TCP connections", "Verbindungen", "Anzahl der Verbindungen", "Nombre de connexions", "Current count", "Total", "连接数", "接続"}, func(t *testing.T, name, text string) {
		if got, err := Count(strings.NewReader(text), "x"); err != nil || summary(&got.Counts) != sums || !got.Whole() {
			t.Errorf("%s: %s, %v, %v\n%s", name, summary(&got.Counts), err, got.Gaps, text)
		}
	})
}
