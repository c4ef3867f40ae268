// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A post is a request that a receiver got.
type post struct {
	path string
	body []byte
}

// taking is a receiver that answers with a status code.
func taking(t *testing.T, code func() int) (url string, got chan post) {
	t.Helper()
	got = make(chan post, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c := code()
		if c/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(c)
		got <- post{r.URL.Path, body}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// logged is a log that a test can read while it is being written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func run(t *testing.T, alertmanagers, webhooks []string) (*Sender, *logged) {
	t.Helper()
	log := &logged{}
	s := New(alertmanagers, webhooks, func() time.Time { return noon }, slog.New(slog.NewTextHandler(log, nil)))
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	t.Cleanup(func() {
		end()
		<-ended
	})
	return s, log
}

func next(t *testing.T, got chan post) post {
	t.Helper()
	select {
	case p := <-got:
		return p
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was sent")
		return post{}
	}
}

func firing() Alert {
	return Alert{
		Labels: map[string]string{"alertname": "TCPPortsUsedUp", "process": "a\x1b[2J\"b"}, Annotations: map[string]string{"summary": "no ports"},
		Starts: noon.Add(-time.Minute), Ends: noon.Add(4 * time.Minute),
	}
}

// TestForms: an Alertmanager and a webhook each get their own format, at their own
// path below that of the URL.
func TestForms(t *testing.T) {
	ok := func() int { return http.StatusOK }
	am, got := taking(t, ok)
	hook, hooked := taking(t, ok)
	s, _ := run(t, []string{am + "/prefix/"}, []string{hook + "/hook?key=1"})
	s.Put(firing())
	var list []struct {
		Labels           map[string]string
		StartsAt, EndsAt time.Time
	}
	p := next(t, got)
	if err := json.Unmarshal(p.body, &list); err != nil || p.path != "/prefix/api/v2/alerts" || len(list) != 1 {
		t.Fatalf("%v: %s %s", err, p.path, p.body)
	}
	if a := list[0]; a.Labels["process"] != "a\x1b[2J\"b" || !a.StartsAt.Equal(noon.Add(-time.Minute)) || !a.EndsAt.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("%+v", a)
	}
	var doc struct {
		Version, Status string
		Alerts          []struct {
			Status string
			EndsAt time.Time
		}
	}
	read := func() {
		p := next(t, hooked)
		if err := json.Unmarshal(p.body, &doc); err != nil || p.path != "/hook" || doc.Version != "4" || len(doc.Alerts) != 1 {
			t.Fatalf("%v: %s %s", err, p.path, p.body)
		}
	}
	if read(); doc.Status != "firing" || doc.Alerts[0].Status != "firing" || !doc.Alerts[0].EndsAt.IsZero() {
		t.Errorf("%+v", doc)
	}
	over := firing()
	over.Ends = noon.Add(-time.Second)
	s.Put(over)
	if read(); doc.Status != "resolved" || doc.Alerts[0].Status != "resolved" || !doc.Alerts[0].EndsAt.Equal(over.Ends) {
		t.Errorf("%+v", doc)
	}
}

// TestAwayIsToldOnce: a receiver that refuses is logged once, without its password,
// does not delay the others, and gets the alerts when it is back.
func TestAwayIsToldOnce(t *testing.T) {
	var mu sync.Mutex
	code := http.StatusServiceUnavailable
	bad, tried := taking(t, func() int {
		mu.Lock()
		defer mu.Unlock()
		return code
	})
	good, got := taking(t, func() int { return http.StatusOK })
	s, log := run(t, []string{strings.Replace(bad, "http://", "http://me:secret@", 1), good}, nil)
	for range 3 {
		s.Put(firing())
		next(t, tried)
		next(t, got)
	}
	mu.Lock()
	code = http.StatusOK
	mu.Unlock()
	s.Put(firing())
	next(t, tried)
	next(t, got)
	for late := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), "sent again"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("not told: %s", log)
		}
	}
	if text := log.String(); strings.Count(text, "cannot be sent") != 1 || strings.Contains(text, "secret") {
		t.Errorf("%s", text)
	}
}

// TestNoRedirect: alerts, which name processes of this host, go only to the address in
// the settings.
func TestNoRedirect(t *testing.T) {
	url, got := taking(t, func() int { return http.StatusTemporaryRedirect })
	s, log := run(t, nil, []string{url})
	s.Put(firing())
	next(t, got)
	for late := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), "HTTP 307"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("not told: %s", log)
		}
	}
	if len(got) != 0 {
		t.Errorf("it was followed: %+v", next(t, got))
	}
}

// TestWaitingIsBounded: only the newest version of each alert waits, and the number of
// waiting alerts is limited.
func TestWaitingIsBounded(t *testing.T) {
	s := New(nil, nil, time.Now, slog.New(slog.DiscardHandler))
	for i := range most + 10 {
		a := firing()
		a.Labels["n"] = string(rune(i + 1))
		s.Put(a)
		s.Put(a)
	}
	if len(s.wait) != most {
		t.Errorf("%d wait, at most %d may", len(s.wait), most)
	}
}
