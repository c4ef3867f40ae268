// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// daemon is the program that runs in the background.
const daemon = "tcpvitalsd"

func newServeCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "serve [FLAG...]",
		Short: "Keep looking, and answer Prometheus: starts tcpvitalsd",
		Long: `Start tcpvitalsd, the program that keeps looking at this host and answers over
HTTP. All flags are its own: tcpvitals serve --help shows them. It is looked for
beside this program and in PATH; docs/tcpvitalsd.md tells of it.`,
		Example:            "  tcpvitals serve\n  tcpvitals serve --listen 127.0.0.1:9780 --every 5s\n  tcpvitals serve --dry-run",
		DisableFlagParsing: true,
		RunE:               func(_ *cobra.Command, args []string) error { return env.startDaemon(args...) },
	}
}

func newMetricsCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "metrics [FLAG...]",
		Short: "Print the metrics of this host once, for the textfile collector",
		Long: `Look once, and print what tcpvitalsd would answer to Prometheus: for the textfile
collector of node_exporter. tcpvitalsd does it, and all flags are its own.
tcpvitals explain metrics lists what there is.`,
		Example:            "  tcpvitals metrics\n  tcpvitals metrics --top 5 --compat node-exporter",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return env.startDaemon(slices.Concat([]string{"metrics"}, args)...)
		},
	}
}

func newHistoryCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "history [FLAG...] [METRIC | EXPRESSION]",
		Short: "Show the history: numbers over time, and findings with begin and end",
		Long: `Show what tcpvitalsd has kept: the lines of a metric or of an expression in PromQL,
connections by state without one, and what was found from when to when. tcpvitalsd
does it: it asks the one that runs, or reads its directory with --data-dir. tcpvitals
history --help shows the flags, tcpvitals explain metrics the metrics.`,
		Example:            "  tcpvitals history\n  tcpvitals history --since 12h tcpvitals_accept_queue_connections\n  tcpvitals history --since 03:00 'sum by (unit) (tcpvitals_group_connections)'",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return env.startDaemon(slices.Concat([]string{"history"}, args)...)
		},
	}
}

func newAssistantCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "mcp [FLAG...]",
		Short: "Answer an assistant (Model Context Protocol), read-only",
		Long: `Answer a program that speaks the Model Context Protocol, such as an assistant in an
editor, over standard input and output. census, list, doctor, queues, ports, explain
and history are its tools; none of them changes anything. tcpvitalsd does it, and all
flags are its own: tcpvitals mcp --help shows them, docs/mcp.md how clients start it.`,
		Example:            "  tcpvitals mcp\n  tcpvitals mcp --netns all",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return env.startDaemon(slices.Concat([]string{"mcp"}, args)...)
		},
	}
}

// startDaemon replaces this process by tcpvitalsd. It returns only after a failure.
func (e *Env) startDaemon(args ...string) error {
	program, err := e.findDaemon()
	if err != nil {
		return err
	}
	if e.Exec == nil {
		return &problem.UnsupportedError{Feature: daemon, Reason: "this process cannot become another one", Zh: "这里不支持 " + daemon + "：本进程不能换成另一个程序"}
	}
	if err := e.Exec(program, append([]string{daemon}, args...)); err != nil {
		return problem.Errorf("start %s: %w", "启动 %s：%w", program, err)
	}
	return nil
}

// findDaemon finds tcpvitalsd beside this program, else in PATH.
func (e *Env) findDaemon() (string, error) {
	for _, beside := range []func() (string, error){os.Executable, func() (string, error) { return exec.LookPath(e.program()) }} {
		self, err := beside()
		if err != nil || userfile.OthersBeside(self) {
			continue // in /tmp, what lies beside it may be anybody's
		}
		if found, err := exec.LookPath(filepath.Join(filepath.Dir(self), daemon)); err == nil {
			return found, nil
		}
	}
	found, err := exec.LookPath(daemon)
	if err == nil {
		return found, nil
	}
	if !errors.Is(err, exec.ErrNotFound) {
		return "", problem.Errorf("look for %s: %w", "查找 %s：%w", daemon, err)
	}
	return "", &problem.UnsupportedError{
		Feature: daemon, Reason: "it is not beside this program, in a directory that others cannot write to, nor in PATH",
		Hint: "it is built from the same source: make build; put bin/tcpvitalsd beside tcpvitals",
		Zh:   "没有找到 tcpvitalsd：它不在本程序旁边（且该目录不可由他人写入），也不在 PATH 中", HintZh: "它由同一份源码构建：make build；把 bin/tcpvitalsd 放在 tcpvitals 旁边即可",
	}
}
