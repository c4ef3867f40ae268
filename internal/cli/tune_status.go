// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// TuneStatusOptions are the flags of tune status and tune log.
type TuneStatusOptions struct {
	TunePlaces
	Output string
}

func newTuneStatusCommand(env *Env) *cobra.Command {
	var o TuneStatusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which changes are in force, beside what is really there",
		Long: `Show each change that is in force or unfinished, and what each of its values is
now: the new one, the old one, or another one that somebody else has set. What the
journal says is compared with the kernel and with the file; nothing is changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTuneStatus(cmd.Context(), env, o) },
	}
	o.add(cmd)
	return cmd
}

func (o *TuneStatusOptions) add(cmd *cobra.Command) {
	o.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&o.Output, "output", "o", outputTable, strings.Join(tuneOutputs(), ", "))
	completeFlags(cmd, map[string][]string{"output": tuneOutputs()})
}

func runTuneStatus(ctx context.Context, env *Env, o TuneStatusOptions) error {
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s *change.Status) bool {
		return !s.State.Active() && !s.Interrupted() && !s.AtWork
	})
	if o.Output == outputJSON {
		return render.JSON(env.Stdout, statusDocuments(all, "status"))
	}
	if len(all) == 0 {
		return lines(env.Stdout, "no change is in force; tcpvitals tune log shows those of the past")
	}
	for _, s := range all {
		if err := showStatus(env, s); err != nil {
			return err
		}
	}
	return nil
}

func (o TuneStatusOptions) read(ctx context.Context, env *Env) ([]*change.Status, error) {
	if err := checkOutputIn(o.Output, tuneOutputs()); err != nil {
		return nil, err
	}
	return o.engine(env).Statuses(ctx)
}

func showStatus(env *Env, s *change.Status) error {
	if err := lines(env.Stdout, fmt.Sprintf("change %d: %s, in network namespace %s, begun %s", s.ID, sentence(s), s.Netns.Name, when(s.Began()))); err != nil {
		return err
	}
	rows := make([][]string, len(s.Values))
	for i, v := range s.Values {
		rows[i] = []string{"  " + v.Key, arrow(v.Old, v.New), "now " + nowOf(v)}
	}
	if err := columns(env.Stdout, rows); err != nil {
		return err
	}
	for _, gap := range s.Gaps {
		if err := lines(env.Stdout, "  not visible: "+gap.Source+": "+gap.Reason); err != nil {
			return err
		}
	}
	return nil
}

func nowOf(v change.Live) string {
	switch v.Is {
	case change.IsUnknown:
		return "?"
	case change.IsOther:
		return shown(v.Now) + ", which somebody else has set"
	default:
		return fmt.Sprintf("%s, the %s value", shown(v.Now), v.Is)
	}
}

// sentence says how far a change has come and what follows.
func sentence(s *change.Status) string {
	switch {
	case s.State == change.Pending && s.Overdue:
		return "waits to be confirmed, but its time is over: tcpvitals tune rollback takes it back"
	case s.State == change.Pending:
		return "reverts at " + s.Deadline.Local().Format(time.TimeOnly) + " unless confirmed"
	case s.State == change.Applied:
		return "applied, until the next reboot"
	case s.State == change.Confirmed && s.File == change.FileThere:
		return "confirmed, set at boot by " + s.Persist
	case s.State == change.Confirmed && s.Persist == "":
		return "confirmed, as long as the namespace is there"
	case s.State == change.Confirmed:
		return fmt.Sprintf("confirmed, but %s is %s", s.Persist, s.File)
	case s.Interrupted():
		return fmt.Sprintf("unfinished (%s): a command was killed; tcpvitals tune rollback puts it right", s.State)
	case s.AtWork && (s.State == change.Applying || s.State == change.Confirming || s.State == change.Restoring):
		return fmt.Sprintf("%s at this moment", s.State)
	default:
		return string(s.State)
	}
}

func when(t time.Time) string { return t.Local().Format(time.DateTime) }

func newTuneLogCommand(env *Env) *cobra.Command {
	var o TuneStatusOptions
	cmd := &cobra.Command{
		Use:   "log [ID]",
		Short: "Show every change that was made, step by step",
		Args:  changeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneLog(cmd.Context(), env, o, changeID(args))
		},
	}
	o.add(cmd)
	return cmd
}

func runTuneLog(ctx context.Context, env *Env, o TuneStatusOptions, id int) error {
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	if id != 0 {
		all = slices.DeleteFunc(all, func(s *change.Status) bool { return s.ID != id })
		if len(all) == 0 {
			return &problem.UsageError{Msg: fmt.Sprintf("there is no change %d", id), Hint: "tcpvitals tune log shows all"}
		}
	}
	if o.Output == outputJSON {
		return render.JSON(env.Stdout, statusDocuments(all, "log"))
	}
	if len(all) == 0 {
		return lines(env.Stdout, "no change was ever made here")
	}
	for _, s := range all {
		if err := showLog(env, s); err != nil {
			return err
		}
	}
	return nil
}

func showLog(env *Env, s *change.Status) error {
	head := fmt.Sprintf("change %d by %s, in network namespace %s: %s", s.ID, s.User, s.Netns.Name, sentence(s))
	if err := lines(env.Stdout, head); err != nil {
		return err
	}
	var rows [][]string
	for _, r := range s.Records {
		rows = append(rows, []string{"  " + when(r.At), string(r.Step), strings.Join(slices.DeleteFunc(details(s, r), func(d string) bool { return d == "" }), ", ")})
	}
	return columns(env.Stdout, rows)
}

// details are what there is to say about a step.
func details(s *change.Status, r change.Record) []string {
	found := []string{r.File, string(r.By), r.Why}
	if r.Key != "" {
		for _, setting := range s.Settings {
			if setting.Key == r.Key {
				found = append(found, r.Key+" "+arrow(setting.Old, setting.New), setting.Reason)
			}
		}
	}
	if len(r.Kept) > 0 {
		found = append(found, "somebody else had set "+strings.Join(r.Kept, ", "))
	}
	return found
}

// A changeDocument is a change in JSON: docs/json.md.
type changeDocument struct {
	ID          int             `json:"id"`
	State       change.State    `json:"state"`
	Interrupted bool            `json:"interrupted"`
	AtWork      bool            `json:"at_work"`
	Overdue     bool            `json:"overdue"`
	Began       time.Time       `json:"began"`
	Deadline    *time.Time      `json:"deadline"`
	User        string          `json:"user"`
	Netns       string          `json:"netns"`
	NetnsInode  uint64          `json:"netns_inode"`
	File        string          `json:"file"`
	FileState   string          `json:"file_state"`
	Values      []valueDocument `json:"values"`
	Steps       []change.Record `json:"steps,omitempty"`
	Gaps        []problem.Gap   `json:"gaps"`
}

type valueDocument struct {
	Key     string    `json:"key"`
	Old     string    `json:"old"`
	New     string    `json:"new"`
	Now     *string   `json:"now"`
	Is      change.Is `json:"is"`
	Finding string    `json:"finding,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

func statusDocuments(all []*change.Status, kind string) any {
	documents := make([]changeDocument, len(all))
	for i, s := range all {
		documents[i] = statusDocument(s)
		if kind == "log" {
			documents[i].Steps = s.Records
		}
	}
	return struct {
		Schema  string           `json:"schema"`
		Kind    string           `json:"kind"`
		Changes []changeDocument `json:"changes"`
	}{tuneSchema, kind, documents}
}

func statusDocument(s *change.Status) changeDocument {
	d := changeDocument{
		ID: s.ID, State: s.State, Interrupted: s.Interrupted(), AtWork: s.AtWork, Overdue: s.Overdue, Began: s.Began(), Deadline: s.Deadline,
		User: s.User, Netns: s.Netns.Name, NetnsInode: s.Netns.Inode, File: s.Persist, FileState: string(s.File), Gaps: s.Gaps,
	}
	if d.Gaps == nil {
		d.Gaps = []problem.Gap{}
	}
	for _, v := range s.Values {
		value := valueDocument{Key: v.Key, Old: v.Old, New: v.New, Is: v.Is, Finding: v.Finding, Subject: v.Subject, Reason: v.Reason}
		if v.Is != change.IsUnknown {
			value.Now = &v.Now
		}
		d.Values = append(d.Values, value)
	}
	return d
}
