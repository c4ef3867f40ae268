// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/hold"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// allStates is the word with which lab hold makes a socket in each state.
const allStates = "all"

// LabHoldOptions are the flags of lab hold.
type LabHoldOptions struct {
	LabOptions
	N       int
	For     time.Duration
	FDs     bool
	OwnHash bool
}

func newLabHoldCommand(env *Env) *cobra.Command {
	var o LabHoldOptions
	cmd := &cobra.Command{
		Use:   "hold STATE",
		Short: "Keep up to millions of sockets in a state, for load tests and for trying other commands",
		Long: `Put real sockets into a TCP state, in a network namespace of its own, keep them
there, and print how to look at them. "hold all" keeps one of each state.

TIME_WAIT, SYN_RECV, ESTABLISHED and CLOSE_WAIT go up to 4,000,000, the others up
to 5,000. The number is exact: it is counted by sock_diag before it is printed.
Sockets in TIME_WAIT are refreshed, so that they stay for longer than 60 s.

The sockets lie in the connection hash of the machine, as those of every
namespace do, and every listing of sockets on this machine walks past them. With
--own-hash they do not, and listing them is quicker than it would be in earnest.

It ends at Ctrl-C, or after --for. Nothing is left then, even if it is killed.`,
		Example: `  tcpvitals lab hold time-wait -n 1000000
  tcpvitals lab hold established -n 50000 --fds
  tcpvitals lab hold all`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &problem.UsageError{Msg: "lab hold takes one state", Hint: "such as: tcpvitals lab hold time-wait -n 1000", Zh: "lab hold 需要一个状态", HintZh: "例如：tcpvitals lab hold time-wait -n 1000"}
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return holdable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runLabHold(cmd.Context(), env, o, args[0])
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().IntVarP(&o.N, "number", "n", 1, "how many sockets")
	durationVar(cmd.Flags(), &o.For, "for", 0, "how long, such as 90s (default: until interrupted)")
	cmd.Flags().BoolVar(&o.FDs, "fds", false, "ESTABLISHED and CLOSE_WAIT: open in processes, instead of in an accept queue")
	cmd.Flags().BoolVar(&o.OwnHash, "own-hash", false, "in a connection hash of their own instead of the machine's")
	o.complete(cmd)
	return cmd
}

// newLabWorkerCommand returns the command that lab hold --fds starts.
func newLabWorkerCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:    "hold-worker N",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return &problem.UsageError{Msg: err.Error(), Zh: problem.Wording(err, true)}
			}
			return hold.Worker(n, env.Stdin, env.direct)
		},
	}
}

// holdable returns the words that lab hold accepts.
func holdable() []string {
	words := []string{allStates}
	for _, s := range hold.States() {
		words = append(words, strings.ToLower(strings.ReplaceAll(s.String(), "_", "-")))
	}
	return words
}

func runLabHold(ctx context.Context, env *Env, o LabHoldOptions, word string) error {
	options, err := o.options(word)
	if err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	return inLab(ctx, env, func() error {
		return hold.Run(ctx, options, func(h hold.Held) error {
			if err := (heldView{held: h, options: options, lang: lang}).write(env, o.Output); err != nil {
				return err
			}
			return env.flush()
		})
	})
}

func (o LabHoldOptions) options(word string) (h hold.Options, err error) {
	h = hold.Options{N: o.N, FDs: o.FDs, OwnHash: o.OwnHash, For: o.For}
	if h.Wire, err = o.check(); err != nil {
		return h, err
	}
	if o.N < 1 {
		return h, &problem.UsageError{Msg: fmt.Sprintf("cannot hold %d sockets", o.N), Zh: fmt.Sprintf("不能保持 %d 个套接字", o.N)}
	}
	if word != allStates {
		state, err := tcp.Parse(word)
		if err != nil {
			return h, err
		}
		h.State = state.Reported()
	}
	self, err := os.Executable()
	if err != nil {
		return h, problem.Errorf("find this program: %w", "查找本程序：%w", err)
	}
	h.Worker = []string{self, "lab", "hold-worker"}
	return h, nil
}

// heldView is what is shown about held sockets.
type heldView struct {
	held    hold.Held
	options hold.Options
	lang    knowledge.Lang
}

func (v heldView) write(env *Env, output string) error {
	if output == outputJSON {
		return report.JSON(env.Stdout, v.document())
	}
	said := []string{v.what().In(v.lang)}
	for _, gap := range v.held.Gaps {
		said = append(said, "  "+knowledge.GapText(gap).In(v.lang))
	}
	return lines(env, append(
		said,
		"netns="+v.held.Netns,
		"",
		knowledge.Text{En: "Look at them from another terminal:", Zh: "在另一个终端里查看："}.In(v.lang),
		"  "+v.inside(env.program()),
		"  "+v.inside("ss", "-tan"),
		"",
		v.end().In(v.lang),
	)...)
}

// what describes the held sockets. Sockets that this kernel does not show exist but
// are not counted.
func (v heldView) what() knowledge.Text {
	took := render.Milliseconds(v.held.Took)
	counted := knowledge.Text{En: "counted by sock_diag", Zh: "由 sock_diag 计数确认"}
	if v.options.State == 0 {
		each := v.options.N
		n := v.held.Total()
		if len(v.held.Gaps) > 0 {
			counted = knowledge.Text{En: fmt.Sprintf("%d of them counted by sock_diag", n), Zh: fmt.Sprintf("其中 %d 个由 sock_diag 计数确认", n)}
			n = each * len(hold.States())
		}
		return knowledge.Text{
			En: fmt.Sprintf("%s, %d of each state, made in %s, %s", knowledge.Many(uint64(n), "socket"), each, took, counted.En),
			Zh: fmt.Sprintf("%d 个套接字，每种状态 %d 个，用时 %s，%s", n, each, took, counted.Zh),
		}
	}
	n := v.held.Counts[v.options.State]
	if len(v.held.Gaps) > 0 {
		counted = knowledge.Text{En: fmt.Sprintf("%d of them counted by sock_diag", n), Zh: fmt.Sprintf("其中 %d 个由 sock_diag 计数确认", n)}
		n = v.options.N
	}
	return knowledge.Text{
		En: fmt.Sprintf("%s in %v, made in %s, %s", knowledge.Many(uint64(n), "socket"), v.options.State, took, counted.En),
		Zh: fmt.Sprintf("%s 个 %v 套接字，用时 %s，%s", knowledge.Grouped(uint64(n)), v.options.State, took, counted.Zh),
	}
}

// inside returns a command line that runs another command in the namespace.
func (v heldView) inside(words ...string) string {
	enter := []string{"--net=" + v.held.Netns}
	if isolate.Inside() {
		enter = []string{fmt.Sprintf("--user=/proc/%d/ns/user", os.Getpid()), "--preserve-credentials", "--net=" + v.held.Netns}
	}
	return command.Other("nsenter", append(enter, words...)...).String()
}

func (v heldView) end() knowledge.Text {
	if v.options.For > 0 {
		return knowledge.Text{En: fmt.Sprintf("They are closed in %v, or at Ctrl-C.", v.options.For), Zh: fmt.Sprintf("%v 后或按 Ctrl-C 时消失。", v.options.For)}
	}
	return knowledge.Text{En: "They are closed at Ctrl-C.", Zh: "按 Ctrl-C 时消失。"}
}

// heldDocument is lab hold -o json: docs/json.md.
type heldDocument struct {
	Schema string         `json:"schema"`
	Kind   string         `json:"kind"`
	Netns  string         `json:"netns"`
	PID    int            `json:"pid"`
	Wire   string         `json:"wire"`
	Counts map[string]int `json:"counts"`
	Gaps   []report.Gap   `json:"gaps"`
	TookMS float64        `json:"took_ms"`
}

func (v heldView) document() heldDocument {
	d := heldDocument{
		Schema: report.LabSchema, Kind: "hold", Netns: v.held.Netns, PID: os.Getpid(), Wire: v.held.Wire.String(),
		Counts: map[string]int{}, Gaps: report.Gaps(v.held.Gaps), TookMS: float64(v.held.Took.Microseconds()) / 1000,
	}
	for s, n := range v.held.Counts {
		d.Counts[s.String()] = n
	}
	return d
}
