// SPDX-License-Identifier: Apache-2.0

// Package command builds the commands that are printed for people to paste into
// a shell. They hold names that others chose (processes, units, files,
// devices). So a command is a list of words, and only this package writes it,
// with each word quoted.
//
//	c := command.Of("list", "process = \"it's\"")
//	fmt.Println(c) // tcpvitals list 'process = "it'\''s"'
package command

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Program is the name that commands begin with.
const Program = "tcpvitals"

// A Line is a command. The zero value is no command.
type Line struct{ words []string }

// Of makes a command of this program from the words after its name. The shell passes
// exactly these words on.
func Of(words ...string) Line { return Line{append([]string{Program}, words...)} }

// Other makes a command of another program.
func Other(program string, words ...string) Line { return Line{append([]string{program}, words...)} }

// None reports whether there is no command to print.
func (l Line) None() bool { return l.String() == "" }

// Words returns all words, the program's name first.
func (l Line) Words() []string { return slices.Clone(l.words) }

// String writes the command so that a POSIX shell reads the same words (POSIX.1-2017,
// XCU 2.2.2). It is "" if a word contains a character that must not reach a terminal,
// such as a control character: it could hide the rest of the line. A caller with such
// a word names the thing in another way: [File] does so for files, and query.Quote
// escapes the word in a filter.
func (l Line) String() string {
	quoted := make([]string, len(l.words))
	for i, word := range l.words {
		if !printable(word) {
			return ""
		}
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

// File returns the name of a file as a word of a command, or FILE if the name cannot
// be printed. A name that begins with a dash gets a path in front, so that it is not
// taken for a flag.
func File(name string) string {
	switch {
	case name == "" || !printable(name):
		return "FILE"
	case strings.HasPrefix(name, "-") && name != "-":
		return "./" + name
	default:
		return name
	}
}

// printable reports whether a terminal shows a word as it is.
func printable(word string) bool { return visible.Hidden(word) < 0 }

// quote makes a single shell word. Within single quotes only the closing quote
// is special.
func quote(word string) string {
	if plain(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// plain reports whether a word needs no quotes in any place: no home directory (~),
// no assignment, no path of zsh (=), no glob.
func plain(word string) bool {
	if word == "" || word[0] == '=' || word[0] == '%' {
		return false
	}
	for _, c := range []byte(word) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_-+.,:/@%=", rune(c)) {
			return false
		}
	}
	return true
}
