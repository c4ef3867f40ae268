// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
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
		Short: "Show which changes are in force, and what the values are now",
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
	completeFlags(cmd, map[string][]string{"output": tuneOutputs(), "lang": languages()})
}

func runTuneStatus(ctx context.Context, env *Env, o TuneStatusOptions) error {
	t, err := o.teller(env)
	if err != nil {
		return err
	}
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s *change.Status) bool {
		return !s.State.Active() && !s.Interrupted() && !s.AtWork && s.State != change.Damaged && s.State != change.Unseen
	})
	none := knowledge.Text{En: "no change is in force; tcpvitals tune log shows those of the past", Zh: "没有生效的改动；tcpvitals tune log 显示过去的改动"}
	return t.each(env, o.Output, "status", all, none, t.status)
}

// each prints changes one by one, or all as a document.
func (t tuneTeller) each(env *Env, output, command string, all []*change.Status, none knowledge.Text, tell func(*change.Status) error) error {
	if output == outputJSON {
		if err := report.JSON(env.Stdout, statusDocuments(all, command)); err != nil {
			return err
		}
		return damagedVerdict(all)
	}
	if len(all) == 0 {
		return t.say(none.En, none.Zh)
	}
	for _, s := range all {
		if err := tell(s); err != nil {
			return err
		}
	}
	return damagedVerdict(all)
}

// damagedVerdict returns errPartial if a journal cannot be trusted: something is
// unknown then.
func damagedVerdict(all []*change.Status) error {
	if slices.ContainsFunc(all, func(s *change.Status) bool { return s.State == change.Damaged }) {
		return errPartial
	}
	return nil
}

func (o TuneStatusOptions) read(ctx context.Context, env *Env) ([]*change.Status, error) {
	if err := checkOutputIn(o.Output, tuneOutputs()); err != nil {
		return nil, err
	}
	return o.changer(env).Statuses(ctx)
}

func (t tuneTeller) status(s *change.Status) error {
	if s.State == change.Damaged {
		return t.damaged(s)
	}
	if err := t.say("change %d: %s, in network namespace %s, begun %s", "改动 %d：%s，网络命名空间 %s，开始于 %s", s.ID, t.sentence(s), s.Netns.Name, when(s.Began())); err != nil {
		return err
	}
	rows := make([][]string, len(s.Values))
	for i, v := range s.Values {
		rows[i] = []string{"  " + v.Key, arrow(v.Old, v.New), t.text("now %s", "现为 %s", t.nowOf(v))}
	}
	if err := columns(t.env, rows); err != nil {
		return err
	}
	for _, gap := range s.Gaps {
		if err := t.say("  not visible: %s", "  看不到：%s", knowledge.GapText(gap).In(t.lang)); err != nil {
			return err
		}
	}
	return nil
}

// damaged prints what is known of a change whose journal cannot be trusted, and how
// to go on.
func (t tuneTeller) damaged(s *change.Status) error {
	text := []string{t.text("change %d: its journal cannot be trusted", "改动 %d：其日志不可信", s.ID)}
	for _, gap := range s.Gaps {
		text = append(text, t.text("  not visible: %s", "  看不到：%s", knowledge.GapText(gap).In(t.lang)))
	}
	for _, v := range s.Values {
		text = append(text, t.text("  it was to set %s: %s", "  原要设置 %s：%s", v.Key, arrow(v.Old, v.New)))
	}
	text = append(text, t.text(
		"  nothing is done with it. Restore by hand the values that are not wanted, and move the file away; other changes are not affected",
		"  不会对它做任何操作。请手工恢复不需要的值，并移走该文件；其他改动不受影响"))
	return lines(t.env, text...)
}

func (t tuneTeller) nowOf(v change.Live) string {
	switch v.Is {
	case change.IsUnknown:
		return "?"
	case change.IsOther:
		return t.text("%s, which somebody else has set", "%s，由他人设置", shown(v.Now))
	case change.IsOld:
		return t.text("%s, the old value", "%s，即原值", shown(v.Now))
	default:
		return t.text("%s, the new value", "%s，即新值", shown(v.Now))
	}
}

// sentence returns the state of a change and what follows from it.
func (t tuneTeller) sentence(s *change.Status) string {
	switch {
	case s.State == change.Pending && s.Overdue:
		return t.text("was not confirmed in time, and the old values are not back: tcpvitals tune rollback takes it back", "等待确认，但时限已过：用 tcpvitals tune rollback 撤回")
	case s.State == change.Pending:
		return t.text("reverts at %s unless confirmed", "未确认则在 %s 恢复原值", s.Ends.Local().Format(time.TimeOnly))
	case s.State == change.Unseen:
		return t.text("applied, but its network namespace is not found: it has ended, or only processes that may not be read are in it",
			"已应用，但找不到其网络命名空间：它已结束，或其中只有无权查看的进程")
	case s.State == change.Applied:
		return t.text("applied, until the next reboot", "已应用，到下次重启为止")
	case s.State == change.Confirmed && s.File == change.FileThere:
		return t.text("confirmed, set at boot by %s", "已确认，启动时由 %s 设置", s.Persist)
	case s.State == change.Confirmed && s.Persist == "":
		return t.text("confirmed, as long as the namespace is there", "已确认，与网络命名空间同时结束")
	case s.State == change.Confirmed:
		return t.text("confirmed, but %s is %s", "已确认，但 %s %s", s.Persist, t.file(s.File))
	case s.Interrupted():
		return t.text("unfinished (%s): a command was killed; tcpvitals tune rollback puts it right", "未完成（%s）：有命令被杀死；用 tcpvitals tune rollback 恢复", t.state(s.State))
	case s.AtWork && (s.State == change.Applying || s.State == change.Confirming || s.State == change.Restoring):
		return t.text("%s at this moment", "此刻%s", t.state(s.State))
	default:
		return t.state(s.State)
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
	cmd.ValidArgsFunction = completeChanges(env, &o.TunePlaces, anyState)
	o.add(cmd)
	return cmd
}

func runTuneLog(ctx context.Context, env *Env, o TuneStatusOptions, id int) error {
	t, err := o.teller(env)
	if err != nil {
		return err
	}
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	if id != 0 {
		all = slices.DeleteFunc(all, func(s *change.Status) bool { return s.ID != id })
		if len(all) == 0 {
			return &problem.UsageError{Msg: fmt.Sprintf("there is no change %d", id), Hint: "tcpvitals tune log shows all", Zh: fmt.Sprintf("没有编号为 %d 的改动", id), HintZh: "tcpvitals tune log 列出全部"}
		}
	}
	return t.each(env, o.Output, "log", all, knowledge.Text{En: "no change was ever made here", Zh: "这里从未做过改动"}, t.log)
}

func (t tuneTeller) log(s *change.Status) error {
	if s.State == change.Damaged {
		return t.damaged(s)
	}
	if err := t.say("change %d by %s, in network namespace %s: %s", "改动 %d，由 %s 所做，网络命名空间 %s：%s", s.ID, s.User, s.Netns.Name, t.sentence(s)); err != nil {
		return err
	}
	var rows [][]string
	for _, r := range s.Records {
		rows = append(rows, []string{"  " + when(r.At), t.step(string(r.Step)), strings.Join(slices.DeleteFunc(t.details(s, r), func(d string) bool { return d == "" }), t.text(", ", "，"))})
	}
	return columns(t.env, rows)
}

// details returns the details of a step.
func (t tuneTeller) details(s *change.Status, r change.Record) []string {
	found := []string{r.File, t.by(r.By), r.Reason().In(t.lang)}
	if r.Key != "" {
		for _, setting := range s.Settings {
			if setting.Key == r.Key {
				found = append(found, r.Key+" "+arrow(setting.Old, setting.New), setting.Reason)
			}
		}
	}
	if len(r.Kept) > 0 {
		found = append(found, t.text("somebody else had set %s", "已由他人设置：%s", knowledge.Listed(r.Kept, t.lang)))
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
	Began       *time.Time      `json:"began"`
	Deadline    *time.Time      `json:"deadline"`
	User        string          `json:"user"`
	Netns       string          `json:"netns"`
	NetnsInode  uint64          `json:"netns_inode"`
	File        string          `json:"file"`
	FileState   string          `json:"file_state"`
	Values      []valueDocument `json:"values"`
	Steps       []change.Record `json:"steps,omitempty"`
	Gaps        []report.Gap    `json:"gaps"`
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
		ID: s.ID, State: s.State, Interrupted: s.Interrupted(), AtWork: s.AtWork, Overdue: s.Overdue, Deadline: s.Ends,
		User: s.User, Netns: s.Netns.Name, NetnsInode: s.Netns.Inode, File: s.Persist, FileState: string(s.File), Gaps: report.Gaps(s.Gaps),
	}
	if len(s.Records) > 0 {
		began := s.Began()
		d.Began = &began
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
