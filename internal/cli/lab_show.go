// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// LabShowOptions are the flags of lab show.
type LabShowOptions struct {
	LabRunOptions
	SVG   string
	ASCII bool
}

func newLabShowCommand(env *Env) *cobra.Command {
	var o LabShowOptions
	cmd := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Run an experiment and draw the exchange, both ends' states beside each segment",
		Example: `  tcpvitals lab show lost-last-ack
  tcpvitals lab show old-duplicate --svg old-duplicate.svg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != "all" {
				return nil
			}
			return &problem.UsageError{Msg: "lab show takes the name of one experiment", Hint: "tcpvitals lab list shows them all", Zh: "lab show 需要一个实验的名称", HintZh: "tcpvitals lab list 列出全部实验"}
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarioWords(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runLabShow(cmd.Context(), env, o, args[0]) },
	}
	o.LabOptions.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.Family, "family", "", "IPv4 or IPv6 (default: IPv4)")
	cmd.Flags().StringVar(&o.SVG, "svg", "", "write a picture to this `file` instead; - is standard output")
	cmd.Flags().BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	o.complete(cmd)
	completeFlags(cmd, map[string][]string{"family": {"IPv4", "IPv6"}})
	return cmd
}

func runLabShow(ctx context.Context, env *Env, o LabShowOptions, word string) error {
	r, err := newLabRun(env, o.LabRunOptions)
	if err != nil {
		return err
	}
	r.view.ASCII = o.ASCII
	found, err := scenarios(word)
	if err != nil {
		return err
	}
	return inLab(ctx, env, func() error {
		result := scenario.Run(ctx, found[0], r.options)
		r.results = append(r.results, result)
		if len(result.Trace) > 0 {
			if err := r.draw(result, o.SVG); err != nil {
				return err
			}
		}
		return verdictError(r.results)
	})
}

// draw writes the exchange in the requested form.
func (r *labRun) draw(result *scenario.Result, svg string) error {
	if r.o.Output == outputJSON {
		return report.JSON(r.env.Stdout, r.document(true))
	}
	if svg != "" {
		return r.picture(result, svg)
	}
	text := result.Scenario.Title.In(r.view.Lang) + "\n" +
		render.Ladder(result.Trace, r.view) + render.LabResultDetails(result, r.view)
	err := r.env.say(text)
	return err
}

func (r *labRun) picture(result *scenario.Result, file string) error {
	picture := render.LadderSVG(result.Trace, render.CaptionOf(result, r.view.Lang), r.view)
	_, err := saveTo(r.env, file, 0o644, func(w io.Writer) error {
		_, err := w.Write(picture)
		return err
	})
	return err
}
