// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// erased is the sequence that clears a line of a terminal (ECMA-48, EL).
const erased = "\r\x1b[K"

// tracing shows on a terminal that a trace runs, for d or, if d is 0, until Ctrl-C.
// over removes the line. Without a terminal nothing is shown.
func (e *Env) tracing(d time.Duration, lang string) (over func()) {
	if e.Telling == nil || !e.Telling() || e.Getenv("TERM") == "dumb" {
		return func() {}
	}
	in, err := language(e, lang)
	if err != nil {
		in = knowledge.English // a wrong --lang is refused elsewhere
	}
	text := knowledge.Text{En: "tracing for " + lengthOf(d) + " s", Zh: "正在跟踪（" + lengthOf(d) + " 秒）"}
	if d == 0 {
		text = knowledge.Text{En: "tracing until Ctrl-C", Zh: "正在跟踪（按 Ctrl-C 结束）"}
	}
	dots := "…"
	if e.ascii() {
		dots = "..."
	}
	_, _ = fmt.Fprint(e.Stderr, text.In(in), dots)
	return func() { _, _ = fmt.Fprint(e.terminal, erased) }
}

func lengthOf(d time.Duration) string {
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64)
}

// waitTracing waits while a trace runs.
func (e *Env) waitTracing(ctx context.Context, d time.Duration, lang string) error {
	defer e.tracing(d, lang)()
	return e.Wait(ctx, d)
}
