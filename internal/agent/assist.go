// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// Assisting is what the face for assistants needs of this program.
type Assisting struct {
	In      io.ReadCloser
	Out     io.WriteCloser
	Log     *slog.Logger
	Lang    knowledge.Lang
	Version string

	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error
	Hostname func() (string, error)

	Netns, Engine, DataDir string

	// History answers as the command history does, with so many numbers of each line.
	History func(ctx context.Context, expr, since, until string, columns int, lang knowledge.Lang) (report.History, render.History, error)
	// Counted returns the counts by state that the history has for a time, when they
	// were counted, and the sentence that says so.
	Counted func(ctx context.Context, at string) (*query.Census, time.Time, knowledge.Text, error)
}

func newAssistCommand(c *call, l knowledge.Lang) *cobra.Command {
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(l) }
	return &cobra.Command{
		Use: "mcp", Short: say("Answer an assistant over standard input and output (Model Context Protocol)", "通过标准输入输出回答助手程序（Model Context Protocol）"), Args: noArgs,
		Long: say(`Answer a program that speaks the Model Context Protocol, such as an assistant in an
editor, over standard input and output: census, list, doctor, queues, ports, explain
and history are tools that only read, with the rights of the user who starts this.
It ends when its input does. docs/mcp.md has examples of configuration.

Of the flags, --netns, --engine, --data-dir and --listen (where history asks) matter.`, `通过标准输入输出回答使用 Model Context Protocol 的程序，例如编辑器里的助手：
census、list、doctor、queues、ports、explain、history 都是只读的工具，
权限即启动它的用户的权限。输入结束时退出。配置示例见 docs/mcp.zh.md。

相关的选项有 --netns、--engine、--data-dir 和 --listen（history 询问的地址）。`),
		Example: "  tcpvitalsd mcp\n  tcpvitalsd mcp --netns all\n  tcpvitalsd mcp --data-dir /var/lib/tcpvitalsd",
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.assist(cmd.Context(), cmd.Flags()) },
	}
}

// assist answers an assistant until its input ends.
func (c *call) assist(ctx context.Context, f *pflag.FlagSet) error {
	if err := c.settle(f); err != nil {
		return err
	}
	if c.env.Assist == nil {
		return &problem.UnsupportedError{Feature: "mcp", Reason: "this program was built without it", Zh: "这个程序构建时没有包含 mcp"}
	}
	netns := c.settings.Netns
	if !f.Changed("netns") {
		netns = "self" // as the commands do, not as the agent does
	}
	return c.env.Assist(ctx, &Assisting{
		In: os.Stdin, Out: os.Stdout, Log: slog.New(slog.NewTextHandler(c.env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Lang: knowledge.LocaleLang(c.env.Getenv), Version: c.env.Version, Now: c.env.Now, Wait: c.env.Wait, Hostname: c.env.Hostname,
		Netns: netns, Engine: c.settings.Engine, DataDir: cmp.Or(c.settings.DataDir, kept.DefaultData), History: c.recall, Counted: c.counted,
	})
}

// recall answers from the history.
func (c *call) recall(ctx context.Context, expr, since, until string, columns int, lang knowledge.Lang) (report.History, render.History, error) {
	h := retrospect{call: c, since: since, until: until}
	p, err := h.look(ctx, expr, columns)
	if err != nil {
		return report.History{}, render.History{}, err
	}
	return p.document(), p.view(lang), nil
}
