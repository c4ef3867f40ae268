// SPDX-License-Identifier: Apache-2.0

// Command tcpvitalsd examines the TCP connections of a Linux host at regular times
// and answers over HTTP.
package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/assistant"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/web"
	"github.com/tcpvitals/tcpvitals/internal/agent"
	"github.com/tcpvitals/tcpvitals/internal/exporter"
)

// version is set by release builds with -ldflags "-X main.version=...".
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	env := agent.System(version)
	env.Reload = reload
	env.Exporter = exporter.Exporter{}
	env.Keep = func(s *agent.Settings, version string, now func() time.Time, log *slog.Logger) (agent.History, error) {
		k, err := web.Keep(&web.Options{
			Dir: s.DataDir, Retention: s.Retention, MaxBytes: s.MaxBytes, Version: version, Now: now, Log: log,
			Rules: s.Rules, Alertmanagers: s.Alertmanagers, Webhooks: s.Webhooks, RuleEvery: s.ExamineEvery, Hostname: env.Hostname,
			Receivers: receivers(s, env.Hostname),
		})
		if err != nil {
			return nil, err
		}
		return kept{k}, nil
	}
	env.Check = func(s *agent.Settings) error {
		if err := web.CheckRules(s.Rules); err != nil {
			return err
		}
		return web.CheckReceivers(receivers(s, env.Hostname))
	}
	env.Look = web.Look
	env.Assist = func(ctx context.Context, a *agent.Assisting) error {
		return assistant.Serve(ctx, (*assistant.Options)(a)) // the same fields, which the compiler holds
	}
	os.Exit(agent.Main(ctx, env, os.Args[1:]))
}

// receivers are the stores of the settings. Series get the labels that a Prometheus gives
// them that scrapes this host, unless the settings have others.
func receivers(s *agent.Settings, hostname func() (string, error)) (all []remote.Receiver) {
	for _, r := range s.Remotes {
		added := map[string]string{"job": "tcpvitals"}
		if host, err := hostname(); err == nil {
			added["instance"] = host
		}
		maps.Copy(added, r.Labels)
		all = append(all, remote.Receiver{
			Name: r.Name, URL: r.URL, Second: r.Version == 2, Timeout: r.Timeout, Labels: added,
			Username: r.Username, PasswordFile: r.PasswordFile, TokenFile: r.TokenFile,
			CAFile: r.CAFile, CertFile: r.CertFile, KeyFile: r.KeyFile, ServerName: r.ServerName,
		})
	}
	return all
}

// kept is a history that follows the settings.
type kept struct{ *web.Kept }

// Follow takes up settings that were read anew.
func (k kept) Follow(s *agent.Settings) error { return k.Kept.Follow(s.Rules, s.ExamineEvery) }
