// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/receiver"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// alarm evaluates rules over the history and passes alerts to the receivers.
type alarm struct {
	rules *history.Alerting
	sent  *receiver.Sender
	end   context.CancelFunc
	ended chan struct{}
}

// startAlarm starts the evaluation. Without rules nothing is evaluated until Follow
// sets some.
func startAlarm(db *history.DB, o *Options) (*alarm, error) {
	host, err := o.Hostname()
	if err != nil && len(o.Rules) > 0 {
		return nil, problem.Errorf("the host's name, for its alerts: %w", "告警所用的主机名：%w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	a := &alarm{sent: receiver.New(o.Alertmanagers, o.Webhooks, o.Now, o.Log), end: end, ended: make(chan struct{})}
	a.rules, err = db.Alerting(ctx, &history.AlertOptions{
		Files: o.Rules, Every: o.RuleEvery, Log: o.Log,
		Send: func(all []history.Alert) {
			for i := range all {
				if _, ok := all[i].Labels["instance"]; !ok {
					all[i].Labels["instance"] = host // a Prometheus that scrapes many hosts sets it the same way
				}
				a.sent.Put(receiver.Alert{Labels: all[i].Labels, Annotations: all[i].Annotations, Starts: all[i].Starts, Ends: all[i].Ends})
			}
		},
	})
	if err != nil {
		end()
		return nil, err
	}
	go a.rules.Run()
	go func() {
		defer close(a.ended)
		a.sent.Run(ctx)
	}()
	return a, nil
}

// stop ends the evaluation and waits for work in progress.
func (a *alarm) stop() {
	if a == nil {
		return
	}
	a.rules.Stop()
	a.end()
	<-a.ended
}

// alertDocument is an alert of /api/v1/alerts (Prometheus, docs/querying/api.md).
type alertDocument struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

// alerts lists the alerts that are pending or firing.
func (a *API) alerts(*http.Request) (any, []string, error) {
	out := struct {
		Alerts []alertDocument `json:"alerts"`
	}{[]alertDocument{}}
	if a.alarm == nil {
		return out, nil, nil
	}
	for _, one := range a.alarm.rules.Alerts() {
		state := "pending"
		if one.Firing {
			state = "firing"
		}
		out.Alerts = append(out.Alerts, alertDocument{one.Labels, one.Annotations, state, one.Active.UTC(), strconv.FormatFloat(one.Value, 'e', -1, 64)})
	}
	return out, nil, nil
}
