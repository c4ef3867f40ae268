// SPDX-License-Identifier: Apache-2.0

package render

import (
	"io"
	"iter"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A grid is a table whose columns are as wide as their widest cell. Numbers are
// right-aligned; a star after a number takes the gap.
type grid struct {
	right []bool
	rows  [][]string
	// many yields rows between the header and the others. It is called twice, for the
	// widths and for the output; the rows are not kept.
	many iter.Seq[[]string]
	// under moves the last columns below the row first if the table is too wide,
	// instead of the numbers before them.
	under bool
}

func (t *grid) header(name string, right bool) {
	if len(t.rows) == 0 {
		t.rows = append(t.rows, nil)
	}
	t.rows[0] = append(t.rows[0], name)
	t.right = append(t.right, right)
}

// row adds a row; others may have chosen the texts of its cells.
func (t *grid) row(cells []string) { t.rows = append(t.rows, shown(cells)) }

func shown(cells []string) []string {
	for i, c := range cells {
		cells[i] = visible.Text(c)
	}
	return cells
}

// each yields all rows with their numbers, the header first.
func (t *grid) each() iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		n := 0
		for i, cells := range t.rows {
			if !yield(n, cells) {
				return
			}
			n++
			if i > 0 || t.many == nil {
				continue
			}
			for cells := range t.many {
				if !yield(n, shown(cells)) {
					return
				}
				n++
			}
		}
	}
}

func (t *grid) String() string { return t.fit(0) }

// fit returns the table in at most width columns; 0 means no limit. If the table is
// wider, the last column stays and as many of the first as fit, or with under only
// the first ones. The others are printed below each row, with their names.
func (t *grid) fit(width int) string {
	var b strings.Builder
	_ = t.write(&b, width) // a Builder never fails
	return b.String()
}

// atOnce is how many bytes of a table are written at a time: one call per row takes
// longer than laying the row out.
const atOnce = 16 << 10

// write writes the table in the form of fit, several whole rows at a time.
func (t *grid) write(w io.Writer, width int) error {
	widths := t.widths()
	stay := t.stay(widths, width)
	var b strings.Builder
	for n, cells := range t.each() {
		t.line(&b, cells, widths, stay)
		if n > 0 {
			t.below(&b, cells, stay, width)
		}
		if b.Len() < atOnce {
			continue
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
		b.Reset()
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// line lays out the cells that stay in the row, without blanks at its end.
func (t *grid) line(b *strings.Builder, cells []string, widths []int, stay []bool) {
	blanks := 0
	put := func(text string) {
		bare := strings.TrimRight(text, " ")
		if bare != "" {
			pad(b, blanks)
			b.WriteString(bare)
			blanks = 0
		}
		blanks += len(text) - len(bare)
	}
	for i, c := range cells {
		if !stay[i] {
			continue
		}
		bare, star := strings.CutSuffix(c, "*")
		room := max(0, widths[i]-Width(bare))
		blanks++
		if t.right[i] {
			blanks += room
			room = 0
		}
		put(bare)
		blanks += room
		if star {
			put("*")
		} else {
			blanks++
		}
	}
	b.WriteString("\n")
}

// pad writes n blanks.
func pad(b *strings.Builder, n int) {
	const blanks = "                                "
	for ; n > len(blanks); n -= len(blanks) {
		b.WriteString(blanks)
	}
	b.WriteString(blanks[:n])
}

// below lays out the cells that do not stay in the row, with their names.
func (t *grid) below(b *strings.Builder, cells []string, stay []bool, width int) {
	var left []string
	for i, c := range cells {
		if !stay[i] {
			left = append(left, t.rows[0][i]+" "+c)
		}
	}
	if len(left) == 0 {
		return
	}
	for _, l := range Wrap(strings.Join(left, " · "), max(minMeaning, width-4)) {
		b.WriteString("    " + l + "\n")
	}
}

func (t *grid) widths() []int {
	widths := make([]int, len(t.right))
	for _, cells := range t.each() {
		for i, c := range cells {
			widths[i] = max(widths[i], Width(strings.TrimSuffix(c, "*")))
		}
	}
	return widths
}

// stay returns which columns are printed in the rows themselves. Each cell takes a
// blank before and after it, except the last.
func (t *grid) stay(widths []int, width int) []bool {
	stay := make([]bool, len(widths))
	last := len(widths) - 1
	if t.under && width > 0 && all(widths) > width {
		for i := range last {
			stay[i] = i == 0 || all(widths[:i+1]) <= width
		}
		return stay
	}
	taken := 1 + widths[last]
	stay[last] = true
	for i, w := range widths[:last] {
		taken += w + 2
		stay[i] = width <= 0 || taken <= width || i == 0
		if !stay[i] {
			break
		}
	}
	return stay
}

// all returns the width of adjacent columns.
func all(widths []int) int {
	taken := 1 - 2
	for _, w := range widths {
		taken += w + 2
	}
	return taken
}
