// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"
)

// TestChangesMakeTheFrame: what is written of a frame makes the screen that the whole
// frame would make, whatever was there before: wide characters, colours, blanks.
func TestChangesMakeTheFrame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"ESTABLISHED", "已消失的套接字", "1,234", "é", " ", "╭──╮", "▶", "a字b", ""}
	for _, m := range []manner{{colour: true}, {}, {colour: true, ascii: true}, {colour: true, light: true}} {
		width, height := 60, 12
		shown := vt.NewSafeEmulator(width, height)
		var before *canvas
		saved := 0
		for step := range 150 {
			now := newCanvas(width, height)
			if before != nil { // a few things change
				copy(now.cells, before.cells)
			}
			for range 1 + random.IntN(6) {
				x, y := random.IntN(width), random.IntN(height)
				if random.IntN(9) == 0 {
					now.blank(0, y)
					continue
				}
				now.put(x, y, random.IntN(width), ink(random.IntN(int(chosen)+1)), words[random.IntN(len(words))])
			}
			var b bytes.Buffer
			now.changes(&b, before, m)
			if before != nil {
				saved += len(strings.Join(now.lines(m), "\r\n")) - b.Len()
			}
			_, _ = shown.Write(b.Bytes())
			whole := vt.NewSafeEmulator(width, height)
			for y, l := range now.lines(m) {
				_, _ = fmt.Fprintf(whole, "\x1b[%dH%s", y+1, l)
			}
			for at := range width * height {
				got, want := shown.CellAt(at%width, at/width), whole.CellAt(at%width, at/width)
				const reverse = "\x1b[7m"
				blank := strings.TrimSpace(got.Content) == "" && got.Style.String() != reverse && want.Style.String() != reverse
				if got.Content != want.Content || !blank && got.Style != want.Style {
					t.Fatalf("%+v, step %d, cell %d: %+v, want %+v: %q\nis\n%s\nand should be\n%s", m, step, at, got, want, b.String(), shown, whole)
				}
			}
			before = now
		}
		if saved < 0 {
			t.Errorf("%+v: changes take %d bytes more than frames", m, -saved)
		}
	}
}
