// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Width returns how many columns text takes on a terminal: two for a Chinese
// character, one for most others (Unicode Standard Annex 11; what is ambiguous
// there, such as box-drawing characters, counts one).
func Width(text string) int { return displaywidth.String(text) }

// Pad returns text followed by blanks up to width columns.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}

// Wrap breaks text into lines of at most width columns. Western words stay
// whole; Chinese can break between any two characters, but never before
// closing or after opening punctuation. A word wider than width is cut, a path
// or a long name at a '/' or '_'.
func Wrap(text string, width int) []string { return wrapAfter(text, 0, width) }

// wrapAfter is Wrap where taken columns of the first line are gone already.
func wrapAfter(text string, taken, width int) []string {
	var lines []string
	line, room := "", width-taken
	for _, a := range atoms(visible.Lines(text)) {
		glue := ""
		if a.spaced && line != "" {
			glue = " "
		}
		if (line != "" || room < width) && Width(line+glue+a.text) > room {
			lines = append(lines, line)
			line, glue, room = "", "", width
		}
		line += glue + a.text
		for Width(line) > room {
			head, rest := cut(line, room)
			lines = append(lines, strings.TrimRight(head, " "))
			line, room = strings.TrimLeft(rest, " "), width
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// cut splits text that is wider than width: after the last '/' or '_' that
// fits, or else after the last character that fits, at least one.
func cut(text string, width int) (head, rest string) {
	used, after := 0, 0
	for i, r := range text {
		used += displaywidth.Rune(r)
		if i > 0 && used > width {
			if after == 0 {
				after = i
			}
			return text[:after], text[after:]
		}
		if r == '/' || r == '_' {
			after = i + 1
		}
	}
	return text, ""
}

// atom is a piece of text that is not broken.
type atom struct {
	text   string
	spaced bool // a blank stands before it
}

// atoms splits text where a line may break.
func atoms(text string) []atom {
	var all []atom
	var previous rune
	fresh, spaced := true, false
	for i, r := range text {
		if r == ' ' && !fresh && unitFollows(previous, text[i+1:]) {
			all[len(all)-1].text += " "
			previous = '_' // joins
			continue
		}
		if r == ' ' || r == '\n' {
			fresh, spaced = true, true
			continue
		}
		if fresh || mayBreak(previous, r) {
			all = append(all, atom{spaced: spaced})
		}
		all[len(all)-1].text += string(r)
		previous, fresh, spaced = r, false, false
	}
	return all
}

// unitFollows reports whether a number ends with previous and rest is its
// unit, as in "60 s", so that the blank between them is no place to break.
func unitFollows(previous rune, rest string) bool {
	if previous < '0' || previous > '9' || rest == "" {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); unicode.Is(unicode.Han, r) {
		return true
	}
	word := strings.TrimRight(strings.Fields(rest + " .")[0], ".,;:)")
	switch word {
	case "s", "ms", "KB", "MB", "GB", "KiB", "MiB", "GiB":
		return rest[0] != ' '
	default:
		return false
	}
}

// mayBreak reports whether a line may end between a and b, which touch.
func mayBreak(a, b rune) bool {
	if !chinese(a) && !chinese(b) {
		return false
	}
	return !opens(a) && !closes(b) && !joins(a) && !joins(b)
}

// chinese reports whether r is a Chinese character or punctuation mark.
func chinese(r rune) bool {
	return unicode.Is(unicode.Han, r) || strings.ContainsRune("，。、；：？！（）《》〈〉「」『』【】“”‘’…", r)
}

// opens reports whether r must not end a line.
func opens(r rune) bool { return strings.ContainsRune("（《〈「『【“‘([{", r) }

// closes reports whether r must not begin a line.
func closes(r rune) bool {
	return strings.ContainsRune("，。、；：？！）》〉」』】”’…,.;:?!)]}%", r)
}

// joins reports whether r holds what stands on both sides of it together.
func joins(r rune) bool { return strings.ContainsRune("～→/_-", r) }
