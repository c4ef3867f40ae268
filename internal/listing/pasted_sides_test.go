// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// ofSides are rows of one side of a diff, and numbers beside states that count
// something else.
func ofSides() []paste {
	const (
		side  = "one side of a diff"
		aside = "count no sockets"
	)
	return []paste{
		{name: "a new file", source: "git diff, diff -N, without its heading", text: before("+", abc), want: counts, says: side, lossy: true},
		{name: "a new file of ss", source: "diff -u | grep ^+", text: before("+ ", ssABC), want: counts, says: side, lossy: true},
		{name: "the left side", source: "diff | grep '^<'", text: before("< ", rowA+rowB+rowC), want: counts, says: side, lossy: true},
		{name: "marks before some rows", source: "diff -u, its heading cut off", text: " " + rowA + "+" + rowB + "+" + rowC, says: "diff"},
		{name: "a quoted mail", source: "mail", text: before("> ", abc), want: counts},
		{name: "an interval", source: "a script", text: `{"interval":60,"ESTABLISHED":7}`, want: "ESTABLISHED 7", says: "counts no sockets"},
		{name: "an interval behind", source: "a script", text: "{\n  \"ESTABLISHED\": 7,\n  \"interval\": 60\n}\n", want: "ESTABLISHED 7", says: `interval: 60`},
		{name: "an interval as a text", source: "a script", text: `{"interval":"60","ESTABLISHED":"7"}`, want: "ESTABLISHED 7", says: "counts no sockets"},
		{name: "several", source: "a script", text: `{"uptime":86400,"load":2,"max":512,"ESTABLISHED":7,"LISTEN":2}`, want: "ESTABLISHED 7, LISTEN 2", says: "3 numbers beside the states " + aside},
		{name: "a column of queues", source: "a script", text: `{"ESTABLISHED":7,"recv_q":128}`, want: "ESTABLISHED 7", says: "recv_q: 128"},
		{name: "a time, a port and a total", source: "a script", text: `{"ts":1738555506,"port":8080,"ESTABLISHED":7,"LISTEN":2,"total":9}`, want: "ESTABLISHED 7, LISTEN 2"},
	}
}

func TestSides(t *testing.T) {
	for _, p := range ofSides() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
	got, err := countSmall(`{"ts":1738555506,"port":8080,"ESTABLISHED":7}`)
	for _, g := range got.Gaps {
		if err != nil || strings.Contains(string(g.Code), "other-numbers") {
			t.Errorf("what tells whose the counts are is told as a number of something else: %+v, %v", g, err)
		}
	}
}
