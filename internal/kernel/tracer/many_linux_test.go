// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// manyVariable tells the test program under which name, and with which side closing
// first, to make connections to itself.
const manyVariable = "TRACER_TEST_MANY"

// few is a number of connections for which the local ports suffice.
const few = 3000

// making is the greatest time for making few connections. An emulated machine makes
// fewer in it; otherwise the first TIME_WAIT would end, after 60 s, before they are
// counted.
const making = 30 * time.Second

// many is how many connections each of two programs makes at most: TRACE_CLOSES in
// make soak, where TIME_WAIT sockets are taken over.
func many() int {
	if n, err := strconv.Atoi(os.Getenv("TRACE_CLOSES")); err == nil && n > 0 {
		return n
	}
	return few
}

// makeMany makes connections to a listener of its own, of which the client, or
// the server, closes first, and prints how many.
func makeMany(side string) error {
	if err := os.WriteFile("/proc/self/comm", []byte("tv-"+side), 0); err != nil {
		return err
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	start, made := time.Now(), 0
	for ; made < many() && (many() != few || time.Since(start) < making); made++ {
		client, server, err := pair(l)
		if err != nil {
			return err
		}
		first, second := client, server
		if side == "server" {
			first, second = server, client
		}
		err = first.Close()
		_, _ = second.Read(make([]byte, 1))
		if err := errors.Join(err, second.Close()); err != nil {
			return err
		}
	}
	fmt.Print(made)
	return nil
}

// TestTwoOwners: of two programs that close at the same time, each is counted with all
// of its connections except those reported as lost, and every TIME_WAIT, by its
// cookie, has the program that caused it.
func TestTwoOwners(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	if many() == few {
		ns.SetSysctl("net.ipv4.tcp_tw_reuse", "0") // so that no TIME_WAIT is taken over
		// Also where a slow machine sends a FIN again: the TIME_WAIT acknowledges it
		// to an end that is closed by then, and is reset (RFC 1337).
		ns.SetSysctl("net.ipv4.tcp_rfc1337", "1")
	}
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true, KeepClosers: true})
	made := map[string]uint64{}
	said := map[string]*bytes.Buffer{}
	both := map[string]*testnet.Cmd{}
	for _, side := range []string{"client", "server"} {
		cmd := ns.Command("/proc/self/exe")
		cmd.Env = []string{manyVariable + "=" + side, "TRACE_CLOSES=" + strconv.Itoa(many())}
		said[side] = &bytes.Buffer{}
		cmd.Stdout, cmd.Stderr = said[side], os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		both[side] = cmd
	}
	for side, cmd := range both {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		var err error
		if made[side], err = strconv.ParseUint(said[side].String(), 10, 64); err != nil || made[side] < 100 {
			t.Fatalf("%s made %q connections", side, said[side])
		}
	}
	testnet.Delivered(t) // the last FIN
	totals, err := tr.Totals()
	if err != nil {
		t.Fatal(err)
	}
	all := made["client"] + made["server"]
	if n := totals.Of(tcp.Established, tcp.FinWait1); n > all || n+totals.Lost.Skipped < all {
		t.Errorf("%d closed first, made %d; lost %+v", n, all, totals.Lost)
	}
	compareDeeds(t, totals, made)
	if many() == few {
		compareTimeWaits(t, ns, tr, totals, made)
	}
}

// compareDeeds compares the counted ends with the connections that were made.
func compareDeeds(t *testing.T, totals *Totals, made map[string]uint64) {
	t.Helper()
	type deed struct {
		what     What
		process  string
		accepted bool
	}
	ofClient, ofServer := made["client"], made["server"]
	want := map[deed]uint64{
		{Connects, "tv-client", false}: ofClient, {Connects, "tv-server", false}: ofServer,
		{ClosedFirst, "tv-client", false}: ofClient, {ClosedAfter, "tv-client", true}: ofClient,
		{ClosedFirst, "tv-server", true}: ofServer, {ClosedAfter, "tv-server", false}: ofServer,
	}
	got := map[deed]uint64{}
	for _, o := range totals.Owners {
		got[deed{o.What, o.Process, o.Accepted}] += o.Count
	}
	missing := uint64(0)
	for d, n := range want {
		if got[d] > n {
			t.Errorf("%+v: %d, want %d", d, got[d], n)
		}
		missing += n - min(n, got[d])
	}
	t.Logf("%d of %d deeds missing, %+v", missing, 3*(ofClient+ofServer), totals.Lost)
	if missing > totals.Lost.Skipped+totals.Lost.Owners {
		t.Errorf("%d deeds missing, and %+v told: %+v", missing, totals.Lost, got)
	}
	if len(got) != len(want) {
		t.Errorf("%+v", got)
	}
}

// compareTimeWaits looks up the owner of each TIME_WAIT by its cookie: the program
// with the end at which it is. Some of the server's have gone because a client used
// the same port again.
func compareTimeWaits(t *testing.T, ns *testnet.NS, tr *Tracer, totals *Totals, made map[string]uint64) {
	t.Helper()
	ports := map[string]uint16{}
	for _, o := range totals.Owners {
		ports[o.Process] = o.Port
	}
	counted := map[string]uint64{}
	ns.Do(func() {
		conn, err := sockdiag.Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		err = conn.Dump(t.Context(), sockdiag.Request{States: tcp.SetOf(tcp.TimeWait)}, func(m sockdiag.Message) bool {
			var s socket.Socket
			m.Decode(&s)
			want := "tv-client"
			if s.Local.Port() == ports["tv-server"] {
				want = "tv-server"
			}
			by, known, err := tr.Closer(s.Cookie)
			if err != nil || !known || by.Process != want {
				t.Errorf("%v to %v: by %q (%v, %v), want %s", s.Local, s.Remote, by.Process, known, err, want)
			}
			counted[want]++
			return err == nil
		})
		if err != nil {
			t.Error(err)
		}
		if counted["tv-client"] != made["client"] {
			logOthers(t, conn)
		}
	})
	if counted["tv-client"] != made["client"] || counted["tv-server"] < made["server"]/2 {
		t.Errorf("TIME_WAIT by owner: %v, want of %v all of the client, and nearly all of the server", counted, made)
	}
}

// logOthers logs sockets that are not in TIME_WAIT.
func logOthers(t *testing.T, conn *sockdiag.Conn) {
	t.Helper()
	total := 0
	if err := conn.Dump(t.Context(), sockdiag.Request{States: tcp.AllStates}, func(m sockdiag.Message) bool {
		var s socket.Socket
		m.Decode(&s)
		if total++; s.State != tcp.TimeWait {
			t.Logf("%s %v to %v, cookie %d", s.State, s.Local, s.Remote, s.Cookie)
		}
		return true
	}); err != nil {
		t.Error(err)
	}
	t.Logf("%d sockets at another reading", total)
}

// rightsVariable tells the test program to open a tracer with what rights it has.
const rightsVariable = "TRACER_TEST_RIGHTS"

// openWithRights prints why a tracer cannot be opened.
func openWithRights() {
	tr, err := Open(Options{Owners: true, Ends: true, KeepClosers: true, Resets: true})
	var denied *problem.PermissionError
	switch {
	case errors.As(err, &denied):
		fmt.Print(denied.Need)
	case err != nil:
		fmt.Print(err)
	default:
		fmt.Print(errors.Join(tr.Close()))
	}
}

// TestRights: for a user other than root the two capabilities suffice, and each
// missing one is named. Such a user cannot make a namespace for the self-check.
func TestRights(t *testing.T) {
	opened(t, Options{})
	for _, tt := range []struct {
		has  []uintptr
		want string
	}{
		{[]uintptr{unix.CAP_BPF, unix.CAP_PERFMON}, "<nil>"},
		{[]uintptr{unix.CAP_BPF}, "[CAP_PERFMON]"},
		{[]uintptr{unix.CAP_PERFMON}, "[CAP_BPF]"},
		{nil, "[CAP_BPF CAP_PERFMON]"},
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{rightsVariable + "=1"}
		cmd.SysProcAttr = &syscall.SysProcAttr{AmbientCaps: tt.has, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != tt.want {
			t.Errorf("with capabilities %v: %s %v, want %s", tt.has, out, err, tt.want)
		}
	}
}
