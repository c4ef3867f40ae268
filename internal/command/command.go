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

// Of makes a command of this program of the words after its name, as it will
// find them in its arguments.
func Of(words ...string) Line { return Line{append([]string{Program}, words...)} }

// Other makes a command of another program.
func Other(program string, words ...string) Line { return Line{append([]string{program}, words...)} }

// None reports whether there is no command to print.
func (l Line) None() bool { return l.String() == "" }

// Words returns all words, the program's name first.
func (l Line) Words() []string { return slices.Clone(l.words) }

// String writes the command for a POSIX shell, which makes the same words of it
// again (POSIX.1-2017, XCU 2.2.2). It is "" when a word holds what does not
// belong on a terminal, such as a control character: there it would hide what
// the rest of the line says. Who has such a word names the thing otherwise;
// [File] does so for files, and query.Quote escapes it in a filter.
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

// File is the name of a file as a word of a command, or FILE where it cannot be
// one. A name that begins with a dash would be taken for a flag.
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

// plain reports whether a word means itself without quotes, in any place: no
// home directory (~), no assignment or path of zsh (=), no glob.
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
