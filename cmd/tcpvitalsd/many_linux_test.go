// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// seriesOf counts the series of an answer, and those whose line begins so.
func seriesOf(body, prefix string) (all, of int) {
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		all++
		if strings.HasPrefix(line, prefix) {
			of++
		}
	}
	return all, of
}

// bound makes sure that an answer has no more series than the table of metrics allows,
// and that the agent did not grow without bound.
func (a *running) bound(body string, top int) {
	a.Helper()
	most := 0
	for _, m := range metrics.All() {
		most += m.Most(top)
	}
	if all, _ := seriesOf(body, ""); all > most {
		a.Errorf("%d series, at most %d", all, most)
	}
	if resident := value(a.T, body, "tcpvitals_agent_resident_bytes"); resident > 150<<20 {
		a.Errorf("%.0f bytes resident", resident)
	}
}

// TestManyListeningPorts: thousands of listeners make no more series than the greatest
// ones may have, and how many are left out is told.
func TestManyListeningPorts(t *testing.T) {
	const ports, top = 2000, 7
	room := unix.Rlimit{}
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &room); err != nil || room.Cur < ports+500 {
		t.Skipf("%d descriptors: %v", room.Cur, err)
	}
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for i := range ports {
			l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", 10_000+i))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		}
	})
	a := start(t, ns, "--top", strconv.Itoa(top))
	var body string
	until(t, "all are looked at", func() bool {
		body, _ = a.get("/metrics")
		return strings.Contains(body, "tcpvitals_listeners_left_out ") && value(t, body, "tcpvitals_listeners_left_out") > 0
	})
	_, told := seriesOf(body, "tcpvitals_accept_queue_connections{")
	if left := value(t, body, "tcpvitals_listeners_left_out"); told == 0 || told > top || told+int(left) != ports+1 {
		t.Errorf("%d told, %v left out of %d", told, left, ports+1)
	}
	if left := value(t, body, `tcpvitals_groups_left_out{by="port"}`); int(left) < ports-top || int(left) > ports {
		t.Errorf("%v groups left out", left)
	}
	a.bound(body, top)
	t.Logf("%.1f MB resident, examined in %.1f s", value(t, body, "tcpvitals_agent_resident_bytes")/1e6, value(t, body, `tcpvitals_source_duration_seconds{source="examine"}`))
}

// TestManyNamespaces: the same of network namespaces.
func TestManyNamespaces(t *testing.T) {
	const spaces, top = 12, 3
	var first *testnet.NS
	for range spaces {
		ns := testnet.New(t, testnet.Options{})
		l := listening(t, ns)
		t.Cleanup(func() { _ = l.Close() })
		first = ns
	}
	a := start(t, first, "--netns", "all", "--top", strconv.Itoa(top))
	var body string
	const left = `tcpvitals_groups_left_out{by="netns"}`
	until(t, "all are looked at", func() bool {
		body, _ = a.get("/metrics")
		return strings.Contains(body, left+" ") && value(t, body, left) >= spaces-top
	})
	if n := strings.Count(body, `tcpvitals_group_connections{by="netns"`); n == 0 {
		t.Errorf("no namespace is told")
	}
	if n := value(t, body, "tcpvitals_namespaces_examined"); n < spaces {
		t.Errorf("%v namespaces examined, want %d at least", n, spaces)
	}
	// It is there; other tests of this machine have namespaces that end before they are entered.
	value(t, body, "tcpvitals_namespaces_left_out")
	a.bound(body, top)
}

// TestAnswersAtOnce: /metrics tells the newest sample and looks at nothing: in the midst
// of its looks it takes a few milliseconds more than an answer that tells nothing.
func TestAnswersAtOnce(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	a := start(t, ns, "--data-dir", t.TempDir()+"/history")
	took := map[string][]time.Duration{}
	ns.Do(func() {
		conn, err := net.Dial("tcp", a.at)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		client := http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { return conn, nil }, MaxConnsPerHost: 1}} //nolint:staticcheck // the connection was made inside
		for range 400 {
			for _, path := range []string{"/metrics", "/-/healthy"} {
				began := time.Now()
				r, err := client.Get("http://" + a.at + path)
				if err != nil {
					t.Fatal(err)
				}
				_, err = io.Copy(io.Discard, r.Body)
				if _ = r.Body.Close(); err != nil {
					t.Fatal(err)
				}
				took[path] = append(took[path], time.Since(began))
			}
		}
	})
	at := func(path string, percent int) time.Duration {
		slices.Sort(took[path])
		return took[path][len(took[path])*percent/100]
	}
	t.Logf("/metrics: %v half of the time, %v of 99 %%; /-/healthy: %v, %v", at("/metrics", 50), at("/metrics", 99), at("/-/healthy", 50), at("/-/healthy", 99))
	if more := at("/metrics", 50) - at("/-/healthy", 50); more > 5*time.Millisecond {
		t.Errorf("%v more than an answer that tells nothing", more)
	}
}
