// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// addTuneOutput adds the flag --output to a command that changes something.
func addTuneOutput(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", outputTable, strings.Join(tuneOutputs(), ", "))
	completeFlags(cmd, map[string][]string{"output": tuneOutputs()})
}

// A conflictDocument is a line of another file in JSON.
type conflictDocument struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Key        string `json:"key"`
	Value      string `json:"value"`
	WinsAtBoot bool   `json:"wins_at_boot"`
	WinsByHand bool   `json:"wins_by_hand"`
}

// writeDone writes the outcome of a change: its present state, lines of other files
// that set the same parameters, and parameters that were left because someone else
// has set them. A nil change means that there was nothing to do.
func writeDone(ctx context.Context, env *Env, changer *change.Changer, kind string, done *change.Change) error {
	doc := struct {
		Schema    string             `json:"schema"`
		Kind      string             `json:"kind"`
		Changes   []changeDocument   `json:"changes"`
		Conflicts []conflictDocument `json:"conflicts"`
		Kept      []string           `json:"kept"`
		Gaps      []report.Gap       `json:"gaps"`
	}{tuneSchema, kind, []changeDocument{}, []conflictDocument{}, []string{}, report.Gaps()}
	if done == nil {
		return report.JSON(env.Stdout, doc)
	}
	all, err := changer.Statuses(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID == done.ID {
			doc.Changes = append(doc.Changes, statusDocument(s))
		}
	}
	if done.State.Active() {
		conflicts, err := changer.Conflicts(&done.Header)
		if err != nil {
			doc.Gaps = report.Gaps([]problem.Gap{problem.Failed("other files that set the same", err)})
		}
		for _, c := range conflicts {
			doc.Conflicts = append(doc.Conflicts, conflictDocument{c.Line.File, c.Line.Number, c.Line.Key, c.Line.Value, c.WinsAtBoot, c.WinsByHand})
		}
	}
	if n := len(done.Records); n > 0 {
		doc.Kept = append(doc.Kept, done.Records[n-1].Kept...)
	}
	return report.JSON(env.Stdout, doc)
}
