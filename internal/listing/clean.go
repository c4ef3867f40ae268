// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"unicode/utf8"
)

// clean takes out of line, in place, what terminals, pages, chats and word
// processors put there: escape sequences, blanks of other widths, which become
// spaces, characters without a width, other forms of ASCII characters, and
// control characters at the ends that are left. Its ends were trimmed before, and
// a line that is [plain] needs it not.
func clean(line []byte) []byte {
	out := line[:0]
	text := utf8.Valid(line)
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == 0x1B:
			i += escapeLen(line[i:])
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		case !text:
			var b []byte
			b, i = oldCodePage(line, i)
			out = append(out, b...)
		default:
			r, size := utf8.DecodeRune(line[i:])
			if plainer, ok := asASCII(r); ok {
				out = append(out, plainer...)
			} else {
				out = append(out, line[i:i+size]...)
			}
			i += size
		}
	}
	return trimControls(out)
}

// narrowBlank reports whether one of the blanks stands between two digits that
// group them where thousands have no comma.
func narrowBlank(line []byte) bool {
	for _, blank := range [...]string{"\u00a0", "\u202f", "\u2009"} {
		i := bytes.Index(line, []byte(blank))
		if end := i + len(blank); i > 0 && end < len(line) && isDigit(line[i-1]) && isDigit(line[end]) {
			return true
		}
	}
	return false
}

// plain reports whether there is nothing in line to take out.
func plain(line []byte) bool {
	for _, c := range line {
		if c == 0x1B || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// trimControls takes control characters off the ends: carriage returns of
// serial lines, form feeds of printers.
func trimControls(line []byte) []byte {
	for len(line) > 0 && line[0] < 0x20 && line[0] != '\t' && line[0] != 0x1B {
		line = line[1:]
	}
	for len(line) > 0 && (line[len(line)-1] < 0x20 && line[len(line)-1] != '\t') {
		line = line[:len(line)-1]
	}
	return line
}

// oldCodePage keeps the byte at i of a line that is not UTF-8, but for the
// no-break space of Latin-1 and the wide blank of GBK and its relatives.
func oldCodePage(line []byte, i int) (as []byte, next int) {
	switch {
	case line[i] == 0xA1 && i+1 < len(line) && line[i+1] == 0xA1:
		return []byte("  "), i + 2
	case line[i] == 0xA0 && (i == 0 || line[i-1] < utf8.RuneSelf) && (i+1 == len(line) || line[i+1] < utf8.RuneSelf || line[i+1] == 0xA0):
		return []byte(" "), i + 1
	default:
		return line[i : i+1], i + 1
	}
}

// asASCII returns what a listing has in the place of r. ok is false for a
// character that means itself.
func asASCII(r rune) (s string, ok bool) {
	switch {
	case isWideBlank(r):
		return " ", true
	case isWithoutWidth(r):
		return "", true
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms
		return string(r - 0xFF01 + '!'), true
	}
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		return "-", true
	case '\u2018', '\u2019':
		return "'", true
	case '\u201C', '\u201D', '\u201E', '\u00AB', '\u00BB':
		return `"`, true
	case '\u2502', '\u2503', '\u2551', '\u00A6', '\u2506', '\u250A': // vertical bars between columns
		return "|", true
	case '\u2190', '\u21D0':
		return "<-", true
	case '\u2192', '\u21D2':
		return "->", true
	case '\u3001':
		return ",", true
	default:
		return "", false
	}
}

func isWideBlank(r rune) bool {
	switch {
	case r >= 0x2000 && r <= 0x200A:
		return true
	case r == 0xA0, r == 0x1680, r == 0x202F, r == 0x205F, r == 0x3000, r == 0x2800:
		return true
	default:
		return false
	}
}

func isWithoutWidth(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return true
	case r == 0xAD, r == 0xFEFF, r == 0x61C, r == 0x180E, r >= 0xFE00 && r <= 0xFE0F:
		return true
	default:
		return false
	}
}

// escapeLen returns the length of the escape sequence that b starts with: a
// control sequence (ECMA-48 section 5.4), an operating system command such as
// a window's title, or a shorter one such as that which tput sgr0 sends before
// it.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	i := 1
	switch b[1] {
	case '[':
		return controlLen(b, 2)
	case ']':
		if end := bytes.IndexByte(b, 0x07); end > 0 {
			return end + 1
		}
		if end := bytes.Index(b[2:], []byte("\x1b\\")); end >= 0 {
			return end + 4
		}
		return 2
	}
	for i < len(b) && b[i] > 0x20 && b[i] <= 0x2F {
		i++
	}
	if i == len(b) || i == 1 && (b[1] <= 0x20 || isDigit(b[1]) && !isCursorKept(b)) {
		return i // a lone escape character before something else
	}
	return i + 1
}

// isCursorKept reports whether b is ESC 7 or ESC 8, which save the cursor and
// restore it, and not a digit that an escape character stands before.
func isCursorKept(b []byte) bool {
	if b[1] != '7' && b[1] != '8' {
		return false
	}
	return len(b) == 2 || b[2] == 0x1B || b[2]|0x20 >= 'a' && b[2]|0x20 <= 'z'
}

// controlLen returns where the control sequence ends whose parameters begin
// at i.
func controlLen(b []byte, i int) int {
	for ; i < len(b) && (b[i] < 0x40 || b[i] > 0x7E); i++ {
		if b[i] < 0x20 {
			return i
		}
	}
	return min(i+1, len(b))
}

// unliteral takes out of line, in place, escape sequences that a program wrote
// as text: ^[[31m of cat -v, \033[31m, \x1b[31m, \u001b[31m and \e[31m, and
// the remains [31m and [K of one that lost its first character. changed is
// false when there is none.
func unliteral(line []byte) (out []byte, changed bool) {
	out = line[:0]
	for i := 0; i < len(line); {
		n := literalLen(line[i:])
		if n == 0 {
			out = append(out, line[i])
			i++
			continue
		}
		i += n
		changed = true
	}
	return out, changed
}

// literalLen returns how long the escape sequence is that b begins with as
// text, 0 when it begins with none.
func literalLen(b []byte) int {
	for _, start := range [...]string{"^[", `\033`, `\x1b`, `\x1B`, `\u001b`, `\u001B`, `\e`, "\u241b"} {
		if !bytes.HasPrefix(b, []byte(start)) {
			continue
		}
		rest := b[len(start):]
		if len(rest) > 0 && rest[0] == '[' {
			return len(start) + controlLen(rest, 1)
		}
		if start == "^[" && len(rest) > 1 && rest[0] == '(' {
			return len(start) + 2
		}
		return 0
	}
	if len(b) > 1 && b[0] == '\\' && b[1] == '_' {
		return 1 // a mark of Markdown
	}
	if len(b) < 2 || b[0] != '[' {
		return 0
	}
	i := 1
	for i < len(b) && (isDigit(b[i]) || b[i] == ';') {
		i++
	}
	if i == len(b) || b[i] != 'm' && b[i] != 'K' {
		return 0
	}
	if word := i + lettersIn(b[i:]); i == 1 && word < len(b) && b[word] == ']' {
		return 0 // a word in brackets
	}
	return i + 1
}

// piece cuts the first line off raw at what ends lines elsewhere: a lone
// carriage return, the line and paragraph separators of Unicode, vertical tab,
// form feed and next line, and what a page writes for a line end. rest is nil
// when there is only one.
func piece(raw []byte) (first, rest []byte) {
	for i := range raw {
		n := 0
		switch c := raw[i]; c {
		case '\r', '\v', '\f', 0x1E:
			n = 1
		case 0xC2:
			if i+1 < len(raw) && raw[i+1] == 0x85 {
				n = 2
			}
		case 0xE2:
			if i+2 < len(raw) && raw[i+1] == 0x80 && raw[i+2]&^1 == 0xA8 {
				n = 3
			}
		case '<', '&':
			n = writtenEnd(raw[i:])
		}
		if n > 0 {
			return raw[:i], raw[i+n:]
		}
	}
	return raw, nil
}

// writtenEnd returns how long the line end is that b begins with as a page
// writes it, 0 when it begins with none.
func writtenEnd(b []byte) int {
	for _, end := range [...]string{"<br", "</p", "</li", "</tr", "</div", "&lt;br"} {
		if !hasFoldMarked(b, end) {
			continue
		}
		rest := b[len(end):]
		shut, n := ">", bytes.IndexByte(rest, '>')
		if b[0] == '&' {
			shut, n = "&gt;", bytes.Index(rest, []byte("&gt;"))
		}
		if n >= 0 && len(bytes.Trim(rest[:n], " /")) == 0 {
			n += len(end) + len(shut)
			for _, opens := range [...]string{"<p>", "<li>", "<tr>", "<div>"} {
				if hasFoldMarked(b[n:], opens) {
					n += len(opens)
				}
			}
			return n
		}
	}
	for _, end := range [...]string{"&#10;", "&#13;", "&#xA;", "&#xa;", "&#xD;", "&#xd;", "&#x0A;", "&#x0D;", "&NewLine;"} {
		if bytes.HasPrefix(b, []byte(end)) {
			return len(end)
		}
	}
	return 0
}

// hasFoldMarked reports whether b begins with start, whose letters are small, in
// any case.
func hasFoldMarked(b []byte, start string) bool {
	if len(b) < len(start) {
		return false
	}
	for i := range len(start) {
		if c := b[i]; c != start[i] && (c < 'A' || c > 'Z' || c|0x20 != start[i]) {
			return false
		}
	}
	return true
}
