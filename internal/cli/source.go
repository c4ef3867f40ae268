// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

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
	Stays    bool          // it will be asked again and again
	Traced   owner.Closers // knows who closed what; nil without a trace
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

// parseFilter reads a filter; an empty one is nil and chooses everything. Names
// of devices and cgroups mean those of the live host, or of the one that was saved.
// What may surprise of the way it was read is told in notes, which every answer
// in JSON has too.
func parseFilter(text string, src engine.Source, notes noter) (*query.Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	f, err := query.Parse(text, src.Names())
	if err != nil {
		return nil, err
	}
	return f, notes.tell(f.Notes())
}

// A noter tells people, on standard error, how a filter was read. Without an
// environment it is silent.
type noter struct {
	env    *Env
	output string
	lang   string // as --lang has it
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
		_, _ = fmt.Fprintf(n.env.Stderr, "tcpvitals: %s\n", knowledge.Text{En: note.En, Zh: note.Zh}.In(lang)) // the answer is what counts
	}
	return nil
}
