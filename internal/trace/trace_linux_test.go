// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

func TestMain(m *testing.M) {
	if lasting := os.Getenv(summaryVariable); lasting != "" {
		if err := traceSummary(lasting); err != nil {
			panic(err)
		}
		return
	}
	if os.Getenv(rightsVariable) != "" {
		if err := traceWithRights(); err != nil {
			panic(err)
		}
		return
	}
	testnet.Main(m)
}

func opened(t *testing.T, o trace.Options) *trace.Trace {
	t.Helper()
	if o.Way != tracer.Looked { // polling needs no program and no kernel types
		testnet.Require(t, testnet.BPF)
	}
	o.Now = time.Now
	tr, err := trace.Open(t.Context(), o)
	if err != nil {
		if errors.Is(err, problem.ErrNotSupported) {
			testnet.Skip(t, testnet.BPF, err.Error())
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

// ends makes connections in the namespace of the calling thread that end in different
// ways. The listener existed before the trace.
func ends(l *net.TCPListener) error {
	pair := func() (client, server *net.TCPConn, err error) {
		client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
		if err == nil {
			server, err = l.AcceptTCP()
		}
		return client, server, err
	}
	closing := func(first, second *net.TCPConn) error {
		err := first.Close()
		_, _ = second.Read(make([]byte, 1))
		return errors.Join(err, second.Close())
	}
	var errs []error
	for range 3 {
		client, server, err := pair()
		if err != nil {
			return err
		}
		errs = append(errs, closing(server, client))
	}
	for range 2 {
		client, server, err := pair()
		if err != nil {
			return err
		}
		errs = append(errs, closing(client, server))
	}
	client, server, err := pair()
	if err != nil {
		return err
	}
	errs = append(errs, client.SetLinger(0), closing(client, server))
	_, err = net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	if err == nil {
		errs = append(errs, errors.New("nobody listens, and connect works"))
	}
	return errors.Join(errs...)
}

// traced lets a trace of a new namespace see ends.
func traced(t *testing.T, o trace.Options, then func(tr *trace.Trace, port uint16)) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	o.Netns = ns.Path()
	var l *net.TCPListener
	ns.Do(func() {
		var err error
		if l, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	})
	defer l.Close()
	tr := opened(t, o)
	ns.Do(func() {
		if err := ends(l); err != nil {
			t.Error(err)
		}
	})
	testnet.Delivered(t)
	then(tr, l.Addr().(*net.TCPAddr).AddrPort().Port())
}

// own is the name of this process.
func own(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

// TestUncompared: without the comparison the counts are the same, and the answer
// contains none of the kernel's.
func TestUncompared(t *testing.T) {
	traced(t, trace.Options{Owners: true, Uncompared: true}, func(tr *trace.Trace, _ uint16) {
		s, err := tr.Summary()
		if err != nil {
			t.Fatal(err)
		}
		if s.Kernel != nil || len(s.Edges) == 0 || len(s.Ends) == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSummary: every connection has one end, with its program and port, and the
// kernel's counters agree.
func TestSummary(t *testing.T) {
	traced(t, trace.Options{Owners: true}, func(tr *trace.Trace, port uint16) {
		s, err := tr.Summary()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range s.Ends {
			for _, d := range e.By {
				got = append(got, fmt.Sprintf("%s %s %q :%d accepted %v: %d", e.Reason, e.From, d.Process, d.Port, d.Accepted, d.Count))
			}
		}
		me := own(t)
		want := []string{
			fmt.Sprintf("closed-first State(0) %q :%d accepted true: 3", me, port),
			fmt.Sprintf("closed-first State(0) %q :%d accepted false: 2", me, port),
			fmt.Sprintf("closed-after State(0) %q :%d accepted false: 3", me, port),
			fmt.Sprintf("closed-after State(0) %q :%d accepted true: 2", me, port),
			fmt.Sprintf("linger-zero State(0) %q :%d accepted false: 1", me, port),
			fmt.Sprintf(`peer-reset ESTABLISHED "" :%d accepted true: 1`, port),
			`refused SYN_SENT "" :1 accepted false: 1`,
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("ends\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if s.Total != 13 || s.Opened.Count != 7 || len(s.After) != 0 {
			t.Errorf("%d ended, %d opened, after %v", s.Total, s.Opened.Count, s.After)
		}
		if k := s.Kernel; k == nil || k.Seen != 5 || k.Born != 5 || k.Apart() != 0 {
			t.Errorf("reconciliation %+v", k)
		}
	})
}

// TestRows: each end is a row of the field table.
func TestRows(t *testing.T) {
	traced(t, trace.Options{Rows: true}, func(tr *trace.Trace, port uint16) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		counted := map[socket.Reason]int{}
		tail, err := tr.Rows(ctx, nil, func(s *socket.Socket) bool {
			counted[s.Change.Reason]++
			checkRow(t, s, port)
			return counted[socket.Refused] == 0 // the last one
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := map[socket.Reason]int{socket.ClosedFirst: 5, socket.ClosedAfter: 5, socket.LingerZero: 1, socket.PeerReset: 1, socket.Refused: 1}
		if fmt.Sprint(counted) != fmt.Sprint(want) || tail.Total != 13 || !tail.Exact() {
			t.Errorf("%v, want %v; tail %+v", counted, want, tail)
		}
	})
}

func checkRow(t *testing.T, s *socket.Socket, port uint16) {
	t.Helper()
	c := s.Change
	refused := c.Reason == socket.Refused
	if since := time.Since(c.At); since < 0 || since > time.Minute {
		t.Errorf("%s at %v, %v ago", c.Reason, c.At, since)
	}
	if c.Born == refused || c.Lasted < 0 || c.Lasted > time.Minute {
		t.Errorf("%s lasted %v (born %v)", c.Reason, c.Lasted, c.Born)
	}
	if s.Local.Port() != port && s.Remote.Port() != port && !refused {
		t.Errorf("%v to %v, want port %d", s.Local, s.Remote, port)
	}
	if (s.Direction == socket.Inbound) != (s.Local.Port() == port) {
		t.Errorf("direction %v of %v", s.Direction, s.Local)
	}
	o := s.Owner
	if acts := c.Reason.Acts(); acts != (o.Process != nil) || acts && (int(o.Process.PID) != os.Getpid() || o.Process.Name != own(t) || o.Process.Start == 0) {
		t.Errorf("%s by %+v", c.Reason, o.Process)
	}
}

// TestResets: a sent RST has the kernel's reason, in the row of its end and in the
// summary; if the kernel gives no reason, that is reported.
func TestResets(t *testing.T) {
	var words []string
	traced(t, trace.Options{Rows: true, Owners: true, Resets: true}, func(tr *trace.Trace, port uint16) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := tr.Rows(ctx, nil, func(s *socket.Socket) bool {
			reset := s.Change.Reset
			if (reset != "") != (s.Change.Reason == socket.LingerZero) {
				t.Errorf("%s: reset %q", s.Change.Reason, reset)
			}
			if reset != "" {
				words = append(words, reset)
			}
			return true
		}, nil); err != nil {
			t.Fatal(err)
		}
		s, err := tr.Summary()
		if err != nil {
			t.Fatal(err)
		}
		checkResets(t, s, words, port)
	})
}

func checkResets(t *testing.T, s *trace.Summary, words []string, port uint16) {
	t.Helper()
	if len(words) != 1 {
		t.Fatalf("of rows: %q", words)
	}
	told := !slices.ContainsFunc(s.Gaps, func(g problem.Gap) bool { return g.Code == problem.NoResetReasons })
	got := map[string]uint64{}
	for _, r := range s.Resets {
		for _, d := range r.By {
			got[fmt.Sprintf("%s %s :%d accepted %v", r.Reason, r.From, d.Port, d.Accepted)] += d.Count
		}
	}
	want := map[string]uint64{fmt.Sprintf("%s CLOSE :%d accepted false", words[0], port): 1}
	if told {
		want["no-socket CLOSE :1 accepted true"] = 1
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || told == (words[0] == "not-specified") {
		t.Errorf("told %v: %v, want %v", told, got, want)
	}
	if s.Total != 13 {
		t.Errorf("%d ends: a reset is none", s.Total)
	}
}

// TestNoPort: a connect() that finds no local port is reported as such and not as
// given up; the kernel counts no SYN for it.
func TestNoPort(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40001")
	tr := opened(t, trace.Options{Netns: ns.Path(), Owners: true})
	ns.Do(func() {
		l, err := net.Listen("tcp4", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		made := 0
		for range 5 {
			c, err := net.Dial("tcp4", l.Addr().String())
			switch {
			case err == nil:
				made++
				defer c.Close()
			case !errors.Is(err, syscall.EADDRNOTAVAIL):
				t.Error(err)
			}
		}
		if made > 2 {
			t.Errorf("%d connections from two ports", made)
		}
		testnet.Delivered(t)
		s, err := tr.Summary()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Ends) != 1 || s.Ends[0].Reason != socket.NoPort || s.Ends[0].Count != s.Opened.Count-uint64(made) || s.Ends[0].By[0].Process != own(t) || s.Ends[0].By[0].Port != 8080 {
			t.Errorf("%d made, ends %+v", made, s.Ends)
		}
		if s.Opened.Count < 5 || // Go asks for a port several times
			len(s.Kernel.Parted) != 0 {
			t.Errorf("%d opened, %+v", s.Opened.Count, s.Kernel)
		}
	})
}

// TestEvents: every transition is a row, even one that ends nothing.
func TestEvents(t *testing.T) {
	traced(t, trace.Options{Events: true}, func(tr *trace.Trace, _ uint16) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		edges := map[string]int{}
		if _, err := tr.Rows(ctx, nil, func(s *socket.Socket) bool {
			edges[s.Change.From.String()+" "+s.State.String()]++
			return true
		}, nil); err != nil {
			t.Fatal(err)
		}
		for edge, want := range map[string]int{
			"CLOSE SYN_SENT": 7, "SYN_SENT ESTABLISHED": 6, "LISTEN SYN_RECV": 6, "SYN_RECV ESTABLISHED": 6,
			"ESTABLISHED FIN_WAIT1": 5, "FIN_WAIT1 FIN_WAIT2": 5, "FIN_WAIT2 CLOSE": 5, "ESTABLISHED CLOSE_WAIT": 5,
			"CLOSE_WAIT LAST_ACK": 5, "LAST_ACK CLOSE": 5, "ESTABLISHED CLOSE": 2, "SYN_SENT CLOSE": 1,
		} {
			if edges[edge] != want {
				t.Errorf("%s: %d, want %d", edge, edges[edge], want)
			}
		}
	})
}
