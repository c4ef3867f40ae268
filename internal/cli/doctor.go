// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
)

// The further forms of output that doctor has.
const (
	outputMarkdown = "markdown"
	outputHTML     = "html"
)

func doctorOutputs() []string {
	return []string{outputTable, outputJSON, outputMarkdown, outputHTML}
}

// DoctorOptions are the flags of doctor.
type DoctorOptions struct {
	ExaminationOptions
	Output  string
	Lang    string
	FailOn  string
	Verbose bool
	Rules   bool
}

// AddFlags adds the flags of doctor to f.
func (o *DoctorOptions) AddFlags(f *pflag.FlagSet) {
	o.addFlags(f, 0)
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(doctorOutputs(), ", "))
	f.StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
	f.StringVar(&o.FailOn, "fail-on", "", "end with exit code 4 when there is a finding of this `severity` or a worse one")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "show how each finding is derived: evidence, formula, thresholds, sources")
	f.BoolVar(&o.Rules, "rules", false, "list the rules instead; -v shows all of each")
}

func newDoctorCommand(env *Env) *cobra.Command {
	var o DoctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [FILE | -]",
		Short: "Tell whether anything is wrong, how one knows, and what to do",
		Long: `Judge the TCP sockets, counters and parameters of this host by rules. A finding
says what is the matter with the numbers, what to turn and which settings would
change nothing, and how to check the remedy; what only looks frightening is said
to be healthy. A rule whose facts are missing is named as not judged.

One look tells where limits stand. --window looks twice: losses and leaks show
only so. Two snapshots are two looks; one snapshot, or a listing of netstat or
ss, even the counts by state alone, is judged as far as it goes. docs/doctor.md
says how to read the answer.`,
		Example: `  tcpvitals doctor
  tcpvitals doctor --window 10s -v
  tcpvitals doctor --from before.snap --from after.snap
  printf 'SYN_RECV 348\nTIME_WAIT 18122\n' | tcpvitals doctor -
  tcpvitals doctor --window 10s -o html > ticket.html
  tcpvitals doctor --fail-on warning`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDoctor(cmd.Context(), env, o, args)
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output":  doctorOutputs(),
		"engine":  engine.RowNames(),
		"lang":    languages(),
		"netns":   {"self", "all"},
		"fail-on": severities(),
	})
	return cmd
}

// severities are those that a finding can have.
func severities() []string {
	return []string{diagnose.Info.String(), diagnose.Notice.String(), diagnose.Warning.String(), diagnose.Critical.String()}
}

// severity reads a flag that names a severity.
func severity(flag, word string) (diagnose.Severity, error) {
	s, ok := diagnose.ParseSeverity(strings.ToLower(word))
	if !ok || s < diagnose.Info {
		return 0, &problem.UsageError{Msg: flag + " has an unknown severity: " + word, Hint: "severities are " + strings.Join(severities(), ", ")}
	}
	return s, nil
}

func runDoctor(ctx context.Context, env *Env, o DoctorOptions, args []string) error {
	if err := checkOutputIn(o.Output, doctorOutputs()); err != nil {
		return err
	}
	failOn := diagnose.Critical + 1
	if o.FailOn != "" {
		var err error
		if failOn, err = severity("--fail-on", o.FailOn); err != nil {
			return err
		}
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if o.Rules {
		return writeRules(env, o, lang)
	}
	o.books = o.Verbose || o.Output != outputTable
	seen, err := o.examine(ctx, env, args)
	if err != nil {
		return err
	}
	answer := seen.answer(env)
	if err := writeDoctor(env, o, lang, answer); err != nil {
		return err
	}
	switch {
	case answer.Worst() >= failOn:
		return errFindings
	case seen.partial():
		return errPartial
	default:
		return nil
	}
}

// errFindings ends a diagnosis that found what it was told to fail on. The
// answer has told what; nothing more is printed.
var errFindings = errors.New("findings")

func writeDoctor(env *Env, o DoctorOptions, lang knowledge.Lang, d render.Doctor) error {
	switch o.Output {
	case outputJSON:
		return d.JSON(env.Stdout)
	case outputMarkdown:
		_, err := io.WriteString(env.Stdout, render.DoctorMarkdown(&d, lang))
		return err
	case outputHTML:
		return render.DoctorHTML(env.Stdout, &d, lang)
	default:
		text := render.DoctorText{Doctor: &d, Lang: lang, Width: min(env.width(), doctorWidth), Colour: env.colour(), Verbose: o.Verbose}
		_, err := io.WriteString(env.Stdout, text.String())
		return err
	}
}

// doctorWidth is how wide sentences may get.
const doctorWidth = 120

func writeRules(env *Env, o DoctorOptions, lang knowledge.Lang) error {
	list := render.RulesList{Rules: diagnose.Rules(), Lang: lang, Width: min(env.width(), doctorWidth), Verbose: o.Verbose}
	switch o.Output {
	case outputTable:
		_, err := io.WriteString(env.Stdout, list.String())
		return err
	case outputJSON:
		return list.JSON(env.Stdout)
	default:
		return &problem.UsageError{Msg: "--rules does not come as " + o.Output, Hint: "it comes as table or json"}
	}
}

// answer is what there is to show.
func (x *examined) answer(env *Env) render.Doctor {
	m := x.now.Machine
	d := render.Doctor{
		Diagnosis: diagnose.Judge(m, x.past(), x.window), Time: x.in.time(env.Now()), Host: x.in.host(env), Kernel: m.Kernel,
		Engine: x.now.Report.Engine, Format: x.now.Format, Exact: x.now.Report.Exact, Tally: x.now.Tally(), Gaps: x.now.Report.Gaps,
		Rules: diagnose.Rules(),
	}
	for i, b := range x.now.Books {
		d.Books = append(d.Books, render.DoctorBooks{Netns: m.Spaces[i].Netns, Comparisons: diagnose.Reconcile(b), Once: b.Before == nil})
	}
	for _, space := range m.Spaces {
		if space.Netns != nil {
			d.Namespaces = append(d.Namespaces, space.Netns)
		}
	}
	return d
}

// past is the machine at the earlier look, nil without one.
func (x *examined) past() *diagnose.Machine {
	if x.before == nil {
		return nil
	}
	return x.before.Machine
}

func (x *examined) partial() bool { return x.now.Partial() || x.before != nil && x.before.Partial() }

// examined is what doctor and check judge.
type examined struct {
	in          *input // of now
	now, before *engine.Examined
	window      time.Duration
}
