// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// TuneApplyOptions are the flags of tune apply.
type TuneApplyOptions struct {
	TunePlaces
	Yes    bool
	Within time.Duration
	Force  bool
	Netns  string
}

// AddFlags adds the flags of tune apply to f.
func (o *TuneApplyOptions) AddFlags(f *pflag.FlagSet) {
	o.addFlags(f)
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.DurationVar(&o.Within, "confirm-within", 0, "bring the old values back unless tune confirm is called in time, such as 60s")
	f.BoolVar(&o.Force, "force", false, "apply also where somebody else has set a value since the plan was made")
	f.StringVar(&o.Netns, "netns", "", "the network namespace, instead of the plan's: self, a path, a name, a process id or a container")
}

func newTuneApplyCommand(env *Env) *cobra.Command {
	var o TuneApplyOptions
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Set the values of a plan in the running kernel, with a way back",
		Long: `Show what a plan would change, ask, set each value and read it back. When one
fails all are as they were before. Nothing is written that outlasts a reboot:
tune confirm does that.

With --confirm-within the old values come back by themselves unless confirmed,
also when this terminal, the SSH connection or the process dies. docs/tune-changes.md
says how.`,
		Example: `  tcpvitals tune apply web.plan --confirm-within 60s
  tcpvitals tune apply web.plan --yes --netns web`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &problem.UsageError{Msg: "tune apply takes one plan", Hint: "tcpvitals tune plan makes one"}
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runTuneApply(cmd.Context(), env, o, args[0]) },
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{"netns": {"self"}})
	return cmd
}

func runTuneApply(ctx context.Context, env *Env, o TuneApplyOptions, name string) error {
	switch {
	case o.Within < 0, o.Within > 0 && o.Within < time.Second:
		return &problem.UsageError{Msg: "--confirm-within is shorter than a second", Hint: "give yourself time to look, such as 60s"}
	case name == stdinName && !o.Yes:
		return &problem.UsageError{Msg: "a plan from standard input leaves no way to ask", Hint: "add --yes, or write the plan to a file"}
	}
	text, err := readAll(env, name)
	if err != nil {
		return err
	}
	p, err := plan.Parse(name, text)
	if err != nil {
		return err
	}
	engine, options := o.engine(env), change.ApplyOptions{Netns: o.Netns, Within: o.Within, Force: o.Force}
	h, err := engine.Preview(ctx, p, options)
	if err != nil {
		return err
	}
	if len(h.Settings) == 0 {
		return lines(env.Stdout, "nothing to change: every value is as the plan has it")
	}
	if err := engine.NeedsRights(ctx, h); err != nil {
		return err
	}
	if err := showPreview(env, engine, h); err != nil {
		return err
	}
	if !o.Yes {
		if err := agreed(ctx, env, "Apply? [y/N] "); err != nil {
			return err
		}
	}
	c, err := engine.Apply(ctx, p, options)
	if err != nil {
		return err
	}
	if c == nil {
		return lines(env.Stdout, "nothing to change: somebody else has set the values meanwhile")
	}
	return showApplied(env, c)
}

// showPreview shows the change, and the lines of other files that are about
// the same parameters.
func showPreview(env *Env, engine *change.Engine, h *change.Header) error {
	rows := make([][]string, len(h.Settings))
	for i, s := range h.Settings {
		rows[i] = []string{s.Key, arrow(s.Old, s.New), reasonOf(s)}
	}
	if err := lines(env.Stdout, "In network namespace "+h.Netns.Name+":"); err != nil {
		return err
	}
	if err := columns(env.Stdout, rows); err != nil {
		return err
	}
	return showConflicts(env, engine, h)
}

func showConflicts(env *Env, engine *change.Engine, h *change.Header) error {
	conflicts, err := engine.Conflicts(h)
	if err != nil {
		return lines(env.Stdout, fmt.Sprintf("not visible: other files that set the same: %v", err))
	}
	for _, c := range conflicts {
		line := fmt.Sprintf("%s:%d sets %s = %s; once confirmed, this change is read after it and wins", c.Line.File, c.Line.Number, c.Line.Key, shown(c.Line.Value))
		switch {
		case c.WinsAtBoot:
			line = fmt.Sprintf("%s:%d sets %s = %s and is read later: at boot it will win. Delete that line", c.Line.File, c.Line.Number, c.Line.Key, shown(c.Line.Value))
		case c.WinsByHand:
			line += ", but not when somebody runs sysctl --system or sysctl -p"
		}
		if err := lines(env.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func reasonOf(s change.Setting) string {
	if s.Finding == "" {
		return ""
	}
	return "(" + strings.TrimSpace(s.Finding+" "+s.Subject) + ")"
}

func showApplied(env *Env, c *change.Change) error {
	rows := make([][]string, len(c.Settings))
	for i, s := range c.Settings {
		rows[i] = []string{s.Key, arrow(s.Old, s.New), "read back " + shown(s.New), reasonOf(s)}
	}
	if err := columns(env.Stdout, rows); err != nil {
		return err
	}
	last := fmt.Sprintf("applied as change %d, until the next reboot. To keep it: tcpvitals tune confirm %d", c.ID, c.ID)
	if c.Deadline != nil {
		last = fmt.Sprintf("applied as change %d. Reverts at %s unless you run: tcpvitals tune confirm %d", c.ID, c.Deadline.Local().Format(time.TimeOnly), c.ID)
	}
	return lines(env.Stdout, last, fmt.Sprintf("To take it back: tcpvitals tune rollback %d", c.ID))
}
