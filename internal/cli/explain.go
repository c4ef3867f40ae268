// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/engine"
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
	Output  string
	ASCII   bool
	Sources bool
}

func newExplainCommand(env *Env) *cobra.Command {
	var o ExplainOptions
	cmd := &cobra.Command{
		Use:   "explain [NAME...|WORDS]",
		Short: "Explain a state, counter, kernel parameter, rule or myth; without one, draw the state diagram with this host's counts",
		Long: `Explain what something is and what to do about it: a state (how a connection
enters and leaves it, how long it can last, what it weighs, when a high number
is a symptom), a counter (what it really counts, whose it is, how it misleads),
a kernel parameter, a rule of the doctor, widespread advice that is wrong, or a
question that people ask. --sources prints where each statement is known from.

Names are understood in every spelling: TIME_WAIT, time-wait, TimeWait,
SYN_RCVD, LISTENING, ESTAB, 06; with or without net.ipv4. and TcpExt. What is no
name is searched for, in English and Chinese. states, counters, sysctls, options,
rules, codes, myths, questions and all list what there is; fields, filters, keys,
metrics, exit-codes and glossary tell what the program itself goes by.

Without a name it draws the diagram of RFC 9293 with the number of this host's
sockets in each state.`,
		Example: `  tcpvitals explain TIME_WAIT
  tcpvitals explain close-wait last-ack --lang zh
  tcpvitals explain TCPTimeWaitOverflow --sources
  tcpvitals explain "TIME_WAIT 2MSL"
  tcpvitals explain last ACK lost
  tcpvitals explain myths
  tcpvitals explain`,
		ValidArgsFunction: completeExplain,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExplain(cmd.Context(), env, o, args)
		},
	}
	addLangFlag(cmd.Flags(), &o.Lang)
	cmd.Flags().StringVar(&o.From, "from", "", "take the diagram's counts from a `file`, a snapshot or a listing; - is standard input")
	cmd.Flags().StringVarP(&o.Output, "output", "o", outputTable, strings.Join(explainOutputs(), ", "))
	cmd.Flags().BoolVar(&o.Sources, "sources", false, "print where each statement is known from")
	cmd.Flags().BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	completeFlags(cmd, map[string][]string{"lang": languages(), "output": explainOutputs()})
	return cmd
}

func explainOutputs() []string { return []string{outputTable, outputJSON} }

func runExplain(ctx context.Context, env *Env, o ExplainOptions, words []string) error {
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if err := checkOutputIn(o.Output, explainOutputs()); err != nil {
		return err
	}
	view := render.Options{Lang: lang, Width: env.reading(readingWidth), Colour: env.colour(), ASCII: o.ASCII, Sources: o.Sources, Program: env.program()}
	if len(words) > 0 {
		return explainWordsTo(env, o, words, view)
	}
	if o.Output == outputJSON {
		return &problem.UsageError{Msg: "the diagram is not available as JSON", Hint: "tcpvitals census -o json has its numbers, tcpvitals explain all -o json the list of what can be explained", Zh: "状态图不能以 JSON 输出", HintZh: "其中的数字见 tcpvitals census -o json，可解释的内容见 tcpvitals explain all -o json"}
	}
	return explainDiagram(ctx, env, o, view)
}

// readingWidth is the greatest width of a page of text in columns: longer lines are
// hard to read.
const readingWidth = 100

// explainDiagram draws the whole diagram with counts. If the host cannot be read, it
// draws the diagram without counts and shows the reason.
func explainDiagram(ctx context.Context, env *Env, o ExplainOptions, view render.Options) error {
	src, err := source{From: o.From}.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	c, err := engine.Census(ctx, src, nil)
	var counts map[tcp.State]uint64
	switch {
	case err == nil:
		counts = diagramCounts(c)
	case o.From != "" || !errors.Is(err, problem.ErrNotSupported):
		return err
	default:
		without := knowledge.ErrorText(problem.Errorf("without counts: %w", "没有计数：%w", err))
		_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: %s\n", without.In(view.Lang))
	}
	if err := env.say(render.Diagram(counts, view)); err != nil {
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
