// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Main runs the command line args (without the program's name) and returns the
// exit code. Output is buffered and flushed once; a failure to write it is a
// failure of the command.
func Main(ctx context.Context, env *Env, args []string) int {
	out := bufio.NewWriterSize(env.Stdout, 32<<10)
	inner := *env
	inner.Stdout, inner.direct = out, env.Stdout
	root := newRootCommand(&inner, needed(args))
	root.SetArgs(args)
	root.SetIn(inner.Stdin)
	root.SetOut(inner.Stdout)
	root.SetErr(inner.Stderr)
	err := root.ExecuteContext(ctx)
	if flushErr := out.Flush(); flushErr != nil && told(err) {
		err = fmt.Errorf("write output: %w", flushErr)
	}
	report(env.Stderr, err)
	return exitCode(err)
}

// report prints an error as one message, with the place and the way out.
func report(w io.Writer, err error) {
	if told(err) {
		return
	}
	var b strings.Builder
	if errors.Is(err, context.Canceled) {
		b.WriteString("tcpvitals: interrupted\n")
	} else {
		fmt.Fprintf(&b, "tcpvitals: %v\n", err)
	}
	if syntax, ok := errors.AsType[*problem.SyntaxError](err); ok {
		b.WriteString(indent(syntax.Underlined()) + "\n")
	}
	if h := hint(err); h != "" {
		fmt.Fprintf(&b, "%s\n", indent(h))
	}
	_, _ = io.WriteString(w, b.String())
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
