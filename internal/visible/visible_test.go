// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		"nginx":                           "nginx",
		`a\x1b`:                           `a\x1b`,
		"内核 é ✗ │ ▲ 🙂":                    "内核 é ✗ │ ▲ 🙂",
		"e\u0301":                         "e\u0301",
		"\u1100\u1161\u11a8":              "\u1100\u1161\u11a8", // Hangul in pieces
		"ที่นี้ क्षि":                     "ที่นี้ क्षि",
		"\u0301a":                         `\u0301a`, // on nothing of its own
		"1\u0301 \u0302-\u0303":           `1\u0301 \u0302-\u0303`,
		"a\u0338b\u20dd":                  `a\u0338b\u20dd`, // crossed out, enclosed
		"\u2800\u00a0\u3000":              `\u2800\u00a0\u3000`,
		"\U0001d159\U00013441":            `\U0001d159\U00013441`,
		"\u115f\u1160\u17b4\u17b5":        `\u115f\u1160\u17b4\u17b5`,
		"\ue000\u0378\U000f0000":          `\ue000\u0378\U000f0000`,
		"\u1161\u11a8":                    `\u1161\u11a8`,
		"a" + strings.Repeat("\u0301", 6): "a" + strings.Repeat("\u0301", 4) + `\u0301\u0301`,
		"\x1b]0;PWN\x07":                  `\x1b]0;PWN\x07`,
		"a\nb\r\tc\x00\x7f":               `a\nb\r\tc\x00\x7f`,
		"\u009b31m":                       `\u009b31m`,
		"\x9b31m":                         `\x9b31m`,
		"\u202egnp.exe\u202c":             `\u202egnp.exe\u202c`,
		"\u2066\u2069\u200b\ufeff":        `\u2066\u2069\u200b\ufeff`,
		"a\u2028b\u2029":                  `a\u2028b\u2029`,
		"\u3164\u034f\ufe0f":              `\u3164\u034f\ufe0f`,
		"\U000e0041\U000e0100":            `\U000e0041\U000e0100`,
		"\xff\xfe\x80x":                   `\xff\xfe\x80x`,
		"\xed\xa0\x80":                    `\xed\xa0\x80`, // a surrogate
		"\xe2\x80":                        `\xe2\x80`,     // cut off
		string(utf8.RuneError) + "!":      string(utf8.RuneError) + "!",
	} {
		if got := visible.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := visible.Lines("a\x1b\nb\n"); got != "a\\x1b\nb\n" {
		t.Errorf("Lines: %q", got)
	}
}

// TestEveryRune: what is left is UTF-8 without any control or format character,
// and what is graphic is left alone but for what Unicode says is ignored.
func TestEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Cs, r) {
			continue // no text has them
		}
		got := visible.Text("a" + string(r) + "b")
		for _, c := range got {
			if c != ' ' && unicode.In(c, unicode.C, unicode.Z) {
				t.Fatalf("%U becomes %q", r, got)
			}
		}
		changed := got != "a"+string(r)+"b"
		if changed == visible.Plain(r) {
			t.Fatalf("%U: changed is %v", r, changed)
		}
		blank := r == '\u2800' || r == '\U0001d159' || r == '\U00013441' || r == '\U00013442'
		if changed && !blank && unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			t.Fatalf("%U is graphic and becomes %q", r, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[2K", "\u202e\xff\n", "\xe2\x80\xae\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := visible.Text(s)
		if visible.Hidden(got) >= 0 || !utf8.ValidString(got) {
			t.Errorf("%q becomes %q", s, got)
		}
		if visible.Hidden(s) < 0 && got != s {
			t.Errorf("%q is changed", s)
		}
		if got := visible.Lines(s); strings.Count(got, "\n") != strings.Count(s, "\n") {
			t.Errorf("%q has other lines: %q", s, got)
		}
	})
}

// TestTextAlloc: text as nearly all is costs nothing.
func TestTextAlloc(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { visible.Text("nginx: worker 内核") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
