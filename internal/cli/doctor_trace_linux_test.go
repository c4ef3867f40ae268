// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// doctorTraced runs doctor with a trace of ten seconds and calls happens in the middle
// of it.
func doctorTraced(t *testing.T, ns *testnet.NS, happens func(), args ...string) (v verdict) {
	t.Helper()
	out := repeated(t, ns, happens, append([]string{"doctor", "--trace", "10s", "--netns", ns.Path(), "-o", "json"}, args...)...)
	must(t, json.Unmarshal([]byte(out), &v))
	return v
}

// A meeting is a listener and the address to which clients connect.
type meeting struct {
	t        *testing.T
	listener *net.TCPListener
}

func meet(t *testing.T, port int) *meeting {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	must(t, err)
	return &meeting{t, l}
}

// each makes n connections and calls do with both ends of each; do closes them.
func (m *meeting) each(n int, do func(client, server *net.TCPConn)) {
	m.t.Helper()
	for range n {
		client, err := net.DialTCP("tcp4", nil, m.listener.Addr().(*net.TCPAddr))
		must(m.t, err)
		server, err := m.listener.AcceptTCP()
		must(m.t, err)
		do(client, server)
		_ = client.Close() // mostly closed already
		_ = server.Close()
	}
}

// TestDoctorTraceHealthy: clients that keep their connections, and a server that
// answers and closes some, give no finding. Without a trace these rules are not
// judged.
func TestDoctorTraceHealthy(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	v := doctorTraced(t, ns, func() {
		m := meet(t, 8080)
		t.Cleanup(func() { _ = m.listener.Close() }) // it keeps serving
		asked := 0
		m.each(60, func(client, server *net.TCPConn) {
			for range 20 {
				_, err := client.Write([]byte("question"))
				must(t, err)
				_, err = io.ReadFull(server, make([]byte, 8))
				must(t, err)
				_, err = server.Write([]byte("answer"))
				must(t, err)
				_, err = io.ReadFull(client, make([]byte, 6))
				must(t, err)
			}
			first, second := client, server
			if asked++; asked%2 == 0 {
				first, second = server, client
			}
			must(t, first.Close())
			_, _ = second.Read(make([]byte, 1))
		})
	})
	v.silent(t, "TW09", "RS03", "RS04", "SY06", "ES07", "RS01", "RS02")
	for _, f := range v.Findings {
		if f.NetnsInode == ns.Inode() && f.Severity != "info" {
			t.Errorf("%s %s of a healthy server:\n%s", f.Severity, f.Code, v)
		}
	}
	without := doctorOf(t, ns)
	for _, code := range []string{"TW09", "RS03", "RS04", "SY06", "ES07"} {
		if why := without.unjudged(t, code); !strings.HasPrefix(why, "trace: nothing was traced") {
			t.Errorf("%s not judged: %s", code, why)
		}
	}
}

// TestDoctorTraceResets: findings name the program of a server that closes with unread
// requests, and of one that resets; a client that resets is an info.
func TestDoctorTraceResets(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	v := doctorTraced(t, ns, func() {
		unread := meet(t, 8080)
		defer unread.listener.Close()
		unread.each(40, func(client, server *net.TCPConn) {
			_, err := client.Write([]byte("question"))
			must(t, err)
			testnet.Delivered(t)
			must(t, server.Close())
		})
		rude := meet(t, 8081)
		defer rude.listener.Close()
		rude.each(40, func(_, server *net.TCPConn) {
			must(t, server.SetLinger(0))
			must(t, server.Close())
		})
		probe := meet(t, 8082)
		defer probe.listener.Close()
		probe.each(40, func(client, _ *net.TCPConn) {
			must(t, client.SetLinger(0))
			must(t, client.Close())
		})
	})
	f := v.finding(t, "RS04", "notice")
	f.about(t, ":8080", "cli.test", 0)
	f.says(t, "closed 40 of 40 connections accepted at :8080 with data unread")
	resets := map[string]string{}
	for _, f := range v.Findings {
		if f.Code == "RS03" {
			resets[f.Subject] = f.Severity + " " + f.Process
		}
	}
	if len(resets) != 2 || resets[":8081"] != "notice cli.test" || resets["127.0.0.1:8082"] != "info cli.test" {
		t.Errorf("RS03: %v\n%s", resets, v)
	}
}

// TestDoctorTraceConnects: doctor distinguishes destinations that refuse, that do not
// answer, and that work.
func TestDoctorTraceConnects(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	v := doctorTraced(t, ns, func() {
		for range 15 {
			if _, err := net.Dial("tcp4", "127.0.0.1:81"); err == nil {
				t.Error("somebody listens on port 81")
			}
		}
		well := meet(t, 8080)
		defer well.listener.Close()
		well.each(15, func(_, server *net.TCPConn) { must(t, server.Close()) })
		gaveUp(t, 8083, 12)
	})
	found := map[string]string{}
	for _, f := range v.Findings {
		if f.Code == "SY06" {
			text := f.Severity + " " + f.Process
			for _, d := range f.Detail {
				text += "; " + d.En
			}
			found[f.Subject] = text
		}
	}
	for to, want := range map[string]string{
		"127.0.0.1:81":   "warning cli.test; 15 refused: nobody listens there, or a firewall rejects; start the service, or correct address and port; a firewall that rejects looks the same; cli.test",
		"127.0.0.1:8083": "warning cli.test; 12 given up by the program before an answer came; see why no answer comes in time: a host that is down or slow, a firewall that drops, a full accept queue; cli.test",
	} {
		if !strings.HasPrefix(found[to], want) {
			t.Errorf("%s: %q, want %q", to, found[to], want)
		}
	}
	if len(found) != 2 {
		t.Errorf("%v", found)
	}
}

// gaveUp begins connections to a listener whose queue is full, and closes them before
// they are answered.
func gaveUp(t *testing.T, port, n int) {
	t.Helper()
	to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(l)
	must(t, unix.Bind(l, to))
	must(t, unix.Listen(l, 0))
	for i := range n + 1 {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		must(t, err)
		if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
			t.Error(err)
		}
		if i == 0 {
			testnet.Delivered(t)
			defer unix.Close(fd) // fills the queue
			continue
		}
		must(t, unix.Close(fd))
	}
}

// TestDoctorTraceShortLived: doctor reports that a program opens a connection for each
// question, and that the TIME_WAIT of these hold its ports.
func TestDoctorTraceShortLived(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "32768 36767")
	ns.SetSysctl("net.ipv4.tcp_tw_reuse", "0")
	v := doctorTraced(t, ns, func() {
		m := meet(t, 8080)
		defer m.listener.Close()
		m.each(1200, func(client, server *net.TCPConn) {
			must(t, client.Close())
			_, _ = server.Read(make([]byte, 1))
		})
	})
	f := v.finding(t, "ES07", "notice")
	f.about(t, "127.0.0.1:8080", "cli.test", 0)
	f.says(t, "opens 120 connections a second to 127.0.0.1:8080 that live less than 100 ms", "this side closes first")
	var told bool
	for _, e := range f.Explains {
		told = told || e.Finding.Code == "TW09" && strings.Contains(e.Finding.Summary.En, "120 a second of those opened to 127.0.0.1:8080, each of which keeps one of 4,000 local ports for 60 s")
	}
	if !told {
		t.Errorf("no TW09 below it:\n%s", v)
	}
}

// TestDoctorTraceUsage: options that do not go with a trace are refused.
func TestDoctorTraceUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--trace", "10s", "--window", "5s"}, {"--trace", "10s", "--every", "5s"}, {"--trace", "-1s"}, {"--trace", "10s", "--from", "x.snap"},
	} {
		if _, stderr, code := run(nil, append([]string{"doctor"}, args...)...); code != 2 || !strings.Contains(stderr, "--trace") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}
