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

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
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
	o.add(cmd)
	cmd.Flags().DurationVar(&o.Window, "window", 0, "look twice, this long apart, for losses")
	return cmd
}

func runTuneVerify(ctx context.Context, env *Env, o TuneVerifyOptions, id int) error {
	if err := checkWindow(o.Window, ""); err != nil {
		return err
	}
	if id == 0 {
		return &problem.UsageError{Msg: "tune verify takes the number of a change", Hint: "tcpvitals tune status shows them"}
	}
	all, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s *change.Status) bool { return s.ID == id })
	if i < 0 {
		return &problem.UsageError{Msg: fmt.Sprintf("there is no change %d", id), Hint: "tcpvitals tune log shows all"}
	}
	v, err := o.verify(ctx, env, all[i])
	if err != nil {
		return err
	}
	if o.Output == outputJSON {
		return render.JSON(env.Stdout, v)
	}
	return v.write(env)
}

// verified is the answer, and its JSON form: docs/json.md.
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
}

func (o TuneVerifyOptions) verify(ctx context.Context, env *Env, s *change.Status) (*verified, error) {
	netns := strconv.FormatUint(s.Netns.Inode, 10)
	seen, err := ExaminationOptions{Netns: netns, Window: o.Window, windowGiven: func() bool { return true }}.examine(ctx, env, nil)
	if err != nil {
		return nil, err
	}
	diagnosis := diagnose.Judge(seen.now.Machine, seen.past(), seen.window)
	v := &verified{Schema: tuneSchema, Kind: "verify", ID: s.ID}
	for _, live := range s.Values {
		r := again(diagnosis, live)
		v.Values = append(v.Values, verifiedChange{
			Key: live.Key, Verdict: change.Judge(live, r), Finding: live.Finding, Subject: live.Subject,
			Before: live.Measure, After: r.Measure, Fires: r.Found,
		})
	}
	return v, nil
}

// again finds what a rule says now about what it was about before.
func again(d *diagnose.Diagnosis, live change.Live) change.Reading {
	r := change.Reading{Judged: slices.Contains(d.Passed, live.Finding)}
	for _, f := range d.Findings {
		if f.Code != live.Finding {
			continue
		}
		r.Judged = true // it fired, if not here
		if strings.Join(strings.Fields(f.Subject), "_") == live.Subject {
			r.Found, r.Measure = true, measureOf(&f)
		}
	}
	return r
}

func (v *verified) write(env *Env) error {
	rows := make([][]string, len(v.Values))
	for i, c := range v.Values {
		rows[i] = []string{c.Key, string(c.Verdict), strings.TrimSpace(c.Finding + " " + c.Subject), c.numbers()}
	}
	return columns(env.Stdout, rows)
}

func (c verifiedChange) numbers() string {
	switch {
	case c.Finding == "":
		return ""
	case c.Before == nil:
		return fmt.Sprintf("still found: %v", c.Fires)
	case c.After == nil && c.Verdict == change.CannotTell:
		return fmt.Sprintf("%s before, not known now", c.Before)
	case c.After == nil:
		return fmt.Sprintf("%s before, not found now", c.Before)
	default:
		return fmt.Sprintf("%s before, %s now", c.Before, c.After)
	}
}
