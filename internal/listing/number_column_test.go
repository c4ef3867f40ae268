// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A grid is a table as people have it: a heading and rows.
type grid [][]string

// with returns the grid of two states with columns of keys before them and a column
// of numbers, which stands after them or before.
func with(keys []string, name string, first bool) grid {
	values := map[string][2]string{
		"proto": {"tcp", "tcp6"}, "Protocol": {"tcp", "tcp"}, "port": {"8443", "5432"}, "local_port": {"8443", "5432"}, "pid": {"771", "812"}, "OwningProcess": {"771", "812"},
		"local_address": {"10.20.0.4", "10.20.0.5"}, "remote_address": {"10.30.0.1", "10.30.0.2"}, "local": {"10.20.0.4:8443", "10.20.0.4:5432"}, "remote": {"10.30.0.1:40988", "10.30.0.2:40989"},
	}
	g := grid{{}, {}, {}}
	for _, k := range keys {
		g[0] = append(g[0], k)
		g[1], g[2] = append(g[1], values[k][0]), append(g[2], values[k][1])
	}
	g[0], g[1], g[2] = append(g[0], "state"), append(g[1], "ESTABLISHED"), append(g[2], "CLOSE_WAIT")
	for i, cell := range []string{name, "412", "88"} {
		if first {
			g[i] = append([]string{cell}, g[i]...)
		} else {
			g[i] = append(g[i], cell)
		}
	}
	return g
}

// tablesOf are ways to write a grid.
func tablesOf() map[string]func(g grid) string {
	joined := func(before, between, after string) func(g grid) string {
		return func(g grid) string {
			var b strings.Builder
			for _, row := range g {
				b.WriteString(before + strings.Join(row, between) + after + "\n")
			}
			return b.String()
		}
	}
	ruled := func(rule func(g grid) string, between string) func(g grid) string {
		return func(g grid) string {
			lines := strings.SplitAfterN(joined(strings.TrimLeft(between, " "), between, strings.TrimRight(between, " "))(g), "\n", 2)
			return lines[0] + rule(g) + "\n" + lines[1]
		}
	}
	return map[string]func(g grid) string{
		"markdown": ruled(func(g grid) string { return "|" + strings.Repeat("---|", len(g[0])) }, " | "),
		"psql": func(g grid) string {
			return joined(" ", " | ", "")(g[:1]) + strings.Repeat("-", 12) + "+" + strings.Repeat("-", 9) + "\n" + joined(" ", " | ", "")(g[1:]) + "(2 rows)\n"
		},
		"box": func(g grid) string {
			return "┌────┬────┐\n" + joined("│ ", " │ ", " │")(g[:1]) + "├────┼────┤\n" + joined("│ ", " │ ", " │")(g[1:]) + "└────┴────┘\n"
		},
		"MySQL": func(g grid) string {
			return "+----+----+\n" + joined("| ", " | ", " |")(g[:1]) + "+----+----+\n" + joined("| ", " | ", " |")(g[1:]) + "+----+----+\n"
		},
		"CSV":        joined("", ",", ""),
		"quoted CSV": joined(`"`, `","`, `"`),
		"semicolons": joined("", ";", ""),
		"TSV":        joined("", "\t", ""),
		"HTML": func(g grid) string {
			return "<table>\n<tr><th>" + strings.Join(g[0], "</th><th>") + "</th></tr>\n" + joined("<tr><td>", "</td><td>", "</td></tr>")(g[1:]) + "</table>\n"
		},
		"Jira":    func(g grid) string { return "||" + strings.Join(g[0], "||") + "||\n" + joined("|", "|", "|")(g[1:]) },
		"columns": joined("", "   ", ""),
		"PowerShell": func(g grid) string {
			return "\n" + joined("", "  ", "")(g[:1]) + strings.Repeat("----- ", len(g[0])) + "\n" + joined("", "  ", "")(g[1:]) + "\n"
		},
		"JSON": func(g grid) string {
			var all []string
			for _, row := range g[1:] {
				var members []string
				for i, cell := range row {
					if _, err := json.Number(cell).Int64(); err != nil {
						cell = `"` + cell + `"`
					}
					members = append(members, fmt.Sprintf("%q:%s", g[0][i], cell))
				}
				all = append(all, "{"+strings.Join(members, ",")+"}")
			}
			return "[" + strings.Join(all, ",\n") + "]\n"
		},
	}
}

// keysOfRows are columns that stand beside a state.
func keysOfRows() [][]string {
	return [][]string{{"proto"}, {"port"}, {"pid"}, {"remote_address"}, {"proto", "port"}, {"proto", "local", "remote"}, {"local_address", "local_port", "remote_address"}, {"OwningProcess"}, {"Protocol", "remote"}}
}

// TestNumberColumn: a column of numbers beside states and what tells one row from the
// next is what its heading says: a count in every language and format, a number of one
// socket, or it is reported.
func TestNumberColumn(t *testing.T) {
	const ones, sums = "ESTABLISHED 1, CLOSE_WAIT 1", "ESTABLISHED 412, CLOSE_WAIT 88"
	for _, name := range []string{"total", "Total", "n", "num", "qty", "#", "value", "hits", "sum", "Anzahl", "Nombre", "Cantidad", "quantidade", "件数", "数量", "개수", "количество", "Кол-во", "count", "COUNT(*)", "count_star", "total_count", "conn count", "number", "liczba", "aantal", "antal", "connections", "nb"} {
		for format, table := range tablesOf() {
			for _, keys := range keysOfRows() {
				for _, first := range []bool{false, true} {
					if (format == "columns" || format == "PowerShell") && strings.Contains(name, " ") || name == "count_star" {
						continue
					}
					text := table(with(keys, name, first))
					got, err := Count(strings.NewReader(text), "x")
					switch told := err != nil || !got.Whole(); {
					case err == nil && summary(&got.Counts) == sums:
					case first && told, format == "JSON" && told && numbersRows(name):
					default:
						t.Errorf("%s, %s: %s, %v, %v\n%s", name, format, summary(&got.Counts), err, got.Gaps, text)
					}
				}
			}
		}
	}
	for _, name := range []string{"blorp", "max", "average", "limit", "threshold", "percent", "yesterday", "delta", "weight", "Mittelwert", "平均", "seen", "dead", "score", "requests", "things"} {
		for format, table := range tablesOf() {
			for _, keys := range keysOfRows() {
				text := table(with(keys, name, false))
				got, err := Count(strings.NewReader(text), "x")
				if err == nil && (summary(&got.Counts) != ones || got.Whole()) {
					t.Errorf("%s, %s: %s, %v\n%s", name, format, summary(&got.Counts), got.Gaps, text)
				}
			}
		}
	}
	for _, name := range []string{"pid", "uid", "inode", "recvq", "Send-Q", "OwningProcess", "fd", "rtt", "cwnd", "retrans", "timeout", "bytes_sent", "rcvbuf", "family", "ifindex", "socket", "mss", "tx_queue", "backlog", "mark"} {
		for format, table := range tablesOf() {
			text := table(with([]string{"proto", "local", "remote"}, name, false))
			got, err := Count(strings.NewReader(text), "x")
			if err != nil || summary(&got.Counts) != ones || !got.Whole() {
				t.Errorf("%s, %s: %s, %v, %v\n%s", name, format, summary(&got.Counts), err, got.Gaps, text)
			}
		}
	}
}
