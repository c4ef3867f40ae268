// SPDX-License-Identifier: Apache-2.0

// Package visible makes text that others wrote safe to show to people: names of
// processes, namespaces, units and files, arguments, fields of snapshots and plans.
// Such text may contain characters that move the cursor, set the title of a terminal,
// reverse the direction of what follows, forge a line, or are invisible. Each such
// character becomes an escape:
//
//	visible.Text("a\x1b[2Kb\nc")  // `a\x1b[2Kb\nc`, 11 characters
//	visible.Text("\u202egnp.exe") // `\u202egnp.exe`
//
// The functions are for text within a line. The result is not quoted: a backslash
// stays, and JSON, HTML, Markdown and SARIF have escapes of their own.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with each character that [Hidden] finds, and each byte that is not
// valid UTF-8, as a Go escape: \n, \x1b, \x9b, \u202e, \U000e0041.
func Text(s string) string {
	at := Hidden(s)
	if at < 0 {
		return s
	}
	var b strings.Builder
	for at >= 0 {
		b.WriteString(s[:at])
		size := escape(&b, s[at:])
		s = s[at+size:]
		at = Hidden(s)
	}
	b.WriteString(s)
	return b.String()
}

// Lines is [Text] for text of several lines: line feeds stay.
func Lines(s string) string {
	if !strings.Contains(s, "\n") {
		return Text(s)
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Screen is [Lines] for a whole page. With colour, the sequences with which this
// program colours text stay: SGR (ECMA-48 8.3.117) for bold, faint, the eight colours
// and reset.
func Screen(s string, colour bool) string {
	if !colour {
		return Lines(s)
	}
	var b strings.Builder
	for {
		start, size := paint(s)
		if size == 0 {
			b.WriteString(Lines(s))
			return b.String()
		}
		b.WriteString(Lines(s[:start]))
		b.WriteString(s[start : start+size])
		s = s[start+size:]
	}
}

// paint finds the next sequence that colours text.
func paint(s string) (start, size int) {
	for from := 0; ; {
		i := strings.Index(s[from:], "\x1b[")
		if i < 0 {
			return 0, 0
		}
		from += i
		if end := strings.IndexByte(s[from:], 'm'); end > 0 && paints(s[from+2:from+end]) {
			return from, end + 1
		}
		from += 2
	}
}

func paints(code string) bool {
	for part := range strings.SplitSeq(code, ";") {
		switch {
		case part == "0", part == "1", part == "2":
		case len(part) == 2 && part[0] == '3' && part[1] >= '0' && part[1] <= '7':
		default:
			return false
		}
	}
	return true
}

// mostMarks is how many marks may follow one letter. Scripts with several marks, such
// as Thai, Hebrew with accents and most of Tibetan, need no more. A larger number
// would be drawn over the lines above and below.
const mostMarks = 4

// Hidden returns the index in s of the first character that [Text] escapes, or -1: a
// character that [Plain] refuses, or a mark without a letter before it, which would
// be drawn over the preceding text.
func Hidden(s string) int {
	room := 0 // how many further marks are allowed here
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return i
			}
			room = 0
			if c |= 0x20; 'a' <= c && c <= 'z' {
				room = mostMarks
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !Plain(r) {
			return i
		}
		switch {
		case !joining(r) && unicode.IsLetter(r):
			room = mostMarks
		case !joining(r):
			room = 0
		case room == 0:
			return i
		default:
			room--
		}
		i += size
	}
	return -1
}

// Plain reports whether a terminal shows r as itself, after a letter, without an
// effect on the text around it. Other characters than letters, marks, numbers,
// punctuation, symbols and ASCII blanks are refused: control characters (C0, DEL,
// C1), format characters (bidirectional and others: category Cf), separators, other
// blanks, private and unassigned ones. Also refused are characters that Unicode says
// are to be ignored (Other_Default_Ignorable_Code_Point and variation selectors,
// DerivedCoreProperties.txt), characters that are drawn over another, and symbols and
// letters that are blank.
func Plain(r rune) bool {
	return unicode.IsPrint(r) && !blank(r) && !covering(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// blank reports whether Unicode calls a character a symbol or letter although it
// shows nothing: the Braille pattern without dots, the null notehead, blanks of
// hieroglyphs.
func blank(r rune) bool {
	return r == '\u2800' || r == '\U0001d159' || r == '\U00013441' || r == '\U00013442'
}

// covering reports whether a mark crosses out or encloses the character before it.
func covering(r rune) bool {
	return unicode.Is(unicode.Me, r) || r >= '\u0334' && r <= '\u0338' || r >= '\u20d0' && r <= '\u20f0'
}

// joining reports whether a character takes no column of its own, or only after a
// letter: marks, and vowels and finals of decomposed Hangul.
func joining(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Mc) || r >= '\u1160' && r <= '\u11ff' || r >= '\ud7b0' && r <= '\ud7ff'
}

// escape writes the first character of s as an escape, and returns its size.
func escape(b *strings.Builder, s string) int {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		fmt.Fprintf(b, `\x%02x`, s[0])
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
	return size
}

// Name returns what messages call the first character of s that [Text] escapes, such
// as "the control character \x1b". s must have one.
func Name(s string) string {
	s = s[max(0, Hidden(s)):]
	var b strings.Builder
	escape(&b, s)
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size <= 1:
		return "the byte " + b.String() + ", which is no UTF-8"
	case unicode.IsControl(r):
		return "the control character " + b.String()
	case joining(r) || covering(r):
		return "the mark " + b.String() + ", drawn over what stands before it,"
	default:
		return "the invisible character " + b.String()
	}
}
