// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// outputSARIF is the output for code hosts.
const outputSARIF = "sarif"

// Values of --live: whether files are compared with this host.
const (
	liveAuto   = "auto"
	liveAlways = "always"
	liveNever  = "never"
)

// failNone is the value of --fail-on that never fails.
const failNone = "none"

// TuneAuditOptions are the flags of tune audit.
type TuneAuditOptions struct {
	Root      string
	Live      string
	Container bool
	FailOn    string
	Output    string
	Lang      string
}

// AddFlags adds the flags of tune audit to f.
func (o *TuneAuditOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Root, "root", "", "judge the machine whose file system is below this `directory`")
	f.StringVar(&o.Live, "live", liveAuto, "compare with this host's values: auto (when the files are its own), always, never")
	f.BoolVar(&o.Container, "container", false, "the files are for a container: say what cannot be set there")
	f.StringVar(&o.FailOn, "fail-on", diagnose.Warning.String(), "exit with 4 at a finding of this severity or above: "+strings.Join(failWords(), ", "))
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(auditOutputs(), ", "))
	addLangFlag(f, &o.Lang)
}

func auditOutputs() []string { return []string{outputTable, outputJSON, outputSARIF} }

func failWords() []string { return append(severities(), failNone) }

// limit returns the severity from which on a finding fails the command.
func (o TuneAuditOptions) limit() (diagnose.Severity, error) {
	if o.FailOn == failNone {
		return diagnose.Critical + 1, nil
	}
	return severity("--fail-on", o.FailOn)
}

func newTuneAuditCommand(env *Env) *cobra.Command {
	var o TuneAuditOptions
	cmd := &cobra.Command{
		Use:   "audit [FILE|DIRECTORY|-]...",
		Short: "Judge the files that set kernel parameters, line by line",
		Long: `Judge what sysctl(8) and systemd-sysctl(8) read on this host, in their order, or
the files and directories given, of any machine. It needs no privilege, changes
nothing, and works on any system; only on Linux is there a host to compare with.

Reported are parameters that were removed or renamed, values that are harmful,
that the kernel refuses or takes to mean something else, lines that change
nothing, old recipes that lower a newer default, parameters set twice and which
line wins, what the two programs make something different of, and where this
host has another value. docs/tune.md explains each code.

The exit code is 4 when there is a finding at or above --fail-on.`,
		Example: `  tcpvitals tune audit
  tcpvitals tune audit /etc/sysctl.conf
  tcpvitals tune audit -o sarif roles/*/files/sysctl.d
  tcpvitals tune audit --root /mnt/image`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneAudit(cmd.Context(), env, o, args)
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output": auditOutputs(), "lang": languages(), "fail-on": failWords(), "live": {liveAuto, liveAlways, liveNever},
	})
	return cmd
}

// check refuses what makes no sense, before anything is read.
func (o TuneAuditOptions) check(args []string) error {
	switch {
	case !slices.Contains([]string{liveAuto, liveAlways, liveNever}, o.Live):
		return &problem.UsageError{Msg: fmt.Sprintf("--live is auto, always or never, not %q", o.Live), Zh: fmt.Sprintf("--live 只能是 auto、always 或 never，不能是 %q", o.Live)}
	case o.Root != "" && len(args) > 0:
		return &problem.UsageError{Msg: "--root and files exclude each other", Hint: "--root finds the files by itself", Zh: "--root 与文件不能同时给出", HintZh: "--root 会自己找到文件"}
	case slices.Contains(args, ""):
		return &problem.UsageError{Msg: "a file has an empty name", Zh: "有一个文件名是空的"}
	}
	return checkOutputIn(o.Output, auditOutputs())
}

func runTuneAudit(ctx context.Context, env *Env, o TuneAuditOptions, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	limit, err := o.limit()
	if err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	found, err := auditFiles(env, o, args)
	if err != nil {
		return err
	}
	answer := report.Audit{Time: env.Now(), Gaps: found.Gaps, Lang: lang}
	in := audit.Input{Found: found, Container: o.Container}
	if o.live(args) {
		in.Host, err = thisHost(ctx)
		if err := noHost(&answer, err, o.Live); err != nil {
			return err
		}
	}
	if in.Host != nil {
		answer.Host, _ = env.Hostname()
	}
	for _, f := range found.Files {
		answer.Files = append(answer.Files, f.Path)
	}
	answer.NotJudged = audit.NotJudged(found)
	answer.Findings, answer.Ignored = audit.SetAside(found, audit.Judge(in), env.Now())
	if err := writeAudit(env, o.Output, &answer, in.Host != nil); err != nil {
		return err
	}
	return auditVerdict(&answer, limit)
}

// auditFiles reads the files to be judged.
func auditFiles(env *Env, o TuneAuditOptions, args []string) (*audit.Found, error) {
	switch {
	case len(args) == 1 && args[0] == stdinName:
		text, err := readAll(env, stdinName)
		if err != nil {
			return nil, err
		}
		return audit.Stream(stdinName, []byte(text)), nil
	case len(args) > 0:
		return audit.Given(args)
	case o.Root != "":
		return audit.Search(o.Root)
	default:
		return audit.Search("/")
	}
}

// live reports whether the files are compared with this host: by default only its own
// files are.
func (o TuneAuditOptions) live(args []string) bool {
	if o.Live != liveAuto {
		return o.Live == liveAlways
	}
	other := func(name string) bool { return name == stdinName || !audit.Searched(name) }
	return o.Root == "" && !slices.ContainsFunc(args, other)
}

// thisHost returns the host to compare with. Its sockets are counted only if a
// finding needs the number.
func thisHost(ctx context.Context) (*audit.Host, error) {
	host, err := audit.ThisHost(ctx)
	if err != nil {
		return nil, err
	}
	host.Orphans = func(s tcp.State) (uint64, bool) {
		c, err := censusHere(ctx)
		if err != nil || !c.OwnersKnown {
			return 0, false
		}
		return c.Of(s).Kinds[socket.Mini] + c.Of(s).Unowned, true
	}
	return host, nil
}

// censusHere counts the sockets of this host.
func censusHere(ctx context.Context) (*query.Census, error) {
	host, err := engine.Open(engine.Options{})
	if err != nil {
		return nil, err
	}
	defer closing(host)
	return engine.Census(ctx, host, nil)
}

// noHost adds a gap if the host cannot be compared with; it returns the error if the
// comparison was requested.
func noHost(a *report.Audit, err error, live string) error {
	if err == nil || live == liveAlways {
		return err
	}
	reason := err.Error()
	if unsupported, ok := errors.AsType[*problem.UnsupportedError](err); ok {
		reason = unsupported.Reason
	}
	a.Gaps = append(a.Gaps, problem.Unread("this host", problem.NoHostToCompare, reason).NeverShown())
	return nil
}

func writeAudit(env *Env, output string, a *report.Audit, live bool) error {
	switch output {
	case outputJSON:
		return a.JSON(env.Stdout, live)
	case outputSARIF:
		return a.SARIF(env.Stdout, env.Version)
	default:
		err := env.say(render.AuditTable{Audit: *a, Width: env.width()}.String())
		return err
	}
}

// auditVerdict returns the error with which the command ends.
func auditVerdict(a *report.Audit, limit diagnose.Severity) error {
	if slices.ContainsFunc(a.Findings, func(f audit.Finding) bool { return f.Severity >= limit }) {
		return errFindings
	}
	if problem.Lossy(a.Gaps) {
		return errPartial
	}
	return nil
}
