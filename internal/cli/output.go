// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// The forms of output that -o takes.
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

func checkOutput(output string) error { return checkOutputIn(output, outputs()) }

// checkOutputIn is checkOutput for commands with outputs of their own.
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

// flush shows what has been written so far, before a command that goes on.
func (e *Env) flush() error {
	if w, ok := e.Stdout.(*wholeLines); ok {
		return w.Flush()
	}
	return nil
}

// say writes text for people to standard output. It is the only way there: what
// others named and wrote reaches the terminal as visible characters. Colour is
// what render paints with, and only where there is colour.
func (e *Env) say(text string) error {
	_, err := io.WriteString(e.Stdout, visible.Screen(text, e.colour()))
	return err
}

// page writes a text for people that has no colours, such as HTML, to standard
// output: what nobody made visible before is made so here.
func (e *Env) page(text string) error {
	_, err := io.WriteString(e.Stdout, visible.Lines(text))
	return err
}

// saysMissing says on standard error what is missing from an answer in CSV, which has no
// place for it: a line there that is no record would trip whoever reads it.
func (e *Env) saysMissing(output string, gaps []problem.Gap, lang knowledge.Lang) {
	if output != outputCSV {
		return
	}
	for _, line := range render.GapLines(gaps, lang) {
		_, _ = fmt.Fprintf(e.Stderr, "tcpvitals: %s\n", line) // the answer is what counts
	}
}

// screen is say as a writer, of whole lines.
type screen struct{ env *Env }

func (s screen) Write(p []byte) (int, error) { return len(p), s.env.say(string(p)) }

// plainWriter is what messages are written to, each at once.
type plainWriter struct{ w io.Writer }

func (p plainWriter) Write(b []byte) (int, error) {
	_, err := io.WriteString(p.w, visible.Lines(string(b)))
	return len(b), err
}
