// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
)

// runExplainPlan says how a question would be answered.
func runExplainPlan(ctx context.Context, env *Env, output string, in *input, q engine.Counting, langFlag string) error {
	if in.From != "" {
		return &problem.UsageError{Msg: "--explain is for a live host", Hint: "leave it out: a file is read as a whole"}
	}
	lang, err := language(env, langFlag)
	if err != nil {
		return err
	}
	p, err := engine.Explain(ctx, in.options(), q)
	if err != nil {
		return err
	}
	view := render.Plan{Plan: *p, Lang: lang}
	if output == outputTable {
		_, err := io.WriteString(env.Stdout, view.String())
		return err
	}
	return view.JSON(env.Stdout)
}
