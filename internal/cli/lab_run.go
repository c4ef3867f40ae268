// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// LabRunOptions are the flags of lab run and lab verify.
type LabRunOptions struct {
	LabOptions
	Verbose  bool
	Slow     bool
	Family   string
	Parallel int
}

// AddFlags adds the flags to f.
func (o *LabRunOptions) AddFlags(f *pflag.FlagSet) {
	o.LabOptions.AddFlags(f)
	f.BoolVar(&o.Slow, "slow", false, "also what waits for more than 5 s in real time")
	f.StringVar(&o.Family, "family", "", "IPv4 or IPv6 only")
	f.IntVar(&o.Parallel, "parallel", 0, "so many at a time (default 24)")
}

func newLabRunCommand(env *Env) *cobra.Command {
	var o LabRunOptions
	cmd := &cobra.Command{
		Use:   "run NAME|FILE|all...",
		Short: "Put claims to the test on this kernel",
		Long: `Run experiments, by name, from a .tcp file of your own, or all of them: each in a
network namespace of its own, for IPv4 and for IPv6. The exit code is 1 when a
verdict is not the expected one.`,
		Example: `  tcpvitals lab run lost-last-ack -v
  tcpvitals lab run all
  tcpvitals lab run my.tcp -o json`,
		Args: labNames("run"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarioWords("all"), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runLabRun(cmd.Context(), env, o, args) },
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().BoolVarP(&o.Verbose, "verbose", "v", false, "draw each exchange; with -o json, the whole trace")
	o.complete(cmd)
	completeFlags(cmd, map[string][]string{"family": {"IPv4", "IPv6"}})
	return cmd
}

func newLabVerifyCommand(env *Env) *cobra.Command {
	var o LabRunOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Put every claim to the test and print what holds on this kernel",
		Long: `Run every experiment and print a table of what holds on this kernel. What comes
out otherwise than where the experiments were written is marked; then the exit
code is 1.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLabVerify(cmd.Context(), env, o) },
	}
	o.AddFlags(cmd.Flags())
	o.complete(cmd)
	completeFlags(cmd, map[string][]string{"family": {"IPv4", "IPv6"}})
	return cmd
}

// labNames requires at least one name.
func labNames(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return &problem.UsageError{Msg: "lab " + command + " needs the name of an experiment", Hint: "tcpvitals lab list shows them all", Zh: "lab " + command + " 需要实验的名称", HintZh: "tcpvitals lab list 列出全部实验"}
	}
}

func (o *LabRunOptions) options() (s scenario.Options, err error) {
	if s.Wire, err = o.check(); err != nil {
		return s, err
	}
	switch strings.ToLower(o.Family) {
	case "":
	case "ipv4", "4":
		s.Family = socket.IPv4
	case "ipv6", "6":
		s.Family = socket.IPv6
	default:
		return s, &problem.UsageError{Msg: fmt.Sprintf("unknown family %q", o.Family), Hint: "families are IPv4 and IPv6", Zh: fmt.Sprintf("没有地址族 %q", o.Family), HintZh: "地址族有 IPv4 和 IPv6"}
	}
	return s, nil
}

// labRun is one call of lab run or lab verify.
type labRun struct {
	env     *Env
	o       LabRunOptions
	view    render.Options
	options scenario.Options
	results []*scenario.Result
	skipped int
}

func newLabRun(env *Env, o LabRunOptions) (*labRun, error) {
	view, err := o.view(env)
	if err != nil {
		return nil, err
	}
	options, err := o.options()
	return &labRun{env: env, o: o, view: view, options: options}, err
}

func runLabRun(ctx context.Context, env *Env, o LabRunOptions, words []string) error {
	r, err := newLabRun(env, o)
	if err != nil {
		return err
	}
	var all []*scenario.Scenario
	for _, word := range words {
		found, err := scenarios(word)
		if err != nil {
			return err
		}
		if word == "all" && !o.Slow {
			found = r.quick(found)
		}
		all = append(all, found...)
	}
	return inLab(ctx, env, func() error {
		details := len(all) == 1 || o.Verbose
		if err := r.run(ctx, all, func(result *scenario.Result) error { return r.show(result, details) }); err != nil {
			return err
		}
		return r.end(len(all) > 1)
	})
}

// quick leaves out experiments that must wait in real time.
func (r *labRun) quick(all []*scenario.Scenario) (quick []*scenario.Scenario) {
	for _, s := range all {
		if s.Slow == 0 {
			quick = append(quick, s)
		}
	}
	r.skipped = len(all) - len(quick)
	return quick
}

// run runs all experiments and passes on each result as it comes.
func (r *labRun) run(ctx context.Context, all []*scenario.Scenario, each func(*scenario.Result) error) (err error) {
	scenario.RunAll(ctx, all, r.options, r.o.Parallel, func(result *scenario.Result) {
		r.results = append(r.results, result)
		if err == nil {
			err = each(result)
		}
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// show prints a result at once: the next may take a while.
func (r *labRun) show(result *scenario.Result, details bool) error {
	if r.o.Output == outputJSON {
		return nil
	}
	text := render.LabResultLine(result, r.view)
	if details {
		text = render.LabResultDetails(result, r.view)
	}
	surprising := !result.AsExpected() && result.Verdict != scenario.NotPossible
	if len(result.Trace) > 0 && (r.o.Verbose || surprising) {
		text = result.Scenario.Title.In(r.view.Lang) + "\n" + render.Ladder(result.Trace, r.view) + text
	}
	if err := r.env.say(text); err != nil {
		return err
	}
	return r.env.flush()
}

// end prints the summary or the document, and returns the error that decides the exit
// code.
func (r *labRun) end(summary bool) error {
	switch {
	case r.o.Output == outputJSON:
		if err := report.JSON(r.env.Stdout, r.document(r.o.Verbose)); err != nil {
			return err
		}
	case summary:
		text := render.LabSummary(r.results, r.view)
		if r.skipped > 0 {
			text += knowledge.Text{
				En: fmt.Sprintf("%d that wait in real time were left out (--slow)\n", r.skipped),
				Zh: fmt.Sprintf("另有 %d 个要按真实时间等待，未做（--slow）\n", r.skipped),
			}.In(r.view.Lang)
		}
		if err := r.env.say(text); err != nil {
			return err
		}
	}
	return verdictError(r.results)
}

func (r *labRun) document(traces bool) report.LabDocument {
	d := report.LabDocument{Schema: report.LabSchema, Kind: "run", Kernel: kernelRelease()}
	for _, result := range r.results {
		d.Results = append(d.Results, report.NewLabResult(result, traces))
	}
	return d
}

// kernelRelease returns the version of the running kernel, "" if unknown.
func kernelRelease() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// verdictError returns the error for the results of experiments. What this system or
// missing rights made impossible for all experiments is an error; what this kernel
// cannot do is none.
func verdictError(results []*scenario.Result) error {
	impossible := 0
	var reason error
	for _, r := range results {
		if r.Verdict == scenario.NotPossible {
			impossible++
			reason = r.Err
		}
	}
	if impossible == len(results) && reason != nil {
		return reason
	}
	for _, r := range results {
		if r.Verdict != scenario.NotPossible && !r.AsExpected() {
			return errors.Join(errNotAsExpected, scriptError(r.Err))
		}
	}
	return nil
}

// scriptError returns an error only if a command was interrupted.
func scriptError(err error) error {
	var failed *script.RunError
	if errors.Is(err, context.Canceled) && !errors.As(err, &failed) {
		return context.Canceled
	}
	return nil
}

func runLabVerify(ctx context.Context, env *Env, o LabRunOptions) error {
	r, err := newLabRun(env, o)
	if err != nil {
		return err
	}
	all := scenario.All()
	if !o.Slow {
		all = r.quick(all)
	}
	return inLab(ctx, env, func() error {
		if err := r.run(ctx, all, func(*scenario.Result) error { return nil }); err != nil {
			return err
		}
		if o.Output != outputJSON {
			if err := env.say(render.LabVerification(r.results, kernelRelease(), r.view) + "\n"); err != nil {
				return err
			}
		}
		return r.end(true)
	})
}
