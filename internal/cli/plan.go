// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// runExplainPlan shows how a question would be answered.
func runExplainPlan(ctx context.Context, env *Env, output string, src engine.Source, q engine.Counting, langFlag string) error {
	lang, err := language(env, langFlag)
	if err != nil {
		return err
	}
	p, err := src.Explain(ctx, q)
	if err != nil {
		return err
	}
	view := render.PlanTable{Plan: report.Plan{Plan: *p, Notes: q.Filter.Notes()}, Lang: lang}
	if output == outputTable {
		err := env.say(view.String())
		return err
	}
	return view.JSON(env.Stdout)
}
