// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"unicode/utf8"
)

// A token is a part of a text: a name, which is a run of letters and digits, or a
// separator between two names. Letters are all Unicode letters, and bytes that are
// not valid UTF-8. ASCII punctuation separates names, and so do "_" and systemd's
// escape of punctuation ("\x2d"); an escaped letter is that letter. Control
// characters separate nothing: they, or their escapes, may be bytes of an address.
type token struct {
	text  string // text as it stands
	plain string // of a name: without escapes, in lower case
	name  bool
	coded bool // contains an escape of a letter or digit, which no name of a program needs
	done  bool // already replaced or kept
}

// tokens splits a text.
func tokens(s string) (all []token) {
	for len(s) > 0 {
		size, isName, coded := 0, false, false
		var plain []byte
		for size < len(s) {
			c, n := unescaped(s[size:])
			named := nameByte(c) || n > 1 && control(c)
			if size > 0 && named != isName {
				break
			}
			isName, coded = named, coded || named && n > 1
			plain = append(plain, c)
			size += n
		}
		t := token{text: s[:size], name: isName, coded: coded}
		if isName {
			t.plain = strings.ToLower(string(plain))
		}
		all = append(all, t)
		s = s[size:]
	}
	return all
}

// unescaped returns the first byte of a text, with its escape resolved, and how many
// bytes it takes there.
func unescaped(s string) (c byte, size int) {
	if len(s) >= 4 && s[0] == '\\' && s[1] == 'x' && isHex(s[2:4]) {
		return unhex(s[2])<<4 | unhex(s[3]), 4
	}
	return s[0], 1
}

func nameByte(c byte) bool {
	return control(c) && c != '\n' && c != '\t' && c != '\r' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// control reports whether a byte is an ASCII control character.
func control(c byte) bool { return c < ' ' || c == 0x7f }

// separator returns the text between two names without meaningless escapes. A single
// "\x2d" stays; another escape, or several, become a single "\x2d": they might be
// bytes of an address.
func separator(s string) string {
	var b strings.Builder
	escapes := 0
	for len(s) > 0 {
		_, n := unescaped(s)
		if n == 1 {
			b.WriteByte(s[0])
		} else if escapes++; escapes == 1 {
			b.WriteString(`\x2d`)
		}
		s = s[n:]
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return s != ""
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// between returns the text of token i if it is a separator; "" beyond the ends.
func between(all []token, i int) string {
	if i >= 0 && i < len(all) && !all[i].name {
		return all[i].text
	}
	return ""
}

func before(all []token, i int) string { return between(all, i-1) }

func after(all []token, i int) string { return between(all, i+1) }

// near returns the names on both sides of token i together with their separators.
func near(all []token, i int) (found []token) {
	for _, at := range [...]int{i - 2, i + 2} {
		if at >= 0 && at < len(all) {
			found = append(found, all[at])
		}
	}
	return found
}

// dotted returns those names of [near] that only a full stop separates from token i.
func dotted(all []token, i int) (found []token) {
	if i >= 2 && before(all, i) == "." {
		found = append(found, all[i-2])
	}
	if i+2 < len(all) && after(all, i) == "." {
		found = append(found, all[i+2])
	}
	return found
}

// numberish reports whether a name may be a piece of a number or of an address.
func (t token) numberish() bool {
	return t.name && (strings.ContainsAny(t.plain, "0123456789") || len(t.plain) <= 4 && isHex(t.plain))
}

// numeric reports whether a name contains a digit in its current text, which may be a
// replacement.
func (t token) numeric() bool { return t.name && strings.ContainsAny(t.text, "0123456789") }
