// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// An ending is what a trace reported of one socket.
type ending struct {
	reason    socket.Reason
	direction socket.Direction
	watched   bool
}

// endings reads rows until that many sockets have ended, and returns them by cookie.
func endings(t *testing.T, tr *trace.Trace, n int) (map[uint64]ending, *trace.Tail) {
	t.Helper()
	found := map[uint64]ending{}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	tail, err := tr.Rows(ctx, nil, func(s *socket.Socket) bool {
		found[s.Cookie] = ending{s.Change.Reason, s.Direction, s.Change.Watched}
		return len(found) < n
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found, tail
}

// TestPollAgrees: for connections that last longer than the interval of polling,
// polling reports the same sockets as programs: who closed first and who opened. For
// others it reports that they are gone.
func TestPollAgrees(t *testing.T) {
	const each = 8
	ns := testnet.New(t, testnet.Options{})
	l := listen(t, ns)
	defer l.Close()
	programs := opened(t, trace.Options{Netns: ns.Path(), Rows: true})
	looks := opened(t, trace.Options{Netns: ns.Path(), Rows: true, Owners: true, Way: tracer.Looked, Fallback: true})
	ns.Do(func() {
		if err := lasting(l, each); err != nil {
			t.Fatal(err)
		}
	})
	const all = 2 * 4 * each
	want, _ := endings(t, programs, all)
	got, tail := endings(t, looks, all)
	if len(want) != all || len(got) != all {
		t.Fatalf("%d ends by programs, %d by looks, want %d", len(want), len(got), all)
	}
	firsts := 0
	for cookie, w := range want {
		g := got[cookie]
		switch {
		case w.reason == socket.ClosedFirst && g.reason != socket.ClosedFirst,
			w.reason != socket.ClosedFirst && g.reason != socket.Unseen && g.reason != w.reason,
			g.direction != w.direction, g.watched, !w.watched:
			t.Errorf("%+v, by programs %+v", g, w)
		}
		if g.reason == socket.ClosedFirst {
			firsts++
		}
	}
	if firsts != 2*each { // two of the four kinds of end
		t.Errorf("%d closed first, want %d", firsts, 2*each)
	}
	if tail.Exact() || !has(tail.Gaps, problem.TracePolled) {
		t.Errorf("%+v", tail.Gaps)
	}
}

func has(gaps []problem.Gap, code problem.Code) bool {
	for _, g := range gaps {
		if g.Code == code {
			return true
		}
	}
	return false
}

func listen(t *testing.T, ns *testnet.NS) (l *net.TCPListener) {
	t.Helper()
	ns.Do(func() {
		var err error
		if l, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	})
	return l
}

// lasting makes connections that stay open for a while and then end in four ways:
// closed first by the client, by the server, reset by either.
func lasting(l *net.TCPListener, each int) error {
	var pairs [][2]*net.TCPConn
	for range 4 * each {
		client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
		if err != nil {
			return err
		}
		server, err := l.AcceptTCP()
		if err != nil {
			return err
		}
		pairs = append(pairs, [2]*net.TCPConn{client, server})
	}
	time.Sleep(time.Second) // long enough for some polls
	var errs []error
	for i, p := range pairs {
		first, second := p[i/2%2], p[1-i/2%2]
		if i%2 == 0 {
			errs = append(errs, first.SetLinger(0))
		}
		errs = append(errs, first.Close())
		_, _ = second.Read(make([]byte, 1))
		errs = append(errs, second.Close())
	}
	return errors.Join(errs...)
}

// TestPollCounts: the kernel's counters show how much polling misses.
func TestPollCounts(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	l := listen(t, ns)
	defer l.Close()
	looks := opened(t, trace.Options{Netns: ns.Path(), Owners: true, Way: tracer.Looked, Fallback: true})
	ns.Do(func() {
		for range 50 { // shorter than the interval between polls, and without TIME_WAIT
			client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
			if err != nil {
				t.Fatal(err)
			}
			server, err := l.AcceptTCP()
			if err := errors.Join(err, client.SetLinger(0), client.Close(), server.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
	time.Sleep(time.Second)
	s, err := looks.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if !s.Partial() || !has(s.Gaps, problem.OpensMissed) || !has(s.Gaps, problem.AcceptsMissed) {
		t.Errorf("%+v", s.Gaps)
	}
}

// rightsVariable tells the test program to trace with what rights it has.
const rightsVariable = "TRACE_TEST_RIGHTS"

// traceWithRights traces a connection of its own and prints what it saw.
func traceWithRights() error {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	tr, err := trace.Open(ctx, trace.Options{Rows: true, Fallback: true, Now: time.Now})
	if err != nil {
		return err
	}
	made := make(chan error, 1)
	go func() { made <- lasting(l, 1) }()
	ends := map[socket.Reason]int{}
	tail, err := tr.Rows(ctx, nil, func(s *socket.Socket) bool {
		if s.Local.Port() == port {
			ends[s.Change.Reason]++
		}
		return ends[socket.ClosedFirst] == 0
	}, nil)
	if err := errors.Join(err, <-made, tr.Close()); err != nil {
		return err
	}
	fmt.Printf("%v polled=%v", ends[socket.ClosedFirst] > 0, has(tail.Gaps, problem.TracePolled))
	for _, g := range tail.Gaps {
		if g.Code == problem.Denied {
			fmt.Print(" ", g.Args.Texts())
		}
	}
	return nil
}

// TestPollRights: without the right to load programs, tracing uses polling and names
// the missing right.
func TestPollRights(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	for _, tt := range []struct {
		has  []uintptr
		want []string
	}{
		{[]uintptr{unix.CAP_BPF, unix.CAP_PERFMON}, []string{"true polled=false"}},
		{[]uintptr{unix.CAP_BPF}, []string{"true polled=true", "CAP_PERFMON"}},
		{[]uintptr{unix.CAP_PERFMON}, []string{"true polled=true", "CAP_BPF"}},
		{nil, []string{"true polled=true", "CAP_BPF", "CAP_PERFMON"}},
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{rightsVariable + "=1"}
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{AmbientCaps: tt.has, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("with capabilities %v: %v", tt.has, err)
		}
		for _, part := range tt.want {
			if !strings.Contains(string(out), part) {
				t.Errorf("with capabilities %v: %q, want %q in it", tt.has, out, part)
			}
		}
	}
}
