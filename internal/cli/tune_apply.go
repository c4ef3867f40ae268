// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
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
	Output string
}

// AddFlags adds the flags of tune apply to f.
func (o *TuneApplyOptions) AddFlags(f *pflag.FlagSet) {
	o.addFlags(f)
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	durationVar(f, &o.Within, "confirm-within", 0, "restore the old values unless tune confirm is called in time, such as 60s")
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
			return &problem.UsageError{Msg: "tune apply takes one plan", Hint: "tcpvitals tune plan makes one", Zh: "tune apply 需要一个计划", HintZh: "tcpvitals tune plan 可以生成"}
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runTuneApply(cmd.Context(), env, o, args[0]) },
	}
	o.AddFlags(cmd.Flags())
	addTuneOutput(cmd, &o.Output)
	completeFlags(cmd, map[string][]string{"netns": {"self"}})
	return cmd
}

func runTuneApply(ctx context.Context, env *Env, o TuneApplyOptions, name string) error {
	if err := checkOutputIn(o.Output, tuneOutputs()); err != nil {
		return err
	}
	switch {
	case o.Output == outputJSON && !o.Yes:
		return &problem.UsageError{Msg: "with -o json no question can be asked", Hint: "add --yes to -o json", Zh: "以文档输出时无法询问", HintZh: "请给 -o json 加上 --yes"}
	case o.Within < 0, o.Within > 0 && o.Within < time.Second:
		return &problem.UsageError{Msg: "--confirm-within is shorter than a second", Hint: "give yourself time to look, such as 60s", Zh: "--confirm-within 短于一秒", HintZh: "请留出查看的时间，例如 60s"}
	case name == stdinName && !o.Yes:
		return &problem.UsageError{Msg: "with a plan from standard input no question can be asked", Hint: "add --yes, or write the plan to a file", Zh: "计划来自标准输入，无法再询问", HintZh: "请加 --yes，或把计划写入文件"}
	}
	t, err := o.teller(env)
	if err != nil {
		return err
	}
	text, err := readAll(env, name)
	if err != nil {
		return err
	}
	p, err := plan.Parse(name, text)
	if err != nil {
		return err
	}
	changer, options := o.changer(env), change.ApplyOptions{Netns: o.Netns, Within: o.Within, Force: o.Force}
	h, err := changer.Preview(ctx, p, options)
	if err != nil {
		return err
	}
	if len(h.Settings) == 0 && o.Output == outputJSON {
		return writeDone(ctx, env, changer, "apply", nil)
	}
	if len(h.Settings) == 0 {
		return t.say("nothing to change: every value is as the plan has it", "无需改动：每个值都与计划一致")
	}
	if err := changer.NeedsRights(ctx, h); err != nil {
		return err
	}
	if o.Output == outputJSON {
		c, err := changer.Apply(ctx, p, options)
		if err != nil {
			return err
		}
		return writeDone(ctx, env, changer, "apply", c)
	}
	if err := t.preview(changer, h); err != nil {
		return err
	}
	if !o.Yes {
		if err := agreed(ctx, env, t.text("Apply? [y/N] ", "应用吗？[y/N] "), knowledge.Text{En: "nothing was changed", Zh: "什么也没改"}); err != nil {
			return err
		}
	}
	c, err := changer.Apply(ctx, p, options)
	if err != nil {
		return err
	}
	if c == nil {
		return t.say("nothing to change: somebody else has set the values meanwhile", "无需改动：期间已有人设置了这些值")
	}
	return t.applied(c)
}

// preview shows the change, and the lines of other files that set the same
// parameters.
func (t tuneTeller) preview(changer *change.Changer, h *change.Header) error {
	rows := make([][]string, len(h.Settings))
	for i, s := range h.Settings {
		rows[i] = []string{s.Key, arrow(s.Old, s.New), reasonOf(s)}
	}
	if err := t.say("In network namespace %s:", "网络命名空间 %s：", h.Netns.Name); err != nil {
		return err
	}
	if err := columns(t.env, rows); err != nil {
		return err
	}
	if err := t.conflicts(changer, h); err != nil {
		return err
	}
	return t.whatIsAgreed(h)
}

// whatIsAgreed prints, right above the question, how many parameters are set and
// which risks the plan accepts in the user's name.
func (t tuneTeller) whatIsAgreed(h *change.Header) error {
	var risks []string
	for _, s := range h.Settings {
		if risk := s.AcceptedRisk().In(t.lang); risk != "" {
			risks = append(risks, t.text("  risk accepted by the plan: %s = %s: %s", "  计划已接受的风险：%s = %s：%s", s.Key, shown(s.New), risk))
		}
	}
	total := t.text("%d parameter%s", "%d 个参数%.0s", len(h.Settings), plural(len(h.Settings)))
	if n := len(risks); n > 0 {
		total += t.text(", %d risk%s accepted by the plan", "，计划已接受 %d 项风险%.0s", n, plural(n))
	}
	return lines(t.env, append([]string{total}, risks...)...)
}

func (t tuneTeller) conflicts(changer *change.Changer, h *change.Header) error {
	conflicts, err := changer.Conflicts(h)
	if err != nil {
		return t.say("not visible: other files that set the same: %v", "看不到设置同一参数的其他文件：%v", err)
	}
	for _, c := range conflicts {
		line := t.text("%s:%d sets %s = %s", "%s:%d 设置了 %s = %s", c.Line.File, c.Line.Number, c.Line.Key, shown(c.Line.Value))
		switch {
		case c.WinsAtBoot:
			line += t.text(" and is read later: at boot it will win. Delete that line", "，且读取在后：启动时以它为准。请删除该行")
		case c.WinsByHand:
			line += t.text("; once confirmed, this change is read after it and wins, but not when somebody runs sysctl --system or sysctl -p", "；确认之后本次改动在其后读取并生效，但有人运行 sysctl --system 或 sysctl -p 时除外")
		default:
			line += t.text("; once confirmed, this change is read after it and wins", "；确认之后本次改动在其后读取并生效")
		}
		if err := lines(t.env, line); err != nil {
			return err
		}
	}
	return nil
}

// briefly shortens a text of the plan to one line.
func briefly(text string) string {
	return render.Shorten(strings.Join(strings.Fields(text), " "), 60)
}

func reasonOf(s change.Setting) string {
	if s.Finding == "" {
		return ""
	}
	return "(" + briefly(strings.TrimSpace(s.Finding+" "+s.Subject)) + ")"
}

func (t tuneTeller) applied(c *change.Change) error {
	rows := make([][]string, len(c.Settings))
	for i, s := range c.Settings {
		rows[i] = []string{s.Key, arrow(s.Old, s.New), t.text("read back %s", "回读 %s", shown(s.New)), reasonOf(s)}
	}
	if err := columns(t.env, rows); err != nil {
		return err
	}
	id := strconv.Itoa(c.ID)
	here := t.env.scope("", nil)
	confirm := command.Of("tune", "confirm", id).In(here)
	last := t.text("applied as change %d, until the next reboot. To keep it: %v", "已作为改动 %d 应用，到下次重启为止。如要保留：%v", c.ID, confirm)
	if c.Deadline != nil {
		last = t.text("applied as change %d. Reverts at %s unless you run: %v", "已作为改动 %d 应用。将在 %s 恢复原值，除非运行：%v", c.ID, c.Deadline.Local().Format(time.TimeOnly), confirm)
	}
	return lines(t.env, last, t.text("To take it back: %v", "如要撤回：%v", command.Of("tune", "rollback", id).In(here)))
}

// plural returns the ending of an English plural, "" for 1.
func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
