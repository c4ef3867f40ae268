// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

const rootLong = `tcpvitals tells what the TCP connections of a Linux host are doing, and whether it matters.

Without a command it counts them by state:

  tcpvitals                        this host
  netstat -ant | tcpvitals -       a listing from anywhere
  tcpvitals explain TIME_WAIT      what a state means, and what to do about it`

// Root returns the command tree, for who writes pages about it.
func Root(env *Env) *cobra.Command { return newRootCommand(env, commands()) }

// A subcommand is one below the root.
type subcommand struct {
	name   string
	make   func(*Env) *cobra.Command
	writes bool // files, namespaces or kernel parameters
}

// commands lists them all, in the order in which help shows them.
func commands() []subcommand {
	return []subcommand{
		{name: "census", make: newCensusCommand},
		{name: "list", make: newListCommand},
		{name: "queues", make: newQueuesCommand},
		{name: "ports", make: newPortsCommand},
		{name: "doctor", make: newDoctorCommand},
		{name: "check", make: newCheckCommand},
		{name: "explain", make: newExplainCommand},
		{name: "snapshot", make: newSnapshotCommand, writes: true},
		{name: "diff", make: newDiffCommand},
		{name: "tune", make: newTuneCommand, writes: true},
		{name: "lab", make: newLabCommand, writes: true},
		{name: "version", make: newVersionCommand},
	}
}

// needed returns the commands that args can be meant for: none without args,
// one when they begin with its name, and all where others are to be listed,
// suggested or found. To make them all takes 0.3 ms, a twentieth of the time in
// which the sockets of an idle host are counted.
func needed(args []string) []subcommand {
	all := commands()
	if len(args) == 0 {
		return nil
	}
	for i, c := range all {
		if c.name == args[0] {
			return all[i : i+1]
		}
	}
	return all
}

// Writes reports whether args may be meant for a command that does not only
// read: one that has to put things in order before it ends.
func Writes(args []string) bool {
	return slices.ContainsFunc(needed(args), func(c subcommand) bool { return c.writes })
}

// newRootCommand builds a command tree. Without arguments it is census; with
// "-" it is census --from -.
func newRootCommand(env *Env, below []subcommand) *cobra.Command {
	var o CensusOptions
	root := &cobra.Command{
		Use:           "tcpvitals [-]",
		Short:         "What the TCP connections of this host are doing, and whether it matters",
		Long:          rootLong,
		Version:       env.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          rootArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.From = args[0]
			}
			return runCensus(cmd.Context(), env, o, "")
		},
	}
	o.AddFlags(root.Flags())
	root.SetFlagErrorFunc(flagError)
	for _, c := range below {
		root.AddCommand(c.make(env))
	}
	root.SuggestionsMinimumDistance = 2
	return root
}

// rootArgs takes nothing or "-"; any other word was meant as a command.
func rootArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && args[0] == stdinName {
		return nil
	}
	u := &problem.UsageError{
		Msg:  fmt.Sprintf("unknown command %q", args[0]),
		Hint: "tcpvitals --help lists the commands",
	}
	if args[0] == stdinName {
		u.Msg = fmt.Sprintf("nothing may follow \"-\", but %q does", args[1])
	} else if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		u.Hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return u
}

// noArgs is cobra.NoArgs with our kind of error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &problem.UsageError{
		Msg:  fmt.Sprintf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]),
		Hint: cmd.CommandPath() + " --help",
	}
}

func flagError(cmd *cobra.Command, err error) error {
	return &problem.UsageError{Msg: err.Error(), Hint: cmd.CommandPath() + " --help"}
}

// language resolves --lang: what was given, or the locale's.
func language(env *Env, flag string) (knowledge.Lang, error) {
	if flag == "" {
		return env.lang(), nil
	}
	lang, ok := knowledge.ParseLang(flag)
	if !ok {
		return "", &problem.UsageError{Msg: fmt.Sprintf("unknown language %q", flag), Hint: "languages are en and zh"}
	}
	return lang, nil
}

func languages() []string { return []string{string(knowledge.English), string(knowledge.Chinese)} }
