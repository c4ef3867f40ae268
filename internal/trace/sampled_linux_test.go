// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestSampledAgrees: the classic tracepoint reports the same ends of the same
// connections as programs: who closed in order, who opened, how long they lasted. For
// others it reports that they ended.
func TestSampledAgrees(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	programs := tracedBy(t, ns, Options{Rows: true, Opens: true})
	classic := tracedBy(t, ns, Options{Rows: true, Opens: true, Owners: true, Way: tracer.Sampled, Fallback: true})
	if _, ok := classic.watcher.(*sampled); !ok {
		testnet.Skip(t, testnet.Root, fmt.Sprintf("no classic tracepoint: %v", classic.gaps))
	}
	var err error
	ns.Do(func() { err = vary() })
	if err != nil {
		t.Fatal(err)
	}
	dialElsewhere(t)
	testnet.Delivered(t)
	time.Sleep(10 * sampleEvery)
	mine := map[string]bool{}
	want := endsOf(t, programs, mine, true)
	got := endsOf(t, classic, mine, false)
	if len(want) < 25 {
		t.Fatalf("%d ends", len(want))
	}
	for end, how := range want {
		if got[end] != how {
			t.Errorf("%s: %q, want %q", end, got[end], how)
		}
	}
	s, err := classic.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if me, _ := os.ReadFile("/proc/self/comm"); !s.Partial() || !byOf(s, socket.ClosedFirst, strings.TrimSpace(string(me))) || s.Gaps[1].Code != problem.TraceSampled {
		t.Errorf("%+v", s)
	}
}

// dialElsewhere opens connections to the addresses of vary by another process in
// another namespace.
func dialElsewhere(t *testing.T) {
	t.Helper()
	elsewhere := testnet.New(t, testnet.Options{})
	for _, port := range variedPorts {
		if err := elsewhere.Command("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/127.0.0.1/%d", port)).Run(); err == nil {
			t.Fatal("nobody listens there, and it connects")
		}
	}
}

// endsOf returns rows by both addresses and the final state, with what both ways
// report. The first call records which connections are the test's, because the
// tracepoint reports those of the whole host: others may have the same addresses in
// another namespace. Until connect() has chosen a port many share them, and only the
// process tells whose they are.
func endsOf(t *testing.T, tr *Trace, mine map[string]bool, note bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	var row changed
	if err := tr.watcher.Records(func(r *tracer.Record) bool {
		tr.fill(&row, r)
		s := &row.socket
		key := fmt.Sprint(s.Local, s.Remote, s.Change.From, s.State)
		if note {
			mine[key] = true
		}
		reason := s.Change.Reason
		if r.What != tracer.Connects && reason != socket.ClosedFirst && reason != socket.ClosedAfter {
			reason = socket.Unseen
		}
		foreign := r.What == tracer.Connects && r.PID != uint32(os.Getpid())
		if mine[key] && !foreign && (r.What != tracer.Ended || s.Change.From != tcp.FinWait1) {
			all[key] = fmt.Sprint(reason, s.Direction, s.Change.Born, r.PID, s.Change.Closer)
			if !r.What.Acts() || reason == socket.Unseen {
				all[key] = fmt.Sprint(reason, s.Direction, s.Change.Born)
			}
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func byOf(s *Summary, reason socket.Reason, process string) bool {
	for _, e := range s.Ends {
		for _, by := range e.By {
			if e.Reason == reason && by.Process == process {
				return true
			}
		}
	}
	return false
}

// TestSampledRows: a field that the tracepoint does not report is unknown, not absent.
func TestSampledRows(t *testing.T) {
	tr := &Trace{watcher: &sampled{}}
	var row changed
	tr.fill(&row, &tracer.Record{
		What: tracer.Vanished, From: tcp.Established, To: tcp.Close, Unseen: true,
		Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:4000"),
	})
	for _, filter := range []string{"closer = none", "closer != none", "cgroup-id = none", "netns != none", "netns = none", "process = none", "process != none"} {
		f, err := query.Parse(filter, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(&row.socket) != query.Unknown {
			t.Errorf("%s: %v", filter, f.Match(&row.socket))
		}
	}
}
