// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Word is [Text] for a name that stands alone, such as in a cell. A name is quoted if
// it is empty, begins or ends with a blank, is in parentheses or quotes, or equals a
// word that this program prints instead of a missing name:
//
//	visible.Word("")        // `""`
//	visible.Word("unknown") // `"unknown"`
//	visible.Word(`"-"`)     // `"\"-\""`
func Word(name string) string {
	if looksOurs(name) {
		return quoted(name)
	}
	return Text(name)
}

// Phrase is [Word] for a name within a sentence. A name with a blank or a quote is
// quoted too, and one with punctuation that would end a clause, so that no part of it
// can read as part of the sentence.
func Phrase(name string) string {
	if looksOurs(name) || strings.ContainsAny(name, ` "：；`) || strings.HasSuffix(name, ":") || strings.HasSuffix(name, ";") {
		return quoted(name)
	}
	return Text(name)
}

// quoted returns a name in quotes. A quote or a backslash in it gets a backslash, so
// that the first quote without one ends the name.
func quoted(name string) string {
	return `"` + Text(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)) + `"`
}

// QuoteEnd returns the length of the quoted text that s begins with, both quotes
// included: all of s if it does not end. s must begin with a quote.
func QuoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// looksOurs reports whether a name could be mistaken for a word that this program
// prints instead of a name.
func looksOurs(name string) bool {
	if name == "" || name[0] == ' ' || name[len(name)-1] == ' ' {
		return true
	}
	first, last := name[0], name[len(name)-1]
	if len(name) > 1 && (first == '"' && last == '"' || first == '(' && last == ')') {
		return true
	}
	return slices.Contains([]string{
		"-", "?", "*", "unknown", "none", "nobody", "others", "other", "overflow", "unnamed", "kernel", "…", "...", "null",
		"未知", "无", "其他", "内核",
	}, strings.ToLower(name))
}

// mostExcerpt limits the characters of an [Excerpt].
const mostExcerpt = 80

// Excerpt quotes the beginning of an unexpected text on one line, for use in a
// reason.
func Excerpt(s string) string {
	cut := ""
	if n := 0; len(s) > mostExcerpt {
		for i := range s {
			if n++; n > mostExcerpt {
				s, cut = s[:i], "…"
				break
			}
		}
	}
	if !utf8.ValidString(s) || Hidden(s) >= 0 {
		s = Text(s)
	}
	return `"` + s + cut + `"`
}
