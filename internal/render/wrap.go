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

// Pad adds blanks to text up to width columns.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}

// Wrap breaks text into lines of at most width columns. Western words stay
// whole; Chinese can break between any two characters, but never before
// closing or after opening punctuation. A word wider than width is cut, a path
// or a long name at a '/' or '_'.
func Wrap(text string, width int) []string { return wrapAfter(text, 0, width) }

// wrapAfter is Wrap with taken columns of the first line in use. It looks at each
// character a few times only, however long lines and words are.
func wrapAfter(text string, taken, width int) []string {
	l := lines{room: width - taken, width: width}
	for _, a := range atoms(visible.Lines(text)) {
		l.add(a)
	}
	if len(l.line) > 0 {
		l.end(string(l.line))
	}
	noneAlone(l.all)
	return l.all
}

// noneAlone moves more text to a last line of only one or two Chinese characters:
// what follows the last comma of the line above, or two characters.
func noneAlone(all []string) {
	const shortest, two, many = 24, 2, 8
	n := len(all)
	if n < 2 || Width(all[n-1]) > 4 || Width(all[n-2]) < shortest || !chinese(firstRune(all[n-1])) {
		return
	}
	above := all[n-2]
	pieces := atoms(above)
	moved, from := "", 0
	for k := 1; k <= many && k < len(pieces); k++ {
		p, before := pieces[len(pieces)-k], pieces[len(pieces)-k-1]
		if p.spaced || !chinese(firstRune(p.text)) {
			break
		}
		moved = p.text + moved
		if last, _ := utf8.DecodeLastRuneInString(before.text); closes(last) {
			from = len(moved)
			break
		}
		if k == two {
			from = len(moved)
		}
	}
	all[n-2], all[n-1] = above[:len(above)-from], above[len(above)-from:]+all[n-1]
}

func firstRune(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// lines holds the finished lines and the one being filled.
type lines struct {
	all         []string
	line        []byte
	used        int // columns of the present line
	room, width int // columns available to the present line, and to each later one
}

func (l *lines) add(a atom) {
	size := Width(a.text)
	glue := a.spaced && len(l.line) > 0
	if glue {
		size++
	}
	if (len(l.line) > 0 || l.room < l.width) && l.used+size > l.room {
		l.end(string(l.line))
		if glue {
			glue = false
			size--
		}
	}
	if glue {
		l.line = append(l.line, ' ')
	}
	l.line, l.used = append(l.line, a.text...), l.used+size
	if l.used > l.room {
		l.part()
	}
}

// part ends lines while what is left is wider than one line.
func (l *lines) part() {
	rest, used := string(l.line), l.used
	for used > l.room && rest != "" {
		head, behind := cut(rest, l.room)
		used -= Width(head)
		l.end(strings.TrimRight(head, " "))
		rest = strings.TrimLeft(behind, " ")
		used -= len(behind) - len(rest)
	}
	l.line, l.used = append(l.line, rest...), Width(rest)
}

func (l *lines) end(line string) {
	l.all = append(l.all, line)
	l.line, l.used, l.room = l.line[:0], 0, l.width
}

// cut splits text that is wider than width: after the last '/' or '_' that fits, else
// after the last character that fits, at least one.
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

// Shorten cuts text that is wider than width columns, at least 4, and ends it with
// three points: as ASCII, "…" would be wider than its column.
func Shorten(text string, width int) string {
	const points = "..."
	if Width(text) <= width {
		return text
	}
	used := len(points)
	for i, r := range text {
		if used += displaywidth.Rune(r); used > width {
			return text[:i] + points
		}
	}
	return text
}

// atom is a piece of text that is not broken.
type atom struct {
	text   string
	spaced bool // a blank precedes it
}

// atoms splits text at the places where a line may break.
func atoms(text string) []atom {
	var all []atom
	var previous rune
	start, spaced := -1, false // start of the current atom, -1 outside of one
	end := func(at int) {
		if start >= 0 {
			all = append(all, atom{text[start:at], spaced})
		}
		start = -1
	}
	for i, r := range text {
		if r == ' ' && start >= 0 && unitFollows(previous, text[i+1:]) {
			previous = '_' // no break here
			continue
		}
		if r == ' ' || r == '\n' {
			end(i)
			spaced = true
			continue
		}
		if start >= 0 && mayBreak(previous, r) {
			end(i)
			spaced = false
		}
		if start < 0 {
			start = i
		}
		previous = r
	}
	end(len(text))
	return all
}

// unitFollows reports whether a number ends with previous and rest is its unit, as in
// "60 s": a line must not break between them.
func unitFollows(previous rune, rest string) bool {
	if previous < '0' || previous > '9' || rest == "" {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); unicode.Is(unicode.Han, r) {
		return true
	}
	word := rest
	if end := strings.IndexAny(rest, " \n"); end >= 0 {
		word = rest[:end]
	}
	word = strings.TrimRight(word, ".,;:)")
	switch word {
	case "s", "ms", "KB", "MB", "GB", "KiB", "MiB", "GiB":
		return rest[0] != ' '
	default:
		return false
	}
}

// mayBreak reports whether a line may break between the adjacent characters a and b.
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

// joins reports whether a line must not break before or after r.
func joins(r rune) bool { return strings.ContainsRune("～→/_-", r) }
