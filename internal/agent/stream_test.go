// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// followed serves a stream behind the agent's limits.
func followed(t *testing.T) (s *stream, put func(at time.Time), url string, end func()) {
	t.Helper()
	var newest atomic.Pointer[metrics.Sample]
	ended := make(chan struct{})
	s = newStream(newest.Load, ended)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(s, true, slog.New(slog.DiscardHandler))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(limit(l, mostSockets))
	}()
	closed := false
	end = func() {
		if !closed {
			closed = true
			close(ended)
		}
	}
	t.Cleanup(func() {
		end()
		if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		<-served
	})
	return s, func(at time.Time) {
		newest.Store(&metrics.Sample{At: at, Count: &metrics.Counted{At: at}, Version: "a\n\nevent: forged\ndata: \"b"})
		if err := s.Take(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}, "http://" + l.Addr().String() + "/api/v1/samples", end
}

func follow(t *testing.T, url string) *http.Response {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// TestFollowersGetEachSample: a new sample comes as one event of two lines, whatever
// names it contains, and the stream ends with the agent.
func TestFollowersGetEachSample(t *testing.T) {
	_, put, url, end := followed(t)
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	put(noon)
	answer := follow(t, url)
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatal(answer.StatusCode, kind)
	}
	in := bufio.NewReader(answer.Body)
	for n := range 3 {
		at := noon.Add(time.Duration(n) * time.Second)
		if n > 0 {
			put(at)
		}
		var lines [3]string
		for i := range lines {
			var err error
			if lines[i], err = in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		data, ok := strings.CutPrefix(lines[1], "data: ")
		if lines[0] != "event: count\n" || !ok || lines[2] != "\n" {
			t.Fatalf("%q", lines)
		}
		var doc struct {
			At     time.Time
			Series []shown
		}
		if err := json.Unmarshal([]byte(data), &doc); err != nil || !doc.At.Equal(at) || len(doc.Series) == 0 {
			t.Errorf("%v: %s", err, data)
		}
	}
	end()
	if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

// TestFollowersAreBounded: a client beyond the limit is told so, and is accepted when
// another one has gone.
func TestFollowersAreBounded(t *testing.T) {
	_, put, url, _ := followed(t)
	put(time.Now())
	var all []*http.Response
	for range mostFollowers {
		a := follow(t, url)
		if a.StatusCode != 200 {
			t.Fatal(a.StatusCode)
		}
		all = append(all, a)
	}
	if a := follow(t, url); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Error(a.StatusCode, a.Header)
	}
	_ = all[0].Body.Close()
	for late := time.Now().Add(30 * time.Second); follow(t, url).StatusCode != 200; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("there is no room for another when one has gone")
		}
		put(time.Now()) // only a write shows that a client has gone
	}
}
