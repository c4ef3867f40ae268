// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// PortsOptions are the flags of ports.
type PortsOptions struct {
	AtOptions

	From   string
	Output string
	Engine string
	Lang   string
	Netns  string
	Window time.Duration
	Limit  int
}

// AddFlags adds the flags of ports to f.
func (o *PortsOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "judge the ports of a `snapshot` instead of this host's")
	addOutputFlag(f, &o.Output)
	addEngineFlag(f, &o.Engine)
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	durationVar(f, &o.Window, "window", 0, "look twice, this long apart, for the rate at which ports are taken")
	f.IntVar(&o.Limit, "limit", 20, "show at most this many destinations, the fullest (0: all)")
	o.addFlags(f)
}

func newPortsCommand(env *Env) *cobra.Command {
	var o PortsOptions
	cmd := &cobra.Command{
		Use:   "ports",
		Short: "Tell how many local ports are left for each destination",
		Long: `Tell for every source address and destination of outgoing connections how many
local ports are used, blocked, reusable and free, at what rate they are taken
and when they run out: the answer to "cannot assign requested address".

It counts by the kernel's rules: ip_local_port_range without reserved ports,
tcp_tw_reuse with timestamps and its delay, ports that listeners and bound
sockets keep from connect(). docs/ports.md says what cannot be seen.`,
		Example: `  tcpvitals ports
  tcpvitals ports --window 10s
  tcpvitals ports --netns all -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPorts(cmd.Context(), env, o)
		},
	}
	o.AddFlags(cmd.Flags())
	completeReading(cmd, engine.RowNames())
	return cmd
}

// check refuses what makes no sense, before anything is read.
func (o PortsOptions) check() error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	if o.Limit < 0 {
		return &problem.UsageError{Msg: "--limit must not be negative", Hint: "0 shows all", Zh: "--limit 不能为负数", HintZh: "0 表示全部"}
	}
	return checkWindow(o.Window, o.From)
}

func runPorts(ctx context.Context, env *Env, o PortsOptions) error {
	if err := o.pickAt(env, o.Lang, &o.From); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	src, err := source{From: o.From, Engine: o.Engine, Netns: o.Netns}.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	about := src.About()
	if !about.Facts {
		return &problem.InputError{Name: about.Name, Msg: "a listing does not tell the range of local ports", Hint: "ports reads this host, or a snapshot of another", Zh: "列表里没有本地端口范围", HintZh: "ports 读取本机，或另一台主机的快照"}
	}
	before, now, err := sampler.Window(ctx, env.clock(), o.Window, collect.PortsPass(src))
	if err != nil {
		return err
	}
	var past *collect.PortLook
	if before != nil {
		past = before.Value
	}
	seen := now.Value
	answer := report.NewPorts(seen, past, about.At(now.At), about.Host, now.Since)
	if o.Limit > 0 && len(answer.Uses) > o.Limit {
		answer.Uses = answer.Uses[:o.Limit]
	}
	if err := writePorts(env, o.Output, lang, answer); err != nil {
		return err
	}
	env.saysMissing(o.Output, answer.Gaps, lang)
	if seen.Partial() || past != nil && past.Report.Partial() {
		return errPartial
	}
	return nil
}

func writePorts(env *Env, output string, lang knowledge.Lang, a report.Ports) error {
	switch output {
	case outputJSON:
		return a.JSON(env.Stdout)
	case outputNDJSON:
		return a.NDJSON(env.Stdout)
	case outputCSV:
		return a.CSV(env.Stdout)
	default:
		err := env.say(render.PortsTable{Ports: a, Lang: lang, Width: env.width()}.String())
		return err
	}
}
