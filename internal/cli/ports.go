// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// PortsOptions are the flags of ports.
type PortsOptions struct {
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
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.RowNames(), ", "))
	f.StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
	f.StringVar(&o.Netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
	f.DurationVar(&o.Window, "window", 0, "look twice, this long apart, for the rate at which ports are taken")
	f.IntVar(&o.Limit, "limit", 20, "show at most this many destinations, the fullest (0: all)")
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
	completeFlags(cmd, map[string][]string{
		"output": outputs(),
		"engine": engine.RowNames(),
		"lang":   languages(),
		"netns":  {"self", "all"},
	})
	return cmd
}

// check refuses what makes no sense, before anything is read.
func (o PortsOptions) check() error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	if o.Limit < 0 {
		return &problem.UsageError{Msg: "--limit must not be negative", Hint: "0 shows all"}
	}
	return checkWindow(o.Window, o.From)
}

func runPorts(ctx context.Context, env *Env, o PortsOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	in, err := source{From: o.From, Engine: o.Engine, Netns: o.Netns}.open(env)
	if err != nil {
		return err
	}
	defer in.close()
	if in.listing != nil {
		return &problem.InputError{Name: in.name, Msg: "a listing does not tell the range of local ports", Hint: "ports reads this host, or a snapshot of another"}
	}
	start := env.Now()
	look := func() (*portLook, error) {
		within := time.Duration(0)
		if o.Window > 0 {
			within = env.Now().Sub(start)
		}
		return lookAtPorts(ctx, in, within)
	}
	before, now, elapsed, err := twice(ctx, env, o.Window, look)
	if err != nil {
		return err
	}
	if err := writePorts(env, o.Output, lang, now.answer(env, o, before, elapsed)); err != nil {
		return err
	}
	if now.report.Partial() || before != nil && before.report.Partial() || len(now.gaps) > 0 {
		return errPartial
	}
	return nil
}

// A portLook is one reading and how it went.
type portLook struct {
	reading diagnose.PortReading
	report  *engine.Report
	gaps    []problem.Gap
}

func lookAtPorts(ctx context.Context, in *input, within time.Duration) (*portLook, error) {
	l := &portLook{}
	l.reading.Within = within
	scan := engine.Scan{
		Fields:    diagnose.PortFields(),
		Sysctls:   diagnose.PortSysctls(),
		OnSysctls: l.rules,
	}
	report, err := scanRows(ctx, in, scan, func(s *socket.Socket) bool {
		l.reading.Add(s)
		return true
	})
	l.report = report
	return l, err
}

// rules keeps the parameters of a namespace; without them it cannot be judged.
func (l *portLook) rules(netns uint64, values map[string]string) {
	if err := l.reading.ReadRules(netns, values); err != nil {
		l.gaps = append(l.gaps, problem.Gap{Source: fmt.Sprintf("network namespace %d", netns), Reason: err.Error()})
	}
}

func (l *portLook) answer(env *Env, o PortsOptions, before *portLook, elapsed time.Duration) render.Ports {
	var past *diagnose.PortReading
	if before != nil {
		past = &before.reading
	}
	all := diagnose.JudgePorts(&l.reading, past, elapsed)
	a := render.Ports{
		Time: env.Now(), Window: elapsed, Engine: l.report.Engine, Exact: l.report.Exact, Total: len(all), Uses: all,
		Gaps: slices.Concat(l.gaps, l.report.Gaps, l.report.Limits),
	}
	a.Host, _ = env.Hostname()
	if o.Limit > 0 && len(all) > o.Limit {
		a.Uses = all[:o.Limit]
	}
	return a
}

func writePorts(env *Env, output string, lang knowledge.Lang, a render.Ports) error {
	switch output {
	case outputJSON:
		return a.JSON(env.Stdout)
	case outputNDJSON:
		return a.NDJSON(env.Stdout)
	case outputCSV:
		return a.CSV(env.Stdout)
	default:
		_, err := env.Stdout.Write([]byte(render.PortsTable{Ports: a, Lang: lang, Width: env.width()}.String()))
		return err
	}
}
