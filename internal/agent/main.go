// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/usage"
)

// Env is what the agent knows of its environment. Tests make their own.
type Env struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Wait           func(context.Context, time.Duration) error
	Hostname       func() (string, error)
	Version        string
	// Reload receives a value when the configuration is to be read again; nil: never.
	Reload <-chan os.Signal

	// Exporter is the face that writes metrics.
	Exporter Exporter
	// Keepers receive each sample.
	Keepers []Keeper
	// Keep opens the history of the settings for writing.
	Keep func(s *Settings, version string, now func() time.Time, log *slog.Logger) (History, error)
	// Check reads the files that the settings of the history name; nil if this program
	// has no history.
	Check func(s *Settings) error
	// Look opens a history for reading; nil if this program has none.
	Look func(dir, version string, now func() time.Time) (handler http.Handler, done func(), err error)
	// Assist answers an assistant; nil if this program has no such face.
	Assist func(context.Context, *Assisting) error
	// Listening, if not nil, is called with the address of the listener.
	Listening func(net.Addr)
}

// An Exporter writes metrics in the formats that others read.
type Exporter interface {
	// Handler answers with the sample that newest returns, which is nil before the
	// first look. compat adds the metric names of node_exporter.
	Handler(newest func() *metrics.Sample, compat func() bool) http.Handler
	// Text writes a sample as a file for the textfile collector.
	Text(w io.Writer, s *metrics.Sample, compat bool) error
	// Serve serves until the listener is closed, with TLS and passwords as the file
	// webConfig says; "" is without.
	Serve(l net.Listener, server *http.Server, webConfig string, log *slog.Logger) error
	// CheckWebConfig checks such a file.
	CheckWebConfig(name string) error
}

// A History keeps samples, and answers questions about them below /api/v1/.
type History interface {
	Keeper
	Handler() http.Handler
	// Follow takes up settings that were read anew, which are right. After an error
	// those of before hold.
	Follow(s *Settings) error
	// Receivers tells how the stores do that it is sent to.
	Receivers() []metrics.Receiver
	Close() error
}

// System returns the environment of this process.
func System(version string) *Env {
	version = cmp.Or(version, "(built from source)")
	return &Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Wait: sampler.Wait, Hostname: os.Hostname, Version: version,
	}
}

// Main runs the command line args (without the program's name) until it is told
// to end, and returns the exit code.
func Main(ctx context.Context, env *Env, args []string) int {
	root := Root(env)
	root.SetArgs(args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	tell(env.Stderr, err, knowledge.LocaleLang(env.Getenv))
	return problem.ExitCode(err)
}

// tell prints an error with the way out.
func tell(w io.Writer, err error, lang knowledge.Lang) {
	chinese := lang == knowledge.Chinese
	_, _ = fmt.Fprintf(w, "tcpvitalsd: %s\n", problem.Lines(err, chinese))
	if hint := problem.Hint(err, chinese); hint != "" {
		_, _ = fmt.Fprintf(w, "  %s\n", hint)
	}
}

// words are the help texts of the commands.
type words struct{ short, long, config, check, dry, once knowledge.Text }

func help() words {
	return words{
		short: knowledge.Text{En: "Keeps looking at the TCP connections of this host, and answers over HTTP", Zh: "持续查看本机的 TCP 连接，并通过 HTTP 提供结果"},
		long: knowledge.Text{
			En: `tcpvitalsd counts the TCP connections of this host each second, judges them every
10 s, and answers at /metrics with what it saw last, for Prometheus. It listens on
the loopback address until it is told otherwise, and changes nothing.

Every flag is also a key of the configuration file (YAML), where flags are over
the file. SIGHUP reads it anew, SIGTERM ends the program.`,
			Zh: `tcpvitalsd 每秒统计本机的 TCP 连接，每 10 秒诊断一次，并在 /metrics 提供最近一次
的结果，供 Prometheus 抓取。默认只监听回环地址，不改变任何东西。

每个选项也是配置文件（YAML）中的键，命令行优先于文件。SIGHUP 重新读取配置，
SIGTERM 结束程序。`,
		},
		config: knowledge.Text{En: "read settings from a YAML `file`; its keys are the names of these flags", Zh: "从 YAML 文件（`file`）读取设置，键与这些选项同名"},
		check:  knowledge.Text{En: "read the configuration, say whether it is right, and end", Zh: "读取配置，说明是否正确，然后结束"},
		dry:    knowledge.Text{En: "look once, print how many series this host has, and end", Zh: "查看一次，输出本机的序列数，然后结束"},
		once:   knowledge.Text{En: "Print the metrics once, for the textfile collector of node_exporter", Zh: "输出一次指标，供 node_exporter 的 textfile collector 使用"},
	}
}

// A call is one command line.
type call struct {
	env      *Env
	settings Settings
	config   string
	check    bool
	dry      bool
	flags    *pflag.FlagSet // flags given on the command line
}

// Root returns the command tree.
func Root(env *Env) *cobra.Command {
	c := &call{env: env}
	l, h := knowledge.LocaleLang(env.Getenv), help()
	root := &cobra.Command{
		Use: "tcpvitalsd", Short: h.short.In(l), Long: h.long.In(l), Version: env.Version, SilenceErrors: true, SilenceUsage: true, Args: noArgs,
		Example: "  tcpvitalsd\n  tcpvitalsd --config /etc/tcpvitals/tcpvitalsd.yaml --check-config\n  tcpvitalsd --dry-run",
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context(), cmd.Flags()) },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		msg, chinese := usage.FlagError(err)
		return &problem.UsageError{Msg: msg, Hint: "tcpvitalsd --help lists the flags", Zh: chinese, HintZh: "tcpvitalsd --help 列出所有选项"}
	})
	f := root.PersistentFlags()
	f.SortFlags = false
	c.settings.addFlags(f, l)
	f.StringVar(&c.config, "config", "", h.config.In(l))
	root.Flags().BoolVar(&c.check, "check-config", false, h.check.In(l))
	root.Flags().BoolVar(&c.dry, "dry-run", false, h.dry.In(l))
	root.AddCommand(&cobra.Command{
		Use: "metrics", Short: h.once.In(l), Args: noArgs,
		Example: "  tcpvitalsd metrics > /var/lib/prometheus/node-exporter/tcpvitals.prom.new",
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.once(cmd.Context(), cmd.Flags()) },
	})
	root.AddCommand(newHistoryCommand(c, l), newAssistCommand(c, l), newCensusCommand(c, l), newPastCommand(c, l))
	root.CompletionOptions.DisableDefaultCmd = true
	if l == knowledge.Chinese {
		root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
			usage.Own(cmd)
			_, _ = io.WriteString(cmd.OutOrStdout(), usage.Chinese(cmd))
		})
	}
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &problem.UsageError{
		Msg: fmt.Sprintf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]), Hint: cmd.CommandPath() + " --help",
		Zh: fmt.Sprintf("%s 不接受参数，却给了 %q", cmd.CommandPath(), args[0]), HintZh: cmd.CommandPath() + " --help",
	}
}

// settle combines the command line and the configuration file. What is wrong in the file
// is as wrong as on the command line: a [*problem.UsageError].
func (c *call) settle(f *pflag.FlagSet) error {
	err := c.combine(f)
	if input, ok := errors.AsType[*problem.InputError](err); ok {
		return &problem.UsageError{Msg: input.Error(), Hint: input.Hint, Zh: input.Chinese(), HintZh: input.HintZh}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &problem.UsageError{Msg: problem.Wording(err, false), Zh: problem.Wording(err, true)}
	}
	return err
}

func (c *call) combine(f *pflag.FlagSet) error {
	c.flags = f
	if c.config != "" {
		if err := load(c.config, f); err != nil {
			return err
		}
	}
	if err := c.settings.check(); err != nil {
		return err
	}
	if c.env.Check != nil && c.settings.DataDir != "" {
		if err := c.env.Check(&c.settings); err != nil {
			return err
		}
	}
	if c.settings.WebConfig == "" {
		return nil
	}
	if err := checkWebFiles(c.settings.WebConfig); err != nil {
		return err
	}
	err := c.env.Exporter.CheckWebConfig(c.settings.WebConfig)
	var named *problem.InputError
	switch {
	case err == nil, errors.As(err, &named):
		return err
	default:
		return &problem.InputError{Name: c.settings.WebConfig, Msg: err.Error(), Zh: "不能使用：" + err.Error()}
	}
}

// again reads the present configuration, with the same command line.
func (c *call) again() (Settings, *pflag.FlagSet, error) {
	next := &call{env: c.env, config: c.config}
	f := pflag.NewFlagSet("tcpvitalsd", pflag.ContinueOnError)
	next.settings.addFlags(f, knowledge.English)
	var err error
	c.flags.Visit(func(given *pflag.Flag) {
		if to := f.Lookup(given.Name); to != nil && err == nil {
			err = setAgain(to, given)
		}
	})
	if err != nil {
		return Settings{}, nil, err
	}
	if err := next.settle(f); err != nil {
		return Settings{}, nil, err
	}
	return next.settings, f, nil
}

// setAgain sets a flag to the value of another.
func setAgain(to, from *pflag.Flag) error {
	to.Changed = true
	list, ok := from.Value.(interface{ each() []string })
	if !ok {
		return to.Value.Set(from.Value.String())
	}
	for _, one := range list.each() {
		if err := to.Value.Set(one); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) clock() sampler.Options { return sampler.Options{Now: c.env.Now, Wait: c.env.Wait} }

// open opens the host. The caller closes it.
func (c *call) open(stays bool, netns string, traced owner.Closers) (*engine.Host, error) {
	name, err := c.env.Hostname()
	if err != nil {
		name = ""
	}
	return engine.Open(engine.Options{Engine: c.settings.Engine, Netns: netns, Stays: stays, Name: name, Traced: traced, Most: mostSpaces})
}

// mostSpaces bounds how many network namespaces an examination reads: each takes 2 ms
// of a processor, so that with a thousand there is one examination in three minutes.
const mostSpaces = 1000

// once looks once and prints what /metrics would answer.
func (c *call) once(ctx context.Context, f *pflag.FlagSet) error {
	s, err := c.sample(ctx, f)
	if err != nil {
		return err
	}
	return c.env.Exporter.Text(c.env.Stdout, s, c.settings.Compat != "")
}

func (c *call) sample(ctx context.Context, f *pflag.FlagSet) (*metrics.Sample, error) {
	if err := c.settle(f); err != nil {
		return nil, err
	}
	host, err := c.open(false, c.settings.Netns, nil)
	if err != nil {
		return nil, err
	}
	defer host.Close() //nolint:errcheck // a host is only read
	own, err := c.open(false, "self", nil)
	if err != nil {
		return nil, err
	}
	defer own.Close() //nolint:errcheck // a host is only read
	r := newReader(host, host, own, slog.New(slog.DiscardHandler), c.clock(), c.env.Version)
	if err := r.once(ctx, c.settings); err != nil {
		return nil, err
	}
	return r.Newest(), nil
}

// run runs the agent.
func (c *call) run(ctx context.Context, f *pflag.FlagSet) error {
	switch {
	case c.dry:
		s, err := c.sample(ctx, f)
		if err != nil {
			return err
		}
		return tellSeries(c.env.Stdout, s, c.settings.Top, knowledge.LocaleLang(c.env.Getenv))
	case c.check:
		if err := c.settle(f); err != nil {
			return err
		}
		said := knowledge.Text{En: "the configuration is right", Zh: "配置正确"}.In(knowledge.LocaleLang(c.env.Getenv))
		_, err := fmt.Fprintln(c.env.Stdout, said)
		return err
	default:
		if err := c.settle(f); err != nil {
			return err
		}
		return c.serve(ctx)
	}
}
