// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Main runs the command line args (without the program's name) and returns the
// exit code. Output is buffered and flushed once; a failure to write it is a
// failure of the command.
func Main(ctx context.Context, env *Env, args []string) int {
	inner := *env
	inner.raw, inner.direct, inner.ended = env.Stdout, env.Stdout, ctx.Done()
	if env.ascii() {
		inner.direct = &asciiWriter{w: env.Stdout}
	}
	out := newWholeLines(inner.direct)
	inner.Stdout = out
	inner.Stderr, inner.terminal = plainWriter{env.Stderr}, env.Stderr
	root := newRootCommand(&inner, needed(args))
	chinese := inChinese(env, args)
	if chinese {
		speakChinese(root)
	}
	root.SetArgs(args)
	root.SetIn(inner.Stdin)
	root.SetOut(inner.Stdout)
	root.SetErr(inner.Stderr)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		root.SetErr(io.Discard) // cobra writes completion notes there; errors are printed below
	}
	err := root.ExecuteContext(ctx)
	_, plugin := errors.AsType[pluginStatus](err) // the plugin output has reported the error
	flushErr := cmp.Or(out.Flush(), unseen(env.Stdout))
	if flushErr != nil && told(err) && !plugin {
		err = problem.Errorf("write output: %w", "写输出：%w", flushErr)
	}
	printError(inner.Stderr, err, chinese, env.program(), args)
	return exitCode(err)
}

// interrupted says that a signal ended the command.
func interrupted(chinese bool) string {
	if chinese {
		return "已中断"
	}
	return "interrupted"
}

// printError prints an error as one message, with the place and the way out. Words
// that the user typed, such as the name of a file, are quoted as single words.
func printError(w io.Writer, err error, chinese bool, program string, args []string) {
	if told(err) || errors.Is(err, syscall.EPIPE) { // the reader of a broken pipe knows
		return
	}
	var b strings.Builder
	if errors.Is(err, context.Canceled) {
		b.WriteString("tcpvitals: " + interrupted(chinese) + "\n")
	} else {
		fmt.Fprintf(&b, "tcpvitals: %s\n", problem.Lines(err, chinese))
	}
	if syntax, ok := errors.AsType[*problem.SyntaxError](err); ok {
		b.WriteString(indent(syntax.Underlined()) + "\n")
	}
	if h := problem.Hint(err, chinese); h != "" {
		// The way out is a command that works as printed, wherever the program is.
		h = strings.ReplaceAll(h, command.Program+" ", command.Called(program)+" ")
		fmt.Fprintf(&b, "%s\n", indent(h))
	}
	text := b.String()
	for _, arg := range args {
		if visible.Hidden(arg) >= 0 {
			text = strings.ReplaceAll(text, arg, visible.Text(arg))
		}
	}
	_, _ = io.WriteString(w, text)
}

// Interrupted is the line that says, in the language that is asked for, that a signal
// ended the command.
func Interrupted(env *Env, args []string) string {
	return "tcpvitals: " + interrupted(inChinese(env, args)) + "\n"
}

// inChinese reports whether errors are printed in Chinese, by --lang or the locale.
func inChinese(env *Env, args []string) bool {
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if lang, ok := knowledge.ParseLang(value); given && ok {
			return lang == knowledge.Chinese
		}
	}
	return env.lang() == knowledge.Chinese
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
