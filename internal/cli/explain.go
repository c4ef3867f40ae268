// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// ExplainOptions are the flags of explain.
type ExplainOptions struct {
	Lang    string
	From    string
	ASCII   bool
	Sources bool
}

func newExplainCommand(env *Env) *cobra.Command {
	var o ExplainOptions
	cmd := &cobra.Command{
		Use:   "explain [STATE...]",
		Short: "Explain a TCP state; without one, draw the state diagram with this host's counts",
		Long: `Explain what a TCP state is: how a connection enters and leaves it, how long it
can last, who owns it, what it weighs, when a high number is normal and when it
is a symptom, and what to do about it.

States are understood in every spelling: TIME_WAIT, time-wait, TimeWait,
SYN_RCVD, LISTENING, ESTAB, 06.

Without a state it draws the diagram of RFC 9293 with the number of this host's
sockets in each state.`,
		Example: `  tcpvitals explain TIME_WAIT
  tcpvitals explain close-wait last-ack --lang zh
  tcpvitals explain`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return stateNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExplain(cmd.Context(), env, o, args)
		},
	}
	cmd.Flags().StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
	cmd.Flags().StringVar(&o.From, "from", "", "take the diagram's counts from a `file`, a snapshot or a listing; - is standard input")
	cmd.Flags().BoolVar(&o.Sources, "sources", false, "print where each statement is known from")
	cmd.Flags().BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	completeFlags(cmd, map[string][]string{"lang": languages()})
	return cmd
}

func stateNames() []string {
	var names []string
	for s := range tcp.AllStates.All() {
		names = append(names, s.String())
	}
	return names
}

func runExplain(ctx context.Context, env *Env, o ExplainOptions, words []string) error {
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	view := render.Options{Lang: lang, Width: min(env.width(), readingWidth), Colour: env.colour(), ASCII: o.ASCII, Sources: o.Sources}
	if len(words) == 0 {
		return explainDiagram(ctx, env, o, view)
	}
	states := make([]tcp.State, len(words))
	for i, word := range words {
		if states[i], err = tcp.Parse(word); err != nil {
			return err
		}
	}
	for i, s := range states {
		if i > 0 {
			_, _ = io.WriteString(env.Stdout, "\n") // a failed write fails again at the end
		}
		if err := explainState(env, s.Reported(), view); err != nil {
			return err
		}
	}
	return nil
}

// readingWidth is how wide a page of text may get: longer lines are hard to read.
const readingWidth = 100

// explainState prints the card of one state under its part of the diagram.
func explainState(env *Env, s tcp.State, o render.Options) error {
	_, err := io.WriteString(env.Stdout, render.Card(knowledge.StateCardOf(s), o))
	return err
}

// explainDiagram draws the whole diagram with counts. Where the host cannot be
// asked it is drawn without, and the reason is told: the diagram is still true.
func explainDiagram(ctx context.Context, env *Env, o ExplainOptions, view render.Options) error {
	in, err := source{From: o.From}.open(env)
	if err != nil {
		return err
	}
	defer in.close()
	c, err := takeCensus(ctx, in, question{})
	var counts map[tcp.State]uint64
	switch {
	case err == nil:
		counts = diagramCounts(c)
	case o.From != "" || !errors.Is(err, problem.ErrNotSupported):
		return err
	default:
		_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: without counts: %v\n", err)
	}
	if _, err := io.WriteString(env.Stdout, render.Diagram(counts, view)); err != nil {
		return err
	}
	if c != nil && c.Partial() {
		return errPartial
	}
	return nil
}

func diagramCounts(c *query.Census) map[tcp.State]uint64 {
	counts := map[tcp.State]uint64{}
	for s := range tcp.AllStates.All() {
		counts[s] = c.Of(s).Total
	}
	return counts
}
