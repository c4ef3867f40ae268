// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// A source is where sockets come from.
type source struct {
	From     string // a file, "-" for standard input, "" for the live host
	Engine   string
	Netns    string
	ProcRoot string
	Stays    bool          // the source will be read many times
	Traced   owner.Closers // knows which process closed a socket; nil without a trace
}

// check refuses combinations that make no sense.
func (s source) check() error {
	if s.From == "" {
		return nil
	}
	for flag, given := range map[string]bool{
		"--engine": s.Engine != "" && s.Engine != engine.Auto,
		"--netns":  s.Netns != "",
		"--proc":   s.ProcRoot != "",
	} {
		if given {
			return &problem.UsageError{
				Msg:    flag + " and --from exclude each other",
				Hint:   flag + " is for the live host: leave it out",
				Zh:     flag + " 与 --from 不能同时使用",
				HintZh: flag + " 只用于本机：请去掉它",
			}
		}
	}
	return nil
}

// parseFilter parses a filter; an empty one is nil and chooses everything. Names of
// devices and cgroups mean those of the source. Notes on how the filter was read go
// to notes; every answer in JSON has them too.
func parseFilter(text string, src engine.Source, notes noter) (*query.Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	f, err := query.Parse(text, src.Names())
	if syntax, ok := errors.AsType[*problem.SyntaxError](err); ok && isFile(text) {
		syntax.Hint, syntax.HintZh = fileHint(text)
	}
	if err != nil {
		return nil, err
	}
	return f, notes.tell(f.Notes())
}

// isFile reports whether a word that was read as something else names a file.
func isFile(word string) bool {
	info, err := os.Stat(word)
	return err == nil && info.Mode().IsRegular()
}

// fileHint tells how a file is given to a command that takes a filter.
func fileHint(name string) (en, zh string) {
	name = command.File(name)
	return "a file is read with --from " + name, "读取文件请用 --from " + name
}

// A noter writes to standard error how a filter was read. Without an environment it
// is silent.
type noter struct {
	env    *Env
	output string
	lang   string // value of --lang
}

func (n noter) tell(notes []query.Note) error {
	if n.env == nil || len(notes) == 0 || n.output == outputJSON {
		return nil
	}
	lang, err := language(n.env, n.lang)
	if err != nil {
		return err
	}
	for _, note := range notes {
		_, _ = fmt.Fprintf(n.env.Stderr, "tcpvitals: %s\n", knowledge.Text{En: note.En, Zh: note.Zh}.In(lang)) // an error here does not affect the answer
	}
	return nil
}
