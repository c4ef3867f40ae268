// SPDX-License-Identifier: Apache-2.0

package exporter_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/tcpvitals/tcpvitals/internal/exporter"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func no() bool { return false }

// hostile is a sample with hostile names.
func hostile(groups int) *metrics.Sample {
	s := &metrics.Sample{At: time.Unix(1, 0), Version: "v1", Count: &metrics.Counted{}, Examined: &metrics.Examined{}}
	s.Count.States[tcp.TimeWait][0] = 7
	by := metrics.Groups{By: "unit"}
	for i := range groups {
		name := strings.Repeat("n", i)
		if i < 5 {
			name = []string{"a\"b", "c\\d", "e\nf 1\ng", "\xff\xfe", "{}# EOF"}[i]
		}
		by.All = append(by.All, metrics.Group{Name: name})
	}
	s.Examined.By = []metrics.Groups{by}
	return s
}

func ask(t *testing.T, s *metrics.Sample, accept string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	exporter.Exporter{}.Handler(func() *metrics.Sample { return s }, no).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w
}

// TestHandler: the answer has the series of the table in the requested format,
// whatever names it contains.
func TestHandler(t *testing.T) {
	w := ask(t, hostile(5), "text/plain")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(families["tcpvitals_connections"].GetMetric()); n != 22 {
		t.Errorf("%d series of connections", n)
	}
	if n := len(families["tcpvitals_group_connections"].GetMetric()); n != 5*11 {
		t.Errorf("%d series of groups", n)
	}
	if w := ask(t, hostile(5), "application/openmetrics-text; version=1.0.0"); !strings.HasPrefix(w.Header().Get("Content-Type"), "application/openmetrics-text") ||
		!strings.HasSuffix(w.Body.String(), "\n# EOF\n") || strings.Count(w.Body.String(), "\n# EOF\n") != 1 {
		t.Errorf("OpenMetrics: %v: %s", w.Header(), w.Body)
	}
	if w := ask(t, nil, "text/plain"); w.Body.Len() != 0 {
		t.Errorf("without a sample: %s", w.Body)
	}
}

// TestText: promtool finds nothing to criticize in the text.
func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := (exporter.Exporter{}).Text(&b, hostile(5), false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `tcpvitals_connections{family="ipv4",state="time_wait"} 7`) {
		t.Errorf("%s", &b)
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool here")
	}
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = &b
	if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool: %v: %s", err, said)
	}
}

// TestServe: with a file that requires a password, requests without it are refused.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "web.yml")
	// The password is "secret".
	const users = "basic_auth_users:\n  prometheus: $2y$04$L5uKOLtQ2vhqUyVHv1XrFOYbLmTlBo6tzRnZkOWoyMhqGWTc6ssYW\n"
	if err := os.WriteFile(config, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	e := exporter.Exporter{}
	if err := e.CheckWebConfig(config); err != nil {
		t.Fatal(err)
	}
	if e.CheckWebConfig(filepath.Join(dir, "none")) == nil {
		t.Error("a file that is not there is right")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: e.Handler(func() *metrics.Sample { return hostile(1) }, no), ReadHeaderTimeout: time.Second}
	done := make(chan error, 1)
	go func() { done <- e.Serve(l, server, config, slog.New(slog.DiscardHandler)) }()
	defer func() { _, _ = server.Close(), <-done }()
	response, err := http.Get("http://" + l.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a password: %d", response.StatusCode)
	}
}

// TestParts: the stored part for an examination and the part written for each answer
// form one valid answer, compressed or not, in every format; and a new examination
// replaces the stored part.
func TestParts(t *testing.T) {
	s := hostile(20)
	h := exporter.Exporter{}.Handler(func() *metrics.Sample { return s }, no)
	get := func(accept, encoding string) (string, http.Header) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", accept)
		r.Header.Set("Accept-Encoding", encoding)
		h.ServeHTTP(w, r)
		body := io.Reader(w.Body)
		if w.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			z.Multistream(false) // some readers read only one member of a gzip file
			body = z
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), w.Header()
	}
	for _, accept := range []string{"text/plain", "application/openmetrics-text; version=1.0.0", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"} {
		plain, head := get(accept, "")
		if head.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed without being asked to", accept)
		}
		for range 2 { // first written, then taken from the store
			if zipped, head := get(accept, "deflate, gzip;q=0.5"); zipped != plain || head.Get("Content-Encoding") != "gzip" {
				t.Errorf("%s: compressed it is another one (%v): %d and %d bytes", accept, head, len(zipped), len(plain))
			}
		}
		if _, head := get(accept, "gzip;q=0"); head.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed against the wish", accept)
		}
	}
	s.Count.At = s.At
	older, _ := get("text/plain", "")
	next := *hostile(21)
	next.Count, next.At = s.Count, s.At.Add(time.Hour)
	h.(*exporter.Answers).Prepare(&next)
	s = &next
	newer, _ := get("text/plain", "gzip")
	const group = "\ntcpvitals_group_connections{"
	if n := strings.Count(newer, group) - strings.Count(older, group); n != 11 {
		t.Errorf("a new examination has %d series more", n)
	}
	const age = `tcpvitals_sample_age_seconds{source="count"} `
	if !strings.Contains(older, age+"0\n") || !strings.Contains(newer, age+"3600\n") {
		t.Error("the age is not that of the answer")
	}
}

// TestAnswerAllocs: the part for an examination is not written again for each answer.
func TestAnswerAllocs(t *testing.T) {
	s := hostile(84) // some 1,000 series
	h := exporter.Exporter{}.Handler(func() *metrics.Sample { return s }, no)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	answer := func() { h.ServeHTTP(httptest.NewRecorder(), r) }
	answer()
	kept := testing.AllocsPerRun(20, answer)
	written := testing.AllocsPerRun(20, func() {
		another := *s.Examined
		s.Examined = &another
		answer()
	})
	if kept > written/5 {
		t.Errorf("%v allocations, %v when the examination is new", kept, written)
	}
}

func BenchmarkHandler(b *testing.B) {
	s := hostile(84) // some 1,000 series
	h := exporter.Exporter{}.Handler(func() *metrics.Sample { return s }, no)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
