// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"unicode/utf8"
)

// A token is a part of a text: a name, which is a run of letters and digits, or
// what stands between two. Letters are all those of Unicode, and bytes that are
// no UTF-8: only ASCII punctuation parts names. So do a "_", and an escape of
// systemd for such a byte ("\x2d"); an escape for a letter is that letter. Control
// characters part nothing: they may be bytes of an address, and so may an escape.
type token struct {
	text  string // as it stands
	plain string // of a name, without escapes and in lower case
	name  bool
	coded bool // some of it is an escape, which no name of a program needs
	done  bool // it needs no more replacing
}

// tokens parts a text.
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

// unescaped returns the first byte of a text, and how long it is there.
func unescaped(s string) (c byte, size int) {
	if len(s) >= 4 && s[0] == '\\' && s[1] == 'x' && isHex(s[2:4]) {
		return unhex(s[2])<<4 | unhex(s[3]), 4
	}
	return s[0], 1
}

func nameByte(c byte) bool {
	return control(c) && c != '\n' && c != '\t' && c != '\r' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// control tells the control characters of ASCII.
func control(c byte) bool { return c < ' ' || c == 0x7f }

// separator is what stands between two names with the escapes in it that say
// nothing: a "\x2d" that is alone in it stays, any other one, or several, becomes
// that. They may be bytes of an address.
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

// between returns what token i is if it is no name, "" beyond the ends.
func between(all []token, i int) string {
	if i >= 0 && i < len(all) && !all[i].name {
		return all[i].text
	}
	return ""
}

func before(all []token, i int) string { return between(all, i-1) }

func after(all []token, i int) string { return between(all, i+1) }

// near returns the names on both sides of token i, with what parts them from it.
func near(all []token, i int) (found []token) {
	for _, at := range [...]int{i - 2, i + 2} {
		if at >= 0 && at < len(all) {
			found = append(found, all[at])
		}
	}
	return found
}

// dotted returns those of [near] that a full stop alone parts from token i.
func dotted(all []token, i int) (found []token) {
	if i >= 2 && before(all, i) == "." {
		found = append(found, all[i-2])
	}
	if i+2 < len(all) && after(all, i) == "." {
		found = append(found, all[i+2])
	}
	return found
}

// numberish tells a name that may be a piece of a number or of an address.
func (t token) numberish() bool {
	return t.name && (strings.ContainsAny(t.plain, "0123456789") || len(t.plain) <= 4 && isHex(t.plain))
}

// numeric tells a name with a digit in it, also one that was replaced.
func (t token) numeric() bool { return t.name && strings.ContainsAny(t.text, "0123456789") }
