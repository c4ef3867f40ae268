// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// TuneEndOptions are the flags of tune confirm and tune rollback.
type TuneEndOptions struct {
	TunePlaces
	Force  bool
	Output string
}

// begin checks the form of output, and returns what speaks to the user and what changes
// the machine.
func (o TuneEndOptions) begin(env *Env) (tuneTeller, *change.Changer, error) {
	if err := checkOutputIn(o.Output, tuneOutputs()); err != nil {
		return tuneTeller{}, nil, err
	}
	t, err := o.teller(env)
	return t, o.changer(env), err
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
	addTuneOutput(cmd, &o.Output)
	cmd.ValidArgsFunction = completeChanges(env, &o.TunePlaces, func(s change.State) bool { return s == change.Pending || s == change.Applied })
	cmd.Flags().BoolVar(&o.Force, "force", false, "also when somebody else has set one of the values since")
	return cmd
}

func runTuneConfirm(ctx context.Context, env *Env, o TuneEndOptions, id int) error {
	t, changer, err := o.begin(env)
	if err != nil {
		return err
	}
	c, err := changer.Confirm(ctx, id, o.Force)
	ended, ok := errors.AsType[*change.EndedError](err)
	none := ok && id == 0 && ended.ID == 0
	already := ok && id != 0 && ended.State == change.Confirmed
	if o.Output == outputJSON && (err == nil || none || already) {
		return writeDone(ctx, env, changer, "confirm", c)
	}
	if none {
		return t.say("nothing to confirm: no change waits to be confirmed", "没有等待确认的改动")
	}
	if already {
		return t.say("change %d was confirmed before", "改动 %d 之前已确认", id)
	}
	if err != nil {
		return err
	}
	if c.Persist == "" {
		return t.say("change %d is confirmed; it lasts as long as the network namespace %s", "改动 %d 已确认；它与网络命名空间 %s 同时结束", c.ID, c.Netns.Name)
	}
	if err := t.say("change %d is confirmed; %s sets it at boot", "改动 %d 已确认；启动时由 %s 设置", c.ID, c.Persist); err != nil {
		return err
	}
	return t.conflicts(changer, &c.Header)
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
	addTuneOutput(cmd, &o.Output)
	cmd.ValidArgsFunction = completeChanges(env, &o.TunePlaces, change.State.Active)
	cmd.Flags().BoolVar(&o.Force, "force", false, "restore also what somebody else has set since")
	return cmd
}

func runTuneRollback(ctx context.Context, env *Env, o TuneEndOptions, id int) error {
	t, changer, err := o.begin(env)
	if err != nil {
		return err
	}
	c, err := changer.Rollback(ctx, id, o.Force)
	ended, ok := errors.AsType[*change.EndedError](err)
	already := ok && id != 0 && ended.State == change.RolledBack
	if err != nil && !already {
		return err
	}
	if o.Output == outputJSON {
		return writeDone(ctx, env, changer, "rollback", c)
	}
	if already {
		return t.say("change %d was taken back before", "改动 %d 之前已撤回", id)
	}
	if c.State == change.Gone {
		return t.say("change %d ended with its network namespace", "改动 %d 已随其网络命名空间结束", c.ID)
	}
	rows := make([][]string, len(c.Settings))
	for i, s := range c.Settings {
		rows[i] = []string{s.Key, arrow(s.New, s.Old)}
	}
	if err := columns(env, rows); err != nil {
		return err
	}
	last := t.text("change %d is taken back", "改动 %d 已撤回", c.ID)
	if kept := c.Records[len(c.Records)-1].Kept; len(kept) > 0 {
		last += t.text(", except what somebody else has set since: %s", "，但此后由他人设置的除外：%s", knowledge.Listed(kept, t.lang))
	}
	return lines(env, last)
}
