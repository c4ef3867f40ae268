// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"
)

// TestGridFolds: a column that does not fit is written below its row with its name,
// and no line is too wide.
func TestGridFolds(t *testing.T) {
	g := &grid{}
	for i, name := range []string{"listener", "owner", "waiting", "limit", "verdict"} {
		g.header(name, i == 2 || i == 3)
	}
	g.row([]string{"127.0.0.1:9000", "python3/26850", "5*", "4", "critical"})
	g.row([]string{":80", "?", "0", "511", "ok"})
	const folded = ` listener        owner          verdict
 127.0.0.1:9000  python3/26850  critical
    waiting 5* · limit 4
 :80             ?              ok
    waiting 0 · limit 511
`
	if got := g.fit(80); got != g.String() || strings.Count(got, "\n") != 3 {
		t.Errorf("it fits:\n%s", got)
	}
	if got := g.fit(44); got != folded {
		t.Errorf("want\n%s\ngot\n%s", folded, got)
	}
	for width := 30; width < 70; width++ {
		for line := range strings.Lines(g.fit(width)) {
			if Width(strings.TrimSuffix(line, "\n")) > width {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}
