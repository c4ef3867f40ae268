// SPDX-License-Identifier: Apache-2.0

package problem_test

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestUnderlined: the carets stand below what is wrong, and the input on one line,
// whatever is in it.
func TestUnderlined(t *testing.T) {
	for _, test := range []struct {
		src        string
		start, end int
		want       string
	}{
		{"a b c", 2, 3, "a b c\n  ^"},
		{"abc", 3, 3, "abc\n   ^"},
		{"é bad", 3, 6, "é bad\n  ^^^"},
		{"a\nFORGED", 2, 8, `a\nFORGED` + "\n   ^^^^^^"},
		{"a\x1b[2Kb", 1, 2, `a\x1b[2Kb` + "\n ^^^^"},
		{"\u202ea\xff", 4, 5, `\u202ea\xff` + "\n       ^^^^"},
	} {
		e := problem.SyntaxError{Src: test.src, Start: test.start, End: test.end}
		if got := e.Underlined(); got != test.want {
			t.Errorf("%q:\n%s\nwant\n%s", test.src, got, test.want)
		}
	}
}
