// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

func TestWord(t *testing.T) {
	for in, want := range map[string]string{
		"nginx": "nginx", "tmux: server": "tmux: server", "a-b": "a-b", "kernel2": "kernel2", "(a": "(a",
		"": `""`, " ": `" "`, " a": `" a"`, "a ": `"a "`, "-": `"-"`, "?": `"?"`, "unknown": `"unknown"`, "Unknown": `"Unknown"`, "(kernel)": `"(kernel)"`,
		"(sd-pam)": `"(sd-pam)"`, `"-"`: `"\"-\""`, `""`: `"\"\""`, `a"b`: `a"b`, `(\)`: `"(\\)"`, "未知": `"未知"`, "\x1b": `\x1b`, " \x1b": `" \x1b"`, "\u00a0": `\u00a0`,
	} {
		if got := visible.Word(in); got != want {
			t.Errorf("Word(%q) = %s, want %s", in, got, want)
		}
	}
	seen := map[string]string{} // no two names look alike because of the quotes
	for _, name := range []string{"", `""`, `""""`, "-", `"-"`, " ", `" "`, "unknown", `"unknown"`, `"`, `"""`} {
		got := visible.Word(name)
		if other, twice := seen[got]; twice {
			t.Errorf("%q and %q are both %s", name, other, got)
		}
		seen[got] = name
	}
}

// TestPhrase: a name in a sentence cannot be read as part of it.
func TestPhrase(t *testing.T) {
	for in, want := range map[string]string{
		"nginx": "nginx", "all is well": `"all is well"`, "a:b": "a:b", "a:": `"a:"`, "a;": `"a;"`, "a：b": `"a：b"`,
		`x";y`: `"x\";y"`, `x"; rm -rf /;'`: `"x\"; rm -rf /;'"`, `a\ b`: `"a\\ b"`, `a\b`: `a\b`, "a \x1b": `"a \x1b"`,
	} {
		got := visible.Phrase(in)
		if got != want {
			t.Errorf("Phrase(%q) = %s, want %s", in, got, want)
		}
		if got[0] == '"' && visible.QuoteEnd(got+`: "x"`) != len(got) {
			t.Errorf("the quotes of %s end at %d", got, visible.QuoteEnd(got+`: "x"`))
		}
	}
}

func TestExcerpt(t *testing.T) {
	for in, want := range map[string]string{
		"": `""`, "abc": `"abc"`, "a\x1b\nb\u202e\xff": `"a\x1b\nb\u202e\xff"`,
		strings.Repeat("é", 80):            `"` + strings.Repeat("é", 80) + `"`,
		strings.Repeat("é", 81):            `"` + strings.Repeat("é", 80) + `…"`,
		strings.Repeat("\xff", 1<<20):      `"` + strings.Repeat(`\xff`, 80) + `…"`,
		strings.Repeat("x", 79) + "\u202e": `"` + strings.Repeat("x", 79) + `\u202e"`,
	} {
		if got := visible.Excerpt(in); got != want {
			t.Errorf("Excerpt(%.40q) = %.100s, want %.100s", in, got, want)
		}
	}
}
