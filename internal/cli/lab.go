// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// errNotAsExpected ends lab run and lab verify if a verdict is not the expected one;
// the table has named it.
var errNotAsExpected = problem.New("a verdict is not the expected one", "有一个结论与预期不符")

func newLabCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Make any TCP state, and put claims about TCP to the test, on this kernel",
		Long: `The lab puts this kernel's TCP into any state on purpose, in a network namespace
of its own, with a scripted peer that sends, withholds or repeats exactly the
segment that the story needs. Nothing outside that namespace is touched.

It needs root, or a kernel that lets users make user namespaces.`,
		Example: `  tcpvitals lab list
  tcpvitals lab show lost-last-ack
  tcpvitals lab verify
  tcpvitals lab hold time-wait -n 100000`,
		Args: labArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	groupLang(cmd)
	cmd.AddCommand(
		newLabListCommand(env),
		newLabRunCommand(env),
		newLabShowCommand(env),
		newLabVerifyCommand(env),
		newLabHoldCommand(env),
		newLabWorkerCommand(env),
	)
	cmd.SuggestionsMinimumDistance = 2
	return cmd
}

// labArgs accepts no argument: any word was meant as a subcommand.
func labArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	u := &problem.UsageError{Msg: fmt.Sprintf("unknown command %q for lab", args[0]), Hint: "tcpvitals lab --help lists the commands", Zh: fmt.Sprintf("lab 没有命令 %q", args[0]), HintZh: "tcpvitals lab --help 列出所有命令"}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		u.Hint, u.HintZh = problem.DidYouMean(near...)
	}
	return u
}

// labOutputs are the outputs of the lab's commands.
func labOutputs() []string { return []string{outputTable, outputJSON} }

// LabOptions are the flags that the lab's commands share.
type LabOptions struct {
	Output string
	Lang   string
	Wire   string
}

// AddFlags adds the shared flags to f.
func (o *LabOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(labOutputs(), ", "))
	addLangFlag(f, &o.Lang)
	f.StringVar(&o.Wire, "wire", wire.Auto.String(), "what joins kernel and peer: auto, tun or veth")
}

// complete offers the words of the shared flags.
func (o *LabOptions) complete(cmd *cobra.Command) {
	completeFlags(cmd, map[string][]string{
		"output": labOutputs(),
		"lang":   languages(),
		"wire":   {wire.Auto.String(), wire.TUN.String(), wire.Veth.String()},
	})
}

func (o *LabOptions) check() (wire.Kind, error) {
	if err := checkOutputIn(o.Output, labOutputs()); err != nil {
		return wire.Auto, err
	}
	kind, err := wire.ParseKind(o.Wire)
	if err != nil {
		return wire.Auto, &problem.UsageError{Msg: err.Error(), Zh: problem.Wording(err, true)}
	}
	return kind, nil
}

// inLab runs f where network namespaces can be made. Without the right to make them,
// it starts this program again as root of a user namespace, and that process repeats
// the whole command. If that is refused too, the error says what would help.
func inLab(ctx context.Context, env *Env, f func() error) error {
	err := isolate.Check()
	var denied *problem.PermissionError
	if !errors.As(err, &denied) || isolate.Inside() || env.Args == nil {
		if err != nil {
			return err
		}
		return f()
	}
	if err := env.flush(); err != nil {
		return err
	}
	code, err := isolate.Again(ctx, env.Args, isolate.Streams{In: env.Stdin, Out: env.direct, Err: env.Stderr})
	switch {
	case err != nil:
		return err
	case code != exitOK:
		return &childError{code}
	default:
		return nil
	}
}

// lines writes lines of text.
func lines(env *Env, all ...string) error {
	var b strings.Builder
	for _, line := range all {
		b.WriteString(visible.Text(line) + "\n")
	}
	return env.say(b.String())
}
