// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// checkWindowDefault is short enough for the usual patience of a monitoring
// system (10 s) and long enough to see a loss counter move.
const checkWindowDefault = 3 * time.Second

// CheckOptions are the flags of check.
type CheckOptions struct {
	ExaminationOptions
	IgnoreOptions

	Warn string
	Crit string
	Lang string
}

// AddFlags adds the flags of check to f.
func (o *CheckOptions) AddFlags(f *pflag.FlagSet) {
	o.ExaminationOptions.addFlags(f, checkWindowDefault)
	o.IgnoreOptions.addFlags(f)
	f.StringVar(&o.Warn, "warn", diagnose.Warning.String(), "WARNING from this `severity` on")
	f.StringVar(&o.Crit, "crit", diagnose.Critical.String(), "CRITICAL from this `severity` on")
	addLangFlag(f, &o.Lang)
}

func newCheckCommand(env *Env) *cobra.Command {
	var o CheckOptions
	cmd := &cobra.Command{
		Use:   "check [FILE | -]",
		Short: "The doctor for a monitoring system: one line, and exit code 0, 1, 2 or 3",
		Long: `Judge this host as doctor does and tell it as a monitoring plugin: one line with
performance data, and exit code 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN:
it could not be judged, or the command was called wrongly).

These exit codes are those of the plugin convention, not of the other commands.
It looks twice, --window apart: losses show only so.`,
		Example: `  tcpvitals check
  tcpvitals check --window 5s --warn notice
  tcpvitals check --netns all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return pluginError(env, o.Lang, runCheck(cmd.Context(), env, o, args))
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return pluginError(env, o.Lang, flagError(cmd, err)) })
	completeFlags(cmd, map[string][]string{
		"engine": engine.RowNames(),
		"netns":  {"self", "all"},
		"warn":   severities(),
		"crit":   severities(),
		"lang":   languages(),
	})
	completeIgnore(cmd)
	return cmd
}

// A pluginStatus ends check: it is the exit code of the plugin convention.
type pluginStatus report.PluginStatus

func (s pluginStatus) Error() string { return report.PluginStatus(s).String() }

// pluginError reports any failure as the plugin convention requires. A failure to
// write the answer is included: its usual exit code would mean WARNING here.
func pluginError(env *Env, asked string, err error) error {
	lang, unknown := language(env, asked)
	if unknown != nil {
		lang = env.lang()
	}
	if _, ok := errors.AsType[pluginStatus](err); !ok && err != nil {
		text := knowledge.ErrorText(err)
		if h := problem.Hint(err, false); h != "" {
			text.En += " (" + h + ")"
		}
		if h := problem.Hint(err, true); h != "" {
			text.Zh += "（" + h + "）"
		}
		err = errors.Join(pluginStatus(report.PluginUnknown), env.page(report.PluginLine(report.PluginUnknown, text.In(lang), "")))
	}
	if lost := cmp.Or(env.flush(), unseen(env.raw)); lost != nil {
		printError(env.Stderr, problem.Errorf("write output: %w", "写输出：%w", lost), lang == knowledge.Chinese, env.program(), nil)
		return pluginStatus(report.PluginUnknown)
	}
	return err
}

func runCheck(ctx context.Context, env *Env, o CheckOptions, args []string) error {
	warn, err := severity("--warn", o.Warn)
	if err != nil {
		return err
	}
	crit, err := severity("--crit", o.Crit)
	if err != nil {
		return err
	}
	aside, err := o.load(env)
	if err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	seen, err := o.examine(ctx, env, args)
	if err != nil {
		return err
	}
	answer := report.NewDoctor(seen, env.Now(), aside...)
	plugin := render.Plugin{Doctor: &answer, Machine: seen.Now.Machine, Warn: warn, Crit: crit, Partial: seen.Partial(), Judged: seen.Now.Judged, Lang: lang}
	if err := env.page(plugin.String()); err != nil {
		return err
	}
	if status := plugin.Status(); status != report.PluginOK {
		return pluginStatus(status)
	}
	return nil
}
