// SPDX-License-Identifier: Apache-2.0

package kill_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func parse(t testing.TB, filter string) *query.Filter {
	t.Helper()
	f, err := query.Parse(filter, query.Options{})
	must(t, filter, err)
	return f
}

// look makes a preview in the namespace of the calling thread, or in that of scope.
func look(t testing.TB, o kill.Options, scope, filter string) *kill.Preview {
	t.Helper()
	host, err := engine.Open(engine.Options{Netns: scope})
	must(t, "open the host", err)
	t.Cleanup(func() { _ = host.Close() })
	o.Source, o.Filter = host, parse(t, filter)
	p, err := kill.Look(t.Context(), o, false)
	must(t, "look", err)
	return p
}

// closeAll closes the sockets of a preview.
func closeAll(t testing.TB, p *kill.Preview) *kill.Result {
	t.Helper()
	r, err := p.Kill(t.Context())
	must(t, "kill", err)
	return r
}

// want checks how many sockets were killed, gone and left.
func want(t testing.TB, r *kill.Result, killed, gone, left int) {
	t.Helper()
	if r.Count(kill.Killed) != killed || r.Count(kill.Gone) != gone || r.Count(kill.Left) != left {
		t.Errorf("killed %d, gone %d, left %d, not %d, %d, %d: %+v",
			r.Count(kill.Killed), r.Count(kill.Gone), r.Count(kill.Left), killed, gone, left, r.Outcomes)
	}
}

// An end is one end of a connection.
type end struct {
	fd     int
	cookie uint64
}

func endOf(t testing.TB, fd int) end {
	t.Helper()
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	must(t, "cookie", err)
	return end{fd, cookie}
}

func (e end) close() { _ = unix.Close(e.fd) }

// failure is the error that ended the socket; 0 while it is open.
func (e end) failure(t testing.TB) unix.Errno {
	t.Helper()
	n, err := unix.GetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	must(t, "SO_ERROR", err)
	return unix.Errno(n)
}

func (e end) state(t testing.TB) tcp.State {
	t.Helper()
	info, err := unix.GetsockoptTCPInfo(e.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	must(t, "TCP_INFO", err)
	return tcp.State(info.State)
}

// A server listens on 127.0.0.1.
type server struct {
	end
	at unix.SockaddrInet4
}

func listen(t testing.TB, port int, options ...int) *server {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socket", err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, o := range append(options, unix.SO_REUSEADDR) {
		must(t, "option", unix.SetsockoptInt(fd, unix.SOL_SOCKET, o, 1))
	}
	at := unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
	must(t, "bind", unix.Bind(fd, &at))
	must(t, "listen", unix.Listen(fd, 4096))
	return &server{endOf(t, fd), at}
}

// connect opens a connection from a port of 127.0.0.2, 0 for any. It returns the
// client's end and the server's; either can be closed at once, without TIME_WAIT.
func (s *server) connect(t testing.TB, port int) (client, accepted end) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socket", err)
	abrupt := &unix.Linger{Onoff: 1}
	if port != 0 {
		must(t, "reuse", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		must(t, "linger", unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, abrupt))
		must(t, "bind", unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 2}, Port: port}))
	}
	must(t, "connect", unix.Connect(fd, &s.at))
	other, _, err := unix.Accept4(s.fd, unix.SOCK_CLOEXEC)
	must(t, "accept", err)
	return endOf(t, fd), endOf(t, other)
}

// TestKilled closes a connection: its process gets an error, the peer is reset, and
// the descriptor still exists.
func TestKilled(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 0)
		defer client.close()
		defer accepted.close()
		other, theirs := s.connect(t, 0)
		defer other.close()
		defer theirs.close()
		_, port := nameOf(t, client.fd)
		p := look(t, kill.Options{}, "", fmt.Sprintf("sport = :8080 and dport = :%d", port))
		if len(p.Victims) != 1 || p.Matched() != 1 || !p.Victims[0].Owned() || p.Victims[0].Subflow() || p.Victims[0].State() != tcp.Established {
			t.Fatalf("victims: %+v", p.Victims)
		}
		want(t, closeAll(t, p), 1, 0, 0)
		testnet.Delivered(t)
		if e := accepted.failure(t); e != unix.ECONNABORTED {
			t.Errorf("the process learns %v", e)
		}
		if e := client.failure(t); e != unix.ECONNRESET {
			t.Errorf("the peer learns %v", e)
		}
		if other.state(t) != tcp.Established || theirs.state(t) != tcp.Established || s.state(t) != tcp.Listen {
			t.Error("others were hit")
		}
		// The second time nothing of it exists.
		want(t, closeAll(t, p), 0, 1, 0)
	})
}

func nameOf(t testing.TB, fd int) (addr [4]byte, port int) {
	t.Helper()
	name, err := unix.Getsockname(fd)
	must(t, "getsockname", err)
	v4 := name.(*unix.SockaddrInet4)
	return v4.Addr, v4.Port
}

// TestSecondLook changes sockets between the preview and the kill: new sockets with
// the same or other addresses live, sockets that have ended are gone, and sockets that
// no longer match are left alone.
func TestSecondLook(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		victim, peer := s.connect(t, 20001)
		again, againPeer := s.connect(t, 20002) // ends, and comes back with the same addresses
		ended, endedPeer := s.connect(t, 20003)
		woken, wokenPeer := s.connect(t, 20004)
		for _, e := range []end{victim, again, ended, woken} {
			defer e.close()
		}
		for _, e := range []end{peer, wokenPeer} {
			defer e.close()
		}
		p := look(t, kill.Options{}, "", "dport = :8080 and state established")
		if len(p.Victims) != 4 {
			t.Fatalf("%d victims", len(p.Victims))
		}
		again.close()
		againPeer.close()
		ended.close()
		endedPeer.close()
		testnet.Delivered(t)
		second, secondPeer := s.connect(t, 20002)
		third, thirdPeer := s.connect(t, 20005)
		for _, e := range []end{second, secondPeer, third, thirdPeer} {
			defer e.close()
		}
		must(t, "half close", unix.Shutdown(wokenPeer.fd, unix.SHUT_WR))
		testnet.Delivered(t)
		if woken.state(t) != tcp.CloseWait {
			t.Fatal("it still matches")
		}
		r := closeAll(t, p)
		want(t, r, 1, 2, 1)
		if i := slices.IndexFunc(r.Outcomes, func(o kill.Outcome) bool { return o.Fate == kill.Left }); r.Outcomes[i].Reason != kill.Changed {
			t.Errorf("%+v", r.Outcomes)
		}
		if len(r.NotShown) != 2 {
			t.Errorf("%d were not shown, not 2", len(r.NotShown))
		}
		for _, e := range []end{second, secondPeer, third, thirdPeer} {
			if e.state(t) != tcp.Established {
				t.Error("a connection that was not shown has died")
			}
		}
		if woken.state(t) != tcp.CloseWait || victim.failure(t) != unix.ECONNABORTED {
			t.Error("the wrong one")
		}
		back, err := p.Again(t.Context(), r)
		must(t, "look again", err)
		if back.New != 0 {
			t.Errorf("%d have come back", back.New)
		}
		new1, new1Peer := s.connect(t, 20006)
		defer new1.close()
		defer new1Peer.close()
		if back, err = p.Again(t.Context(), r); err != nil || back.New != 1 {
			t.Errorf("%d have come back: %v", back.New, err)
		}
	})
}

// TestSpared: sockets that are not named are left alone.
func TestSpared(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 0)
		defer client.close()
		defer accepted.close()
		p := look(t, kill.Options{}, "", "sport = :8080")
		if len(p.Victims) != 1 || len(p.Spared) != 1 || p.Spared[0].Reason != kill.Listener {
			t.Fatalf("%+v, %+v", p.Victims, p.Spared)
		}
		for _, elsewhere := range []string{
			"(state listen and sport = :1) or sport = :8080", "state listen and dport = :1 or state all and sport = :8080",
			"state listen and process = nobody or sport = :8080",
		} {
			p = look(t, kill.Options{}, "", elsewhere)
			if len(p.Victims) != 1 || len(p.Spared) != 1 || p.Spared[0].Reason != kill.Listener {
				t.Errorf("%s: %+v, %+v", elsewhere, p.Victims, p.Spared)
			}
		}
		p = look(t, kill.Options{}, "", "sport = :8080 and (state listen or state established)")
		if len(p.Victims) != 2 {
			t.Fatalf("%+v", p.Victims)
		}
		want(t, closeAll(t, p), 2, 0, 0)
		if s.state(t) != tcp.Close {
			t.Error("it still listens")
		}
	})
}

// TestSharedPort closes listeners that share a port; the kernel finds only one at a
// time.
func TestSharedPort(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		var all []*server
		for range 8 {
			all = append(all, listen(t, 8080, unix.SO_REUSEPORT))
		}
		r := closeAll(t, look(t, kill.Options{}, "", "state listen and sport = :8080"))
		want(t, r, 8, 0, 0)
		for _, s := range all {
			if s.state(t) != tcp.Close {
				t.Error("one still listens")
			}
		}
	})
}

// TestBoundStays closes a connection whose process has bound its port: the socket
// stays bound, which is not a connection.
func TestBoundStays(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 20001)
		defer client.close()
		defer accepted.close()
		want(t, closeAll(t, look(t, kill.Options{}, "", "sport = :20001 and state established")), 1, 0, 0)
		p := look(t, kill.Options{}, "", "sport = :20001")
		if len(p.Victims) != 0 {
			t.Errorf("%+v", p.Victims)
		}
		for _, spared := range p.Spared { // kernels before 6.8 do not show the bound socket
			if spared.Reason != kill.Idle {
				t.Errorf("%+v", spared)
			}
		}
	})
}

// TestOnlyInItsNamespace has sockets with the same addresses in two namespaces; only
// those of one are closed.
func TestOnlyInItsNamespace(t *testing.T) {
	one, two := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	ends := map[*testnet.NS]end{}
	for _, ns := range []*testnet.NS{one, two} {
		ns.Do(func() {
			s := listen(t, 8080)
			client, accepted := s.connect(t, 20001)
			t.Cleanup(client.close)
			t.Cleanup(accepted.close)
			ends[ns] = client
		})
	}
	want(t, closeAll(t, look(t, kill.Options{}, one.Path(), "sport = :20001")), 1, 0, 0)
	if ends[one].failure(t) != unix.ECONNABORTED || ends[two].state(t) != tcp.Established {
		t.Error("the wrong namespace")
	}
	p := look(t, kill.Options{}, "all", "sport = :20001 and state established")
	if n := len(p.Victims); n != 1 {
		t.Fatalf("%d of all namespaces", n)
	}
	want(t, closeAll(t, p), 1, 0, 0)
	if ends[two].failure(t) != unix.ECONNABORTED {
		t.Error("it was not closed")
	}
}

// TestNamespaceEnds releases the namespace between the preview and the kill. kill
// itself keeps it open, and its sockets are gone.
func TestNamespaceEnds(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	inode := ns.Inode()
	var ends []end
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 20001)
		ends = []end{client, accepted, s.end}
	})
	p := look(t, kill.Options{}, "all", "sport = :20001 and state established")
	if len(p.Victims) != 1 {
		t.Fatalf("%d victims", len(p.Victims))
	}
	for _, e := range ends {
		e.close()
	}
	ns.Release()
	if !slices.Contains(spaces(t), inode) {
		t.Error("it was not kept for the second look")
	}
	want(t, closeAll(t, p), 0, 1, 0)
}

// spaces are the inodes of the visible namespaces.
func spaces(t *testing.T) []uint64 {
	t.Helper()
	host, err := engine.Open(engine.Options{Netns: "all"})
	must(t, "open the host", err)
	defer host.Close()
	var seen inside
	_, err = host.Rows(t.Context(), engine.Scan{}, &seen)
	must(t, "rows", err)
	return seen
}

// inside is a visitor that records its namespaces.
type inside []uint64

func (*inside) Enter(*engine.Space) error { return nil }

func (*inside) Row(*socket.Socket) bool { return true }

func (i *inside) Leave(s *engine.Space) error {
	*i = append(*i, s.Netns.Inode)
	return nil
}

// TestRight removes the right before the preview, and after it.
func TestRight(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	var p *kill.Preview
	var client end
	ns.Do(func() {
		s := listen(t, 8080)
		var accepted end
		client, accepted = s.connect(t, 20001)
		t.Cleanup(client.close)
		t.Cleanup(accepted.close)
		p = look(t, kill.Options{}, "", "sport = :20001")
		if p.Barred != nil || len(p.Victims) != 1 {
			t.Fatalf("with the right: %v, %+v", p.Barred, p.Victims)
		}
	})
	ns.DoWithout(unix.CAP_NET_ADMIN, func() {
		r := closeAll(t, p)
		want(t, r, 0, 0, 1)
		if r.Outcomes[0].Reason != kill.NoRight {
			t.Errorf("%+v", r.Outcomes)
		}
		refused, ok := errors.AsType[*problem.PermissionError](r.Refusal())
		if !ok || !slices.Contains(refused.Need, "CAP_NET_ADMIN") {
			t.Errorf("refusal: %v", r.Refusal())
		}
		p := look(t, kill.Options{}, "", "sport = :20001")
		if _, ok := errors.AsType[*problem.PermissionError](p.Barred); !ok || len(p.Victims) != 0 || len(p.Spared) != 1 {
			t.Errorf("without the right: %v, %+v", p.Barred, p.Victims)
		}
	})
	if client.state(t) != tcp.Established {
		t.Error("it was closed all the same")
	}
}

// fake gives answers that this kernel does not give.
type fake struct {
	probe  error
	answer error
	before func()
}

func (f fake) Probe(context.Context) error { return f.probe }

func (f fake) Destroy(ctx context.Context, targets []sockdiag.Target, told func(int, error)) error {
	if f.before != nil {
		f.before()
	}
	for i := range targets {
		if err := ctx.Err(); err != nil {
			return err
		}
		told(i, f.answer)
	}
	return nil
}

// TestOtherKernels simulates the answers of other kernels.
func TestOtherKernels(t *testing.T) {
	unable := &problem.UnsupportedError{Feature: "SOCK_DESTROY", Reason: "CONFIG_INET_DIAG_DESTROY"}
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 20001)
		defer client.close()
		defer accepted.close()
		const filter = "sport = :20001"
		p := look(t, kill.Options{Destroyer: fake{probe: unable}}, "", filter)
		if !errors.Is(p.Barred, problem.ErrNotSupported) || len(p.Spared) != 1 || p.Spared[0].Reason != kill.NoSupport {
			t.Errorf("%v, %+v", p.Barred, p.Spared)
		}
		for _, tt := range []struct {
			answer error
			want   kill.Reason
		}{
			{nil, kill.Stayed},
			{sockdiag.ErrNoSuchSocket, kill.Hidden},
			{unable, kill.NoSupport},
			{&sockdiag.KernelError{Errno: 22}, kill.Refused},
		} {
			r := closeAll(t, look(t, kill.Options{Destroyer: fake{answer: tt.answer}}, "", filter))
			want(t, r, 0, 0, 1)
			if r.Outcomes[0].Reason != tt.want {
				t.Errorf("%v: %+v, not %s", tt.answer, r.Outcomes, tt.want)
			}
			if barred := errors.Is(r.Refusal(), problem.ErrNotSupported); barred != (tt.want == kill.NoSupport) {
				t.Errorf("%v: refusal %v", tt.answer, r.Refusal())
			}
		}
		// Called off in the middle.
		ctx, cancel := context.WithCancel(t.Context())
		p = look(t, kill.Options{Destroyer: fake{before: cancel}}, "", filter)
		r, err := p.Kill(ctx)
		if !errors.Is(err, context.Canceled) || len(r.Outcomes) != 1 || r.Outcomes[0].Reason != kill.Interrupted {
			t.Errorf("%v, %+v", err, r.Outcomes)
		}
	})
}

// TestNothingToAsk refuses requests that would close everything, and sources that are
// not live.
func TestNothingToAsk(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		host, err := engine.Open(engine.Options{})
		must(t, "open", err)
		defer host.Close()
		for _, filter := range []*query.Filter{nil, parse(t, "state all")} {
			if _, err := kill.Look(t.Context(), kill.Options{Source: host, Filter: filter}, true); err == nil {
				t.Errorf("%v: no error", filter)
			}
		}
	})
}
