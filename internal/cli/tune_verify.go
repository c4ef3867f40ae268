// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// TuneVerifyOptions are the flags of tune verify.
type TuneVerifyOptions struct {
	TuneStatusOptions
	Window time.Duration
}

func newTuneVerifyCommand(env *Env) *cobra.Command {
	var o TuneVerifyOptions
	cmd := &cobra.Command{
		Use:   "verify ID",
		Short: "Judge again the finding that asked for a change: helped, no effect, or worse",
		Long: `Judge again the finding that asked for each value of a change, and compare the
number it rests on with the one before. Differences of less than a tenth are no
effect. Findings about losses need --window, as they did when the plan was made.`,
		Example: `  tcpvitals tune verify 7 --window 10s`,
		Args:    changeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneVerify(cmd.Context(), env, o, changeID(args))
		},
	}
	cmd.ValidArgsFunction = completeChanges(env, &o.TunePlaces, change.State.Active)
	o.add(cmd)
	durationVar(cmd.Flags(), &o.Window, "window", 0, "look twice, this long apart, for losses")
	return cmd
}

func runTuneVerify(ctx context.Context, env *Env, o TuneVerifyOptions, id int) error {
	if err := checkWindow(o.Window, ""); err != nil {
		return err
	}
	if id == 0 {
		return &problem.UsageError{Msg: "tune verify takes the number of a change", Hint: "tcpvitals tune status shows them", Zh: "tune verify 需要改动的编号", HintZh: "tcpvitals tune status 列出各次改动"}
	}
	t, err := o.teller(env)
	if err != nil {
		return err
	}
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s *change.Status) bool { return s.ID == id })
	if i < 0 {
		return &problem.UsageError{Msg: fmt.Sprintf("there is no change %d", id), Hint: "tcpvitals tune log shows all", Zh: fmt.Sprintf("没有编号为 %d 的改动", id), HintZh: "tcpvitals tune log 列出全部"}
	}
	v, err := o.verify(ctx, env, all[i])
	if err != nil {
		return err
	}
	if o.Output == outputJSON {
		return report.JSON(env.Stdout, v)
	}
	return t.verified(v)
}

// verified is the answer of tune verify, and its JSON form: docs/json.md.
type verified struct {
	Schema string           `json:"schema"`
	Kind   string           `json:"kind"`
	ID     int              `json:"id"`
	Values []verifiedChange `json:"values"`
}

type verifiedChange struct {
	Key     string         `json:"key"`
	Verdict change.Verdict `json:"verdict"`
	Finding string         `json:"finding,omitempty"`
	Subject string         `json:"subject,omitempty"`
	Before  *plan.Measure  `json:"before"`
	After   *plan.Measure  `json:"after"`
	Fires   bool           `json:"still_found"`
	Doubt   string         `json:"doubt,omitempty"`
	doubt   knowledge.Text
}

func (o TuneVerifyOptions) verify(ctx context.Context, env *Env, s *change.Status) (*verified, error) {
	netns := strconv.FormatUint(s.Netns.Inode, 10)
	seen, err := ExaminationOptions{Netns: netns, Window: o.Window, windowGiven: func() bool { return true }}.examine(ctx, env, nil)
	if err != nil {
		return nil, err
	}
	diagnosis := seen.Judge()
	v := &verified{Schema: tuneSchema, Kind: "verify", ID: s.ID}
	for _, live := range s.Values {
		r := again(diagnosis, live)
		why := doubt(seen, live)
		r.Doubt = why.En
		verdict := change.Judge(live, r)
		if verdict != change.CannotTell {
			r.Doubt = ""
		}
		v.Values = append(v.Values, verifiedChange{
			Key: live.Key, Verdict: verdict, Finding: live.Finding, Subject: live.Subject,
			Before: live.Measure, After: r.Measure, Fires: r.Found, Doubt: r.Doubt, doubt: why,
		})
	}
	return v, nil
}

// again finds the present judgement of the finding for which a change was made.
func again(d *diagnose.Diagnosis, live change.Live) change.Reading {
	r := change.Reading{Judged: slices.Contains(d.Passed, live.Finding)}
	for i := range d.Findings {
		look(&d.Findings[i], d.Window, live, &r)
	}
	return r
}

// look searches a finding, and those that it explains, for the one asked for.
func look(f *diagnose.Finding, window time.Duration, live change.Live, r *change.Reading) {
	for i := range f.Explains {
		look(&f.Explains[i].Finding, window, live, r)
	}
	if f.Code != live.Finding {
		return
	}
	r.Judged = true // the rule has fired, though for another subject
	if plan.SubjectWord(f.Subject()) == live.Subject {
		r.Found, r.Measure = true, plan.MeasureOf(f, window)
	}
}

// doubt returns why the end of a finding, or a smaller number, would prove nothing;
// empty if there is no reason to doubt.
func doubt(seen *collect.Window, live change.Live) knowledge.Text {
	for _, space := range seen.Now.Machine.Spaces {
		c := diagnose.NewCase(seen.Now.Machine, seen.Past(), space, seen.Length)
		switch live.Finding {
		case "TW03", "TW04":
			return doubtOfPorts(c, live)
		default:
			if live.Measure != nil && live.Measure.Unit == "1/s" && !c.Opened() {
				return knowledge.Text{En: "no connection was opened in the window: nothing could be lost", Zh: "观察期间没有新建连接：不可能有丢失"}
			}
		}
	}
	return knowledge.Text{}
}

// doubtOfPorts is doubt for the local ports of a destination: with tcp_tw_reuse,
// TIME_WAIT counts as free by definition, whether or not connect() can reuse the
// port.
func doubtOfPorts(c *diagnose.Case, live change.Live) knowledge.Text {
	uses, ok := c.PortUses()
	if !ok {
		return knowledge.Text{}
	}
	for i := range uses {
		u := &uses[i]
		switch {
		case plan.SubjectWord(u.Subject()) != live.Subject:
		case live.Key == diagnose.SysctlTWReuse && u.TakenOver == nil:
			return knowledge.Text{En: "whether connect() reuses ports in TIME_WAIT shows only in a window: --window 10s", Zh: "connect() 是否接管 TIME_WAIT 只有观察一段时间才能看出：--window 10s"}
		case live.Key == diagnose.SysctlTWReuse && *u.TakenOver == 0:
			return knowledge.Text{En: "connect() reused no port in TIME_WAIT in the window (TWRecycled): the change has another cause", Zh: "观察期间 connect() 没有接管任何 TIME_WAIT（TWRecycled）：变化另有原因"}
		case u.Reusable == 0:
			return knowledge.Text{}
		case u.Reuse == diagnose.ReuseIf:
			return knowledge.Text{En: "TIME_WAIT count as free only if the peer uses timestamps, which no open connection shows", Zh: "只有对端使用时间戳时 TIME_WAIT 才算空闲，而没有打开的连接能说明这一点"}
		case u.TakenOver == nil || *u.TakenOver == 0:
			return knowledge.Text{En: "TIME_WAIT count as free, but connect() reused none in the window (TWRecycled)", Zh: "TIME_WAIT 算作空闲，但观察期间 connect() 没有接管任何一个（TWRecycled）"}
		default:
			return knowledge.Text{}
		}
	}
	return knowledge.Text{En: "no connection to it is left: there is nothing to compare with", Zh: "到该目标的连接已不存在：没有可比较的数据"}
}

func (t tuneTeller) verified(v *verified) error {
	rows := make([][]string, len(v.Values))
	for i := range v.Values {
		c := &v.Values[i]
		rows[i] = []string{c.Key, t.verdict(c.Verdict), strings.TrimSpace(c.Finding + " " + c.Subject), t.numbers(c)}
	}
	return columns(t.env, rows)
}

func (t tuneTeller) numbers(c *verifiedChange) string {
	switch {
	case c.Finding == "":
		return ""
	case c.Before == nil:
		if c.Fires {
			return t.text("still found", "依然存在")
		}
		return t.text("not found now", "已不存在")
	case c.Doubt != "" && c.After == nil:
		return t.text("%s before, not found now: %s", "之前 %s，现已不存在：%s", c.Before, c.doubt.In(t.lang))
	case c.Doubt != "":
		return t.text("%s before, %s now: %s", "之前 %s，现为 %s：%s", c.Before, c.After, c.doubt.In(t.lang))
	case c.After == nil && c.Verdict == change.CannotTell:
		return t.text("%s before, not known now", "之前 %s，现在未知", c.Before)
	case c.After == nil:
		return t.text("%s before, not found now", "之前 %s，现已不存在", c.Before)
	default:
		return t.text("%s before, %s now", "之前 %s，现为 %s", c.Before, c.After)
	}
}
