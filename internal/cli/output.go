// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// The forms of output of -o.
const (
	outputTable  = "table"
	outputJSON   = "json"
	outputCSV    = "csv"
	outputNDJSON = "ndjson"
)

func outputs() []string { return []string{outputTable, outputJSON, outputCSV, outputNDJSON} }

func addOutputFlag(f *pflag.FlagSet, output *string) {
	f.StringVarP(output, "output", "o", outputTable, strings.Join(outputs(), ", "))
}

func addLangFlag(f *pflag.FlagSet, lang *string) {
	f.StringVar(lang, "lang", "", "en or zh (default: from the locale)")
}

// addNetnsFlag adds the flag for commands that can read several network namespaces.
func addNetnsFlag(f *pflag.FlagSet, netns *string) {
	f.StringVar(netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
}

// addEngineFlag adds the flag for commands that read rows, not only counts.
func addEngineFlag(f *pflag.FlagSet, name *string) {
	f.StringVar(name, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.RowNames(), ", "))
}

func checkOutput(output string) error { return checkOutputIn(output, outputs()) }

// checkOutputIn is checkOutput for commands with their own forms of output.
func checkOutputIn(output string, all []string) error {
	if slices.Contains(all, output) {
		return nil
	}
	return &problem.UsageError{
		Msg:    fmt.Sprintf("unknown output %q", output),
		Hint:   "outputs are " + strings.Join(all, ", "),
		Zh:     fmt.Sprintf("没有输出格式 %q", output),
		HintZh: "输出格式有 " + strings.Join(all, "、"),
	}
}

// flush writes what has been buffered, before a command that runs on.
func (e *Env) flush() error {
	if w, ok := e.Stdout.(*wholeLines); ok {
		return w.Flush()
	}
	return nil
}

// say writes text for people to standard output. All such text goes this way:
// characters of names and texts of others are made visible. Colour sequences are
// those of render, and only if colour is on.
func (e *Env) say(text string) error {
	_, err := io.WriteString(e.Stdout, visible.Screen(text, e.colour()))
	return err
}

// page writes text without colours, such as HTML, to standard output. Invisible
// characters are made visible.
func (e *Env) page(text string) error {
	_, err := io.WriteString(e.Stdout, visible.Lines(text))
	return err
}

// saysMissing writes to standard error what is missing in CSV output, which has no
// place for it: a line that is no record would break its readers.
func (e *Env) saysMissing(output string, gaps []problem.Gap, lang knowledge.Lang) {
	if output != outputCSV {
		return
	}
	for _, line := range render.GapLines(gaps, lang) {
		_, _ = fmt.Fprintf(e.Stderr, "tcpvitals: %s\n", line) // an error here does not affect the answer
	}
}

// screen is an io.Writer for say. It expects whole lines.
type screen struct{ env *Env }

func (s screen) Write(p []byte) (int, error) { return len(p), s.env.say(string(p)) }

// plainWriter writes each message at once.
type plainWriter struct{ w io.Writer }

func (p plainWriter) Write(b []byte) (int, error) {
	_, err := io.WriteString(p.w, visible.Lines(string(b)))
	return len(b), err
}
