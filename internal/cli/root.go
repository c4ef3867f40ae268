// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/usage"
)

const rootLong = `tcpvitals tells what the TCP connections of a Linux host are doing, and whether it matters.

Without a command it counts them by state:

  tcpvitals                        this host
  netstat -ant | tcpvitals -       a listing from anywhere
  tcpvitals explain TIME_WAIT      what a state means, and what to do about it

Pages that help calls docs/NAME.md are installed in share/doc/tcpvitals, below /usr or
/usr/local.`

// Root returns the command tree, for generating manual pages.
func Root(env *Env) *cobra.Command { return newRootCommand(env, commands()) }

// A Lifetime tells how a command may be ended.
type Lifetime uint8

// The lifetimes, in ascending order.
const (
	ReadsOnce Lifetime = iota // answers and ends; there is nothing to clean up
	RunsOn                    // writes line by line until it is told to end
	Writes                    // changes files, namespaces, sockets or kernel parameters
	Restores                  // takes a change back if nothing else does
)

// A subcommand is a command directly below the root.
type subcommand struct {
	name string
	make func(*Env) *cobra.Command
	life Lifetime // without flags; --every turns ReadsOnce into RunsOn

	group groupID // where help lists it; "" is at the end
}

// A groupID names a group of commands in help.
type groupID string

// The groups, in the order in which help shows them.
const (
	beginning groupID = "beginning"
	looking   groupID = "looking"
	keeping   groupID = "keeping"
	programs  groupID = "programs"
	changing  groupID = "changing"
)

// groups are what the groups are called.
func groups() []struct {
	id    groupID
	title knowledge.Text
} {
	return []struct {
		id    groupID
		title knowledge.Text
	}{
		{beginning, knowledge.Text{En: "Begin with these:", Zh: "从这里开始："}},
		{looking, knowledge.Text{En: "Look closer:", Zh: "细看："}},
		{keeping, knowledge.Text{En: "Keep and compare:", Zh: "保存与比较："}},
		{programs, knowledge.Text{En: "For other programs:", Zh: "供其他程序使用："}},
		{changing, knowledge.Text{En: "Change and try:", Zh: "更改与试验："}},
	}
}

// commands returns all commands, in the order in which help shows them.
func commands() []subcommand {
	return []subcommand{
		{name: "census", make: newCensusCommand, group: looking},
		{name: "list", make: newListCommand, group: looking},
		{name: "queues", make: newQueuesCommand, group: looking},
		{name: "ports", make: newPortsCommand, group: looking},
		{name: "doctor", make: newDoctorCommand, group: beginning},
		{name: "check", make: newCheckCommand, group: programs},
		{name: "trace", make: newTraceCommand, group: looking, life: RunsOn},
		{name: "watch", make: newWatchCommand, group: beginning, life: RunsOn},
		{name: "explain", make: newExplainCommand, group: beginning},
		{name: "snapshot", make: newSnapshotCommand, group: keeping, life: Writes},
		{name: "diff", make: newDiffCommand, group: keeping},
		{name: "tune", make: newTuneCommand, group: changing, life: Writes},
		{name: "kill", make: newKillCommand, group: changing, life: Writes},
		{name: "lab", make: newLabCommand, group: changing, life: Writes},
		{name: "serve", make: newServeCommand, group: programs, life: RunsOn},
		{name: "metrics", make: newMetricsCommand, group: programs},
		{name: "history", make: newHistoryCommand, group: keeping},
		{name: "mcp", make: newAssistantCommand, group: programs, life: RunsOn},
		{name: "version", make: newVersionCommand},
	}
}

// needed returns the commands that args may mean: none without args, one if args
// begin with its name, and all if commands are to be listed, suggested or searched.
// Making all of them takes 0.3 ms, a twentieth of the time for counting the sockets
// of an idle host.
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

// LifetimeOf returns the longest lifetime of the commands that args may mean.
func LifetimeOf(args []string) Lifetime {
	life := ReadsOnce
	for _, c := range needed(args) {
		life = max(life, c.life)
	}
	if len(args) > 1 && args[0] == "tune" && args[1] == guardCommand {
		return Restores
	}
	runsOn := func(arg string) bool { return arg == "--every" || strings.HasPrefix(arg, "--every=") }
	if slices.ContainsFunc(args, runsOn) {
		life = max(life, RunsOn)
	}
	return life
}

// newRootCommand builds a command tree. Without arguments it runs census; with "-" it
// runs census --from -.
func newRootCommand(env *Env, below []subcommand) *cobra.Command {
	var o CensusOptions
	root := &cobra.Command{
		Use:               "tcpvitals [-]",
		Short:             "What the TCP connections of this host are doing, and whether it matters",
		Long:              rootLong,
		Version:           env.Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              rootArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return noEmptyFlag(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.From = args[0]
			}
			return runCensus(cmd.Context(), env, o, "")
		},
	}
	o.AddFlags(root.Flags())
	root.SetFlagErrorFunc(flagError)
	for _, g := range groups() {
		root.AddGroup(&cobra.Group{ID: string(g.id), Title: g.title.En})
	}
	for _, c := range below {
		cmd := c.make(env)
		cmd.GroupID = string(c.group)
		root.AddCommand(cmd)
	}
	root.SuggestionsMinimumDistance = 2
	root.SetHelpCommand(newHelpCommand())
	return root
}

// rootArgs accepts nothing or "-"; any other word was meant as a command.
func rootArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && args[0] == stdinName {
		return nil
	}
	u := &problem.UsageError{
		Msg:  fmt.Sprintf("unknown command %q", args[0]),
		Hint: "tcpvitals --help lists the commands",

		Zh:     fmt.Sprintf("没有命令 %q", args[0]),
		HintZh: "tcpvitals --help 列出所有命令",
	}
	if args[0] == stdinName {
		u.Msg, u.Zh = fmt.Sprintf("nothing may follow \"-\", but %q does", args[1]), fmt.Sprintf("\"-\" 之后不能再有 %q", args[1])
	} else if args[0] == "top" {
		u.Hint, u.HintZh = "tcpvitals watch shows it as it goes on", "tcpvitals watch 持续显示"
	} else if isFile(args[0]) {
		u.Hint, u.HintZh = fileHint(args[0])
	} else if near := cmd.SuggestionsFor(args[0]); len(near) > 0 && args[0] != "" {
		u.Hint, u.HintZh = problem.DidYouMean(near...)
	} else if _, known := knownTopics().Lookup(args[0]); known {
		explain := command.Of("explain", args[0]).String()
		u.Hint, u.HintZh = explain+" tells of it", "用 "+explain+" 查看"
	}
	return u
}

// noArgs is cobra.NoArgs with a [problem.UsageError].
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &problem.UsageError{
		Msg:    fmt.Sprintf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]),
		Hint:   cmd.CommandPath() + " --help",
		Zh:     fmt.Sprintf("%s 不接受参数，却给了 %q", cmd.CommandPath(), args[0]),
		HintZh: cmd.CommandPath() + " --help",
	}
}

func flagError(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help"
	msg, chinese := usage.FlagError(err)
	u := &problem.UsageError{Msg: msg, Hint: help, Zh: chinese, HintZh: help}
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		switch name := missing.GetSpecifiedName(); {
		case name == "color" || name == "colour":
			u.Hint, u.HintZh = "there is colour on a terminal, and NO_COLOR=1 switches it off", "在终端上才有颜色，NO_COLOR=1 可关闭"
		case cmd.Name() == "check" && (name == "output" || name == "o"):
			u.Hint, u.HintZh = "check prints one line for a monitoring system; tcpvitals doctor -o json has its findings", "check 只为监控系统打印一行；其结论见 tcpvitals doctor -o json"
		}
	}
	return u
}

// noEmptyFlag refuses a flag with an empty value: probably a variable of a script was
// not set, and without the flag the command would mean something else.
func noEmptyFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = slices.Contains(list.GetSlice(), "")
		}
		if err == nil && empty {
			err = &problem.UsageError{
				Msg: fmt.Sprintf("--%s has an empty value", f.Name), Hint: "leave it out or give it a value: perhaps a variable of a script is not set",
				Zh: fmt.Sprintf("给出了 --%s，却是空的", f.Name), HintZh: "请去掉它，或写明值：脚本里的变量可能没有设置",
			}
		}
	})
	return err
}

// language returns the language of --lang, else that of the locale.
func language(env *Env, flag string) (knowledge.Lang, error) {
	if flag == "" {
		return env.lang(), nil
	}
	lang, ok := knowledge.ParseLang(flag)
	if !ok {
		return "", &problem.UsageError{Msg: fmt.Sprintf("unknown language %q", flag), Hint: "languages are en and zh", Zh: fmt.Sprintf("没有语言 %q", flag), HintZh: "语言有 en 和 zh"}
	}
	return lang, nil
}

func languages() []string { return []string{string(knowledge.English), string(knowledge.Chinese)} }
