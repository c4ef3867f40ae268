// SPDX-License-Identifier: Apache-2.0

package command

import "slices"

// A Scope tells where something was found, so that a printed command looks there too.
// The zero value is this host, in the network namespace of the user who runs the
// command.
type Scope struct {
	// Program is the name by which this program was called; "" is [Program].
	Program string
	// Netns is the value of --netns; "" is the namespace of the user who runs the
	// command.
	Netns string
	// From are the files that were read instead of this host, the older first.
	From []string
	// Nowhere says that no command can look there: the input came through a pipe, or
	// is a proc tree of another host.
	Nowhere bool
	// Filter is one more condition, for commands that take a filter.
	Filter string
	// Counts says that the source has counts by state but no rows: only the doctor
	// can read it.
	Counts bool
}

// Called returns the name to print, from the name by which a program was called.
func Called(name string) string {
	if name == "" || !printable(name) || name[0] == '-' {
		return Program
	}
	return name
}

// An asker is a command that reads sockets. It says whether the command takes a
// filter and a window.
type asker struct{ filtered, windowed bool }

// askers are the commands that other packages print.
var askers = map[string]asker{
	"census": {filtered: true},
	"doctor": {windowed: true},
	"kill":   {filtered: true},
	"list":   {filtered: true},
	"ports":  {windowed: true},
	"queues": {filtered: true, windowed: true},
}

// In returns the command that does in a scope what l does on this host; the zero Line
// if there is none. For a command of another program, which can only read this host,
// it returns a call of the doctor.
func (l Line) In(s Scope) Line {
	if len(l.words) == 0 {
		return l
	}
	elsewhere := s.Netns != "" || len(s.From) > 0
	switch ask, asks := askers[l.second()]; {
	case l.words[0] == "ss" && (elsewhere || s.Nowhere): // needs something that lasts, which one look does not tell
		return Of("doctor", "--window", "10s").In(s)
	case l.words[0] != Program && (elsewhere || s.Nowhere):
		return Of("doctor").In(s)
	case l.words[0] != Program:
		return l
	case !asks:
		return l.called(s)
	case l.second() == "kill" && (len(s.From) > 0 || s.Counts): // a file has no sockets to close
		return Line{}
	case s.Nowhere, len(s.From) > 0 && slices.Contains(l.words, "--netns"):
		return Line{}
	case s.Counts && l.second() != "doctor":
		return Of("doctor").In(s)
	default:
		return l.at(s, ask).called(s)
	}
}

// second returns the name of the subcommand of this program.
func (l Line) second() string {
	if len(l.words) < 2 {
		return ""
	}
	return l.words[1]
}

// at adds the flags and the condition of the scope.
func (l Line) at(s Scope, ask asker) Line {
	words := slices.Clone(l.words)
	if s.Filter != "" && ask.filtered {
		words = narrowed(words, s.Filter)
	}
	if s.Netns != "" && !slices.Contains(words, "--netns") {
		words = append(words, "--netns", s.Netns)
	}
	if len(s.From) == 0 {
		return Line{words}
	}
	for _, flag := range []string{"--window", "--trace"} {
		if i := slices.Index(words, flag); i >= 0 && ask.windowed {
			words = slices.Delete(words, i, min(i+2, len(words))) // a file does not change
		}
	}
	files := s.From
	if l.second() != "doctor" {
		files = files[len(files)-1:]
	}
	for _, file := range files {
		words = append(words, "--from", File(file))
	}
	return Line{words}
}

// narrowed adds a condition to the filter, which is the word after the
// command's name.
func narrowed(words []string, condition string) []string {
	if len(words) < 3 || words[2] == "" || words[2][0] == '-' {
		return slices.Insert(words, 2, condition)
	}
	words[2] = "( " + words[2] + " ) and " + condition
	return words
}

// called replaces the program's name by the one with which it was called.
func (l Line) called(s Scope) Line {
	if s.Program == "" {
		return l
	}
	words := slices.Clone(l.words)
	words[0] = s.Program
	return Line{words}
}
