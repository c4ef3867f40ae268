// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// asLeaker makes of this test a process of that name that does not close what its
// peers have closed, until its input ends.
const asLeaker = "TCPVITALSD_TEST_LEAKS_AS"

func leaker(name string) {
	if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:8099")
	if err != nil {
		panic(err)
	}
	var kept []net.Conn
	for range 150 {
		c, err := net.Dial("tcp4", "127.0.0.1:8099")
		if err != nil {
			panic(err)
		}
		s, err := l.Accept()
		if err != nil {
			panic(err)
		}
		_ = c.Close()
		kept = append(kept, s)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = kept
	os.Exit(0)
}

// hostile is a name that ends a string, a line, a label and a screen.
const hostile = "x\"}\n\x1b[2J\u202e\\</"

// TestHostileNamesAtEveryEndpoint: no byte of a name gets out that does more than being
// shown, and the name is told as the screens of the program tell it.
func TestHostileNamesAtEveryEndpoint(t *testing.T) {
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()
	leaks := ns.Command(os.Args[0])
	leaks.Env = append(os.Environ(), asLeaker+"="+hostile)
	stdin, err := leaks.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := leaks.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = leaks.Wait()
	})
	rules := filepath.Join(dir, "rules.yml")
	text := "groups: [{name: g, rules: [{alert: Found, expr: 'tcpvitals_finding{process=~\"x.*\"} > 0', annotations: {summary: 'it is {{ $labels.process }}'}}]}]\n"
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := start(t, ns, "--data-dir", filepath.Join(dir, "history"), "--rules", rules)
	until(t, "the alert fires", func() bool {
		body, _ := a.get("/api/v1/alerts")
		kept, _ := a.get("/api/v1/query?query=ALERTS") // the history gets it a moment later
		return strings.Contains(body, `"alertname":"Found"`) && strings.Contains(kept, `"alertname":"Found"`)
	})
	for _, path := range []string{
		"/metrics", "/", "/api/v1/alerts", "/api/v1/findings", "/api/v1/query?query=tcpvitals_finding", "/api/v1/series?match[]=tcpvitals_finding",
		"/api/v1/label/process/values", "/api/v1/labels", "/api/v1/metadata", "/api/v1/status/buildinfo", "/api/v1/query_exemplars",
		"/api/v1/query_range?query=tcpvitals_finding&step=1&start=" + time.Now().Add(-20*time.Second).UTC().Format(time.RFC3339) + "&end=" + time.Now().Add(5*time.Second).UTC().Format(time.RFC3339),
		"/api/v1/query?query=ALERTS", "/api/v1/query?query=" + "%22" + "%1b%5b2J" + "%22%29",
	} {
		body, code := a.get(path)
		harmless(t, path, body)
		if strings.Contains(path, "finding") || strings.Contains(path, "alerts") || strings.Contains(path, "process") || strings.Contains(path, "ALERTS") {
			if code != 200 || !tellsName(body) {
				t.Errorf("%s: %d, and the name is not in it: %.2000q", path, code, body)
			}
		}
	}
	if body, _ := a.get("/metrics"); !strings.Contains(body, `process="x\"}\\n\\x1b[2J\\u202e\\</"`) {
		t.Errorf("/metrics does not tell it: %.300q", body)
	}
	told := false
	for _, event := range a.events(20) { // some are of counts, some of findings
		harmless(t, "/api/v1/samples", event)
		told = told || tellsName(event)
	}
	if !told {
		t.Error("/api/v1/samples does not tell the name")
	}
}

// harmless makes sure of the bytes of an answer.
func harmless(t *testing.T, path, body string) {
	t.Helper()
	if !utf8.ValidString(body) {
		t.Errorf("%s: not UTF-8: %.500q", path, body)
	}
	if shown := visible.Lines(body); shown != body {
		at := visible.Hidden(strings.ReplaceAll(body, "\n", " "))
		t.Errorf("%s: %q", path, body[max(0, at-200):min(len(body), at+50)])
	}
}

// tellsName reports whether a text of a document is the name, or has it.
func tellsName(document string) (found bool) {
	var v any
	if json.Unmarshal([]byte(document), &v) != nil {
		return false
	}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			found = found || strings.Contains(v, visible.Text(hostile))
		case []any:
			for _, one := range v {
				look(one)
			}
		case map[string]any:
			for _, one := range v {
				look(one)
			}
		}
	}
	look(v)
	return found
}

// events returns so many events of the stream of samples, each of which is one line.
func (a *running) events(n int) (all []string) {
	a.Helper()
	a.ns.Do(func() {
		conn, err := net.Dial("tcp", a.at)
		if err != nil {
			a.Error(err)
			return
		}
		defer conn.Close()
		client := http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { return conn, nil }}, Timeout: 60 * time.Second} //nolint:staticcheck // the connection was made inside
		r, err := client.Get("http://" + a.at + "/api/v1/samples")
		if err != nil {
			a.Error(err)
			return
		}
		defer r.Body.Close()
		for in := bufio.NewReader(r.Body); len(all) < n; {
			line, err := in.ReadString('\n')
			if err != nil {
				a.Errorf("after %d events: %v", len(all), err)
				return
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				all = append(all, strings.TrimSuffix(data, "\n"))
			} else if field, _, _ := strings.Cut(line, ":"); !strings.Contains("\n event id retry ", strings.TrimSuffix(field, "\n")) {
				a.Errorf("no line of an event: %q", line)
			}
		}
	})
	return all
}
