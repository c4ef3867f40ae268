// SPDX-License-Identifier: Apache-2.0

// Package receiver sends alerts to Alertmanagers and webhooks. It neither groups nor
// silences them; an Alertmanager does that.
package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// An Alert is an alert that fires or has ended. If it continues, Ends is a future
// time: the alert ends then unless it is sent again.
type Alert struct {
	Labels      map[string]string
	Annotations map[string]string
	Starts      time.Time
	Ends        time.Time
}

// A Sender keeps the newest version of each alert and sends it to every receiver. If a
// receiver does not answer, the Sender tries again with the versions that are then the
// newest: rules send a continuing alert every minute, and one that has ended for 15
// minutes.
type Sender struct {
	to     []target
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	wait map[string]Alert
	wake chan struct{}
}

// target is one receiver.
type target struct {
	url    string
	shown  string // its URL without a password
	write  func(all []Alert, now time.Time) ([]byte, error)
	failed bool // whether the last attempt failed; only Run uses it
}

// most is the greatest number of waiting alerts: each has the labels of a series, and
// there can be as many as metrics have series.
const most = 10_000

// patience is how long sending to one receiver may take.
const patience = 10 * time.Second

// New returns a sender to URLs, which the caller has checked.
func New(alertmanagers, webhooks []string, now func() time.Time, log *slog.Logger) *Sender {
	s := &Sender{client: newClient(), now: now, log: log, wait: map[string]Alert{}, wake: make(chan struct{}, 1)}
	for _, one := range alertmanagers {
		s.add(one, "/api/v2/alerts", alertmanager)
	}
	for _, one := range webhooks {
		s.add(one, "", webhook)
	}
	return s
}

func (s *Sender) add(text, path string, write func([]Alert, time.Time) ([]byte, error)) {
	u, err := url.Parse(text)
	if err != nil {
		return // impossible: the URLs are checked
	}
	if path != "" {
		u = u.JoinPath(path)
	}
	s.to = append(s.to, target{url: u.String(), shown: u.Redacted(), write: write})
}

// Put adds an alert to be sent. It does not block.
func (s *Sender) Put(a Alert) {
	key := fmt.Sprint(a.Labels) // fmt prints maps in the order of their keys
	s.mu.Lock()
	_, known := s.wait[key]
	full := !known && len(s.wait) >= most
	if !full {
		s.wait[key] = a
	}
	s.mu.Unlock()
	if full {
		s.log.Error("an alert is not sent: too many wait", "most", most)
		return
	}
	select {
	case s.wake <- struct{}{}:
	default: // Run has a wake-up waiting already
	}
}

// Run sends alerts until the context ends.
func (s *Sender) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.mu.Lock()
		all := make([]Alert, 0, len(s.wait))
		for _, a := range s.wait {
			all = append(all, a)
		}
		clear(s.wait)
		s.mu.Unlock()
		for i := range s.to {
			s.tell(ctx, &s.to[i], all)
		}
	}
}

// tell sends, and logs changes only: a receiver that stays unreachable is logged once.
func (s *Sender) tell(ctx context.Context, to *target, all []Alert) {
	err := s.post(ctx, to, all)
	switch {
	case err != nil && !to.failed:
		s.log.Error("alerts cannot be sent", "receiver", to.shown, "alerts", len(all), "error", err)
	case err == nil && to.failed:
		s.log.Info("alerts are sent again", "receiver", to.shown)
	}
	to.failed = err != nil
}

// newClient returns a client that does not follow redirects, because alerts name
// processes of this host.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// post sends alerts to one receiver.
func (s *Sender) post(ctx context.Context, to *target, all []Alert) error {
	body, err := to.write(all, s.now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(req)
	if err != nil {
		return unwrapped(err)
	}
	_ = answer.Body.Close() // only the status code of the answer is used
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("HTTP %s", answer.Status)
	}
	return nil
}

// unwrapped removes the URL, which may contain a password, from an error.
func unwrapped(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // as http.Client documents it
		return u.Err
	}
	return err
}

// alertmanager encodes alerts for POST /api/v2/alerts (Alertmanager,
// api/v2/openapi.yaml).
func alertmanager(all []Alert, _ time.Time) ([]byte, error) {
	type document struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
	}
	out := make([]document, len(all))
	for i, a := range all {
		out[i] = document{a.Labels, a.Annotations, a.Starts.UTC(), a.Ends.UTC()}
	}
	return json.Marshal(out)
}

// webhook encodes alerts as an Alertmanager does for a webhook: version 4
// (Alertmanager, docs/configuration.md webhook_config), ungrouped.
func webhook(all []Alert, now time.Time) ([]byte, error) {
	type document struct {
		Status      string            `json:"status"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
	}
	out := struct {
		Version  string     `json:"version"`
		Status   string     `json:"status"`
		Receiver string     `json:"receiver"`
		Alerts   []document `json:"alerts"`
	}{"4", "resolved", "tcpvitalsd", make([]document, len(all))}
	for i, a := range all {
		d := document{"resolved", a.Labels, a.Annotations, a.Starts.UTC(), a.Ends.UTC()}
		if a.Ends.After(now) {
			d.Status, d.EndsAt, out.Status = "firing", time.Time{}, "firing"
		}
		out.Alerts[i] = d
	}
	return json.Marshal(out)
}
