// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

func newSnapshotCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Keep this host's sockets in a file, to ask later or elsewhere",
		Long: `A snapshot is a file with all that can be known of this host's TCP sockets and
their owners, with the counters, parameters and limits that explain them, and
with what could not be read. Every command that has --from answers from it as
the host itself would have, without privilege and on any system.`,
		Args: groupArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	groupLang(cmd)
	cmd.AddCommand(newSnapshotSaveCommand(env), newSnapshotInfoCommand(env))
	return cmd
}

// groupLang gives a command that has only subcommands the flag --lang, for its help.
func groupLang(cmd *cobra.Command) {
	cmd.Flags().String("lang", "", "en or zh (default: from the locale)")
	completeFlags(cmd, map[string][]string{"lang": languages()})
}

// groupArgs refuses an unknown word after a command that has only subcommands.
func groupArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &problem.UsageError{Msg: fmt.Sprintf("unknown command %q", cmd.CommandPath()+" "+args[0]), Hint: cmd.CommandPath() + " --help lists the commands", Zh: fmt.Sprintf("没有命令 %q", cmd.CommandPath()+" "+args[0]), HintZh: cmd.CommandPath() + " --help 列出所有命令"}
}

// fileArg requires the name of one file.
func fileArg(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" {
		return nil
	}
	return &problem.UsageError{Msg: cmd.CommandPath() + " takes the name of one file", Hint: cmd.CommandPath() + " --help", Zh: cmd.CommandPath() + " 需要一个文件名", HintZh: cmd.CommandPath() + " --help"}
}

// SnapshotSaveOptions are the flags of snapshot save.
type SnapshotSaveOptions struct {
	Engine string
	Netns  string
	Redact bool
	Trace  time.Duration
}

func newSnapshotSaveCommand(env *Env) *cobra.Command {
	var o SnapshotSaveOptions
	cmd := &cobra.Command{
		Use:   "save FILE | -",
		Short: "Save this host's sockets, owners, counters and parameters",
		Long: `Save all that can be known of this host's TCP sockets. The file can be read by
its owner only. It takes its place when it is whole: there never is half of one, and
nothing is left behind when the command is ended. It replaces a regular file, but
never a link or a device; - is standard output.

--redact replaces addresses, so that those with a common prefix still have one
of the same length, and every name of a host, user, process, unit, container,
namespace or device but those that are the same everywhere, such as nginx.service
and eth0; it drops command lines. Ports stay.`,
		Example: `  tcpvitals snapshot save web1.snap
  tcpvitals snapshot save --netns all --redact for-support.snap
  tcpvitals snapshot save web1.snap --trace 66s
  tcpvitals census --from web1.snap --by process,state
  ssh web1 tcpvitals snapshot save - > web1.snap`,
		Args: fileArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSnapshotSave(cmd.Context(), env, o, args[0])
		},
	}
	cmd.Flags().StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: auto, sock_diag or procfs")
	addNetnsFlag(cmd.Flags(), &o.Netns)
	cmd.Flags().BoolVar(&o.Redact, "redact", false, "replace addresses and all names that are not the same everywhere, and drop command lines")
	durationVar(cmd.Flags(), &o.Trace, "trace", 0, traceUsage)
	completeFlags(cmd, map[string][]string{"engine": engine.RowNames(), "netns": {"self", "all"}})
	return cmd
}

func runSnapshotSave(ctx context.Context, env *Env, o SnapshotSaveOptions, name string) error {
	if o.Trace < 0 {
		return traceNegative()
	}
	var meanwhile beside
	defer meanwhile.end()
	host, err := source{Engine: o.Engine, Netns: o.Netns, Traced: meanwhile.closers(o.Trace)}.host(env)
	if err != nil {
		return err
	}
	defer closing(host)
	if err := meanwhile.begin(ctx, env, o.Netns, o.Trace); err != nil {
		return err
	}
	options := engine.SaveOptions{Program: env.Version, Now: env.Now(), Redact: o.Redact, Traced: meanwhile.gaps}
	var saved *engine.SaveReport
	size, err := binaryTo(env, name, 0o600, func(w io.Writer) (err error) {
		saved, err = host.Save(ctx, options, w)
		return err
	})
	if err != nil {
		return err
	}
	told, where := env.Stdout, knowledge.Text{En: name, Zh: name}
	if name == stdoutName {
		told, where = env.Stderr, knowledge.Text{En: "standard output", Zh: "标准输出"}
	}
	lang := env.lang()
	_, err = fmt.Fprintf(told, "%s%s\n", visible.Text(where.In(lang)), knowledge.Text{
		En: fmt.Sprintf(": %s in %s", knowledge.Many(saved.Sockets, "socket"), knowledge.Many(uint64(size), "byte")),
		Zh: fmt.Sprintf("：%s 个套接字，%s 字节", knowledge.Grouped(saved.Sockets), knowledge.Grouped(uint64(size))),
	}.In(lang))
	if err != nil {
		return err
	}
	for _, g := range saved.Gaps {
		without := knowledge.Text{En: "saved without " + knowledge.GapText(g).En, Zh: "快照中缺少：" + knowledge.GapText(g).Zh}
		_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: %s\n", visible.Text(without.In(lang)))
	}
	if saved.Partial() {
		return errPartial
	}
	return nil
}
