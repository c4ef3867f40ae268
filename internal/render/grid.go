// SPDX-License-Identifier: Apache-2.0

package render

import "strings"

// A grid is a table whose columns are as wide as their widest cell. Numbers
// stand to the right; a star behind a number hangs over into the gap.
type grid struct {
	right []bool
	rows  [][]string
}

func (t *grid) header(name string, right bool) {
	if len(t.rows) == 0 {
		t.rows = append(t.rows, nil)
	}
	t.rows[0] = append(t.rows[0], name)
	t.right = append(t.right, right)
}

func (t *grid) row(cells []string) { t.rows = append(t.rows, cells) }

func (t *grid) String() string {
	widths := make([]int, len(t.right))
	for _, cells := range t.rows {
		for i, c := range cells {
			widths[i] = max(widths[i], Width(strings.TrimSuffix(c, "*")))
		}
	}
	var b strings.Builder
	for _, cells := range t.rows {
		var line strings.Builder
		for i, c := range cells {
			line.WriteString(" " + t.cell(c, widths[i], t.right[i]))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// cell pads a cell to its column and one more, which a star may use.
func (t *grid) cell(c string, width int, right bool) string {
	bare, star := strings.CutSuffix(c, "*")
	tail := " "
	if star {
		tail = "*"
	}
	if right {
		return strings.Repeat(" ", max(0, width-Width(bare))) + bare + tail
	}
	return Pad(bare, width) + tail
}
