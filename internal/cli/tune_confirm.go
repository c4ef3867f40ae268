// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// TuneEndOptions are the flags of tune confirm and tune rollback.
type TuneEndOptions struct {
	TunePlaces
	Force bool
}

func newTuneConfirmCommand(env *Env) *cobra.Command {
	var o TuneEndOptions
	cmd := &cobra.Command{
		Use:   "confirm [ID]",
		Short: "Keep an applied change, also across reboots",
		Long: `Keep a change: its old values do not come back any more, and a file of its own
in /etc/sysctl.d sets the new ones at boot. Files of others are never edited.
Without a number it is the newest change that waits.

A change to another network namespace has no file: it lasts as long as the
namespace does.`,
		Args: changeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneConfirm(cmd.Context(), env, o, changeID(args))
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.Force, "force", false, "also when somebody else has set one of the values since")
	return cmd
}

func runTuneConfirm(ctx context.Context, env *Env, o TuneEndOptions, id int) error {
	engine := o.engine(env)
	c, err := engine.Confirm(ctx, id, o.Force)
	if err != nil {
		return err
	}
	if c.Persist == "" {
		return lines(env.Stdout, fmt.Sprintf("change %d is confirmed; it lasts as long as the network namespace %s", c.ID, c.Netns.Name))
	}
	if err := lines(env.Stdout, fmt.Sprintf("change %d is confirmed; %s sets it at boot", c.ID, c.Persist)); err != nil {
		return err
	}
	return showConflicts(env, engine, &c.Header)
}

func newTuneRollbackCommand(env *Env) *cobra.Command {
	var o TuneEndOptions
	cmd := &cobra.Command{
		Use:   "rollback [ID]",
		Short: "Take a change back: the old values, and no file",
		Long: `Set the old values again and remove the file of the change, confirmed or not.
Without a number it is the newest change that is in force. When somebody else has
set one of the values since, nothing is done without --force.`,
		Args: changeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneRollback(cmd.Context(), env, o, changeID(args))
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.Force, "force", false, "restore also what somebody else has set since")
	return cmd
}

func runTuneRollback(ctx context.Context, env *Env, o TuneEndOptions, id int) error {
	c, err := o.engine(env).Rollback(ctx, id, o.Force)
	if err != nil {
		return err
	}
	if c.State == change.Gone {
		return lines(env.Stdout, fmt.Sprintf("change %d went with its network namespace", c.ID))
	}
	rows := make([][]string, len(c.Settings))
	for i, s := range c.Settings {
		rows[i] = []string{s.Key, arrow(s.New, s.Old)}
	}
	if err := columns(env.Stdout, rows); err != nil {
		return err
	}
	last := fmt.Sprintf("change %d is taken back", c.ID)
	if kept := c.Records[len(c.Records)-1].Kept; len(kept) > 0 {
		last += ", but for what somebody else has set since: " + strings.Join(kept, ", ")
	}
	return lines(env.Stdout, last)
}
