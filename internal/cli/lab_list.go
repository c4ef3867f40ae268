// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// scriptSuffix distinguishes a user's file from the name of a scenario.
const scriptSuffix = ".tcp"

func newLabListCommand(env *Env) *cobra.Command {
	var o LabOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the experiments: name, expected verdict, claim",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return runLabList(env, o) },
	}
	o.AddFlags(cmd.Flags())
	o.complete(cmd)
	return cmd
}

func runLabList(env *Env, o LabOptions) error {
	view, err := o.view(env)
	if err != nil {
		return err
	}
	all := scenario.All()
	if o.Output == outputJSON {
		d := report.LabDocument{Schema: report.LabSchema, Kind: "list"}
		for _, s := range all {
			d.Scenarios = append(d.Scenarios, report.NewLabScenario(s))
		}
		return report.JSON(env.Stdout, d)
	}
	err = env.say(render.LabList(all, view))
	return err
}

// view returns the drawing options of the lab's commands.
func (o *LabOptions) view(env *Env) (render.Options, error) {
	if _, err := o.check(); err != nil {
		return render.Options{}, err
	}
	lang, err := language(env, o.Lang)
	return render.Options{Lang: lang, Width: env.width(), Colour: env.colour()}, err
}

// scenarios returns what a word names: an experiment, a file, or all experiments.
func scenarios(word string) ([]*scenario.Scenario, error) {
	if word == "all" {
		return scenario.All(), nil
	}
	if !strings.HasSuffix(word, scriptSuffix) && !strings.ContainsRune(word, '/') {
		s, err := scenario.Find(word)
		return []*scenario.Scenario{s}, nearest(word, err)
	}
	s, err := scenario.Load(word)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, problem.Unreadable(word, path)
	}
	return []*scenario.Scenario{s}, err
}

// nearest adds similar names to a usage error.
func nearest(word string, err error) error {
	usage, ok := errors.AsType[*problem.UsageError](err)
	if !ok || strings.HasPrefix(usage.Hint, "did you mean") {
		return err
	}
	best := tcp.Nearest(word, slices.Values(scenarioWords()), len(word)/2)
	if best == "" {
		return err
	}
	hint, zh := problem.DidYouMean(best)
	return &problem.UsageError{Msg: usage.Msg, Hint: hint, Zh: usage.Zh, HintZh: zh}
}

// scenarioWords returns the names of experiments for completion.
func scenarioWords(more ...string) []string {
	words := slices.Clone(more)
	for _, s := range scenario.All() {
		words = append(words, s.Name)
	}
	return words
}
