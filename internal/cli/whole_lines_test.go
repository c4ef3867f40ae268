// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A chopped writer keeps each write separate, and fails from a given one on.
type chopped struct {
	writes [][]byte
	fails  int
}

func (c *chopped) Write(p []byte) (int, error) {
	if c.fails > 0 && len(c.writes) == c.fails {
		return 0, errors.New("full")
	}
	c.writes = append(c.writes, bytes.Clone(p))
	return len(p), nil
}

// TestWholeLines: however a text is written in pieces, all of it comes in order, each
// write but the last ends with a line, and a line longer than the buffer stays whole.
func TestWholeLines(t *testing.T) {
	long := strings.Repeat("x", 3*outputBuffer) + "\n"
	var want strings.Builder
	for i := range 2000 {
		want.WriteString(strings.Repeat("ab ", i%40) + "\n")
	}
	want.WriteString(long + "no end")
	for _, size := range []int{3, 1000, outputBuffer, 1 << 20} {
		var to chopped
		w := newWholeLines(&to)
		for text := want.String(); text != ""; {
			n := min(size, len(text))
			if _, err := w.Write([]byte(text[:n])); err != nil {
				t.Fatal(err)
			}
			text = text[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := string(bytes.Join(to.writes, nil)); got != want.String() {
			t.Fatalf("pieces of %d: other text comes out", size)
		}
		for i, p := range to.writes[:len(to.writes)-1] {
			if p[len(p)-1] != '\n' {
				t.Errorf("pieces of %d: write %d of %d ends within a line", size, i, len(to.writes))
			}
		}
	}
}

// TestWholeLinesFail: after a failed write, every further call reports the failure.
func TestWholeLinesFail(t *testing.T) {
	to := chopped{fails: 1}
	w := newWholeLines(&to)
	line := []byte(strings.Repeat("y", 1000) + "\n")
	var err error
	for range 100 {
		if _, err = w.Write(line); err != nil {
			break
		}
	}
	if err == nil || w.Flush() == nil || len(to.writes) != 1 {
		t.Errorf("%v after %d writes", err, len(to.writes))
	}
}
