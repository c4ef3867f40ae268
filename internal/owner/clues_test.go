// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func sock(state tcp.State, kind socket.Kind, local, remote string) *socket.Socket {
	return &socket.Socket{State: state, Kind: kind, Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
}

func listen(local string) *socket.Socket {
	return sock(tcp.Listen, socket.Full, local, "0.0.0.0:0")
}

func estab(local, remote string) *socket.Socket {
	return sock(tcp.Established, socket.Full, local, remote)
}

func timeWait(local, remote string) *socket.Socket {
	return sock(tcp.TimeWait, socket.Mini, local, remote)
}

var (
	nginx   = Owner{PID: 10, Holders: 3, Process: "nginx", Unit: "nginx.service"}
	nginx2  = Owner{PID: 11, Holders: 1, Process: "nginx", Unit: "nginx.service"}
	both    = Owner{Process: "nginx", Unit: "nginx.service"} // what the two have in common
	app     = Owner{PID: 20, Holders: 1, Process: "app", Unit: "app.service"}
	worker  = Owner{PID: 21, Holders: 1, Process: "worker", Unit: "app.service"}
	appUnit = Owner{Unit: "app.service"}
	other   = Owner{PID: 30, Holders: 1, Process: "app", Container: "c2"}
)

type clue struct {
	s *socket.Socket
	o Owner
}

var inferences = []struct {
	name string
	has  []clue
	ask  *socket.Socket
	want Verdict
}{
	{
		"nothing known", nil,
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: NoClue},
	},
	{
		"listener on the wildcard",
		[]clue{{listen("0.0.0.0:80"), nginx}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"IPv6 wildcard accepts IPv4",
		[]clue{{listen("[::]:80"), nginx}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"IPv6 wildcard accepts mapped IPv4",
		[]clue{{listen("[::]:80"), nginx}},
		timeWait("[::ffff:10.0.0.1]:80", "[::ffff:192.0.2.9]:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"IPv4 wildcard does not accept IPv6",
		[]clue{{listen("0.0.0.0:80"), nginx}},
		timeWait("[2001:db8::1]:80", "[2001:db8::9]:4711"),
		Verdict{Reason: NoClue},
	},
	{
		"own family first",
		[]clue{{listen("[::]:80"), app}, {listen("0.0.0.0:80"), nginx}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"exact address first",
		[]clue{{listen("10.0.0.1:80"), app}, {listen("0.0.0.0:80"), nginx}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{app, Inferred, ByListener},
	},
	{
		"listener on another address",
		[]clue{{listen("127.0.0.1:80"), nginx}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: NoClue},
	},
	{
		"link-local with and without zone",
		[]clue{{listen("[fe80::1%eth0]:80"), nginx}},
		timeWait("[fe80::1]:80", "[fe80::2]:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"SO_REUSEPORT, one service",
		[]clue{{listen("0.0.0.0:80"), nginx}, {listen("0.0.0.0:80"), nginx2}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{both, Inferred, ByListener},
	},
	{
		"SO_REUSEPORT, two services",
		[]clue{{listen("0.0.0.0:80"), nginx}, {listen("0.0.0.0:80"), app}, {listen("0.0.0.0:80"), app}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: SeveralListeners},
	},
	{
		"listener of an unknown owner",
		[]clue{{listen("0.0.0.0:80"), Owner{}}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: ListenerUnknown},
	},
	{
		"SO_REUSEPORT, one of an unknown owner",
		[]clue{{listen("0.0.0.0:80"), Owner{}}, {listen("0.0.0.0:80"), app}},
		timeWait("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: ListenerUnknown},
	},
	{
		"request",
		[]clue{{listen("0.0.0.0:80"), nginx}},
		sock(tcp.SynRecv, socket.Request, "10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"request whose listener is gone is not outgoing",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:4711"), app}},
		sock(tcp.SynRecv, socket.Request, "10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{Reason: NoClue},
	},
	{
		"not accepted",
		[]clue{{listen("0.0.0.0:80"), nginx}},
		estab("10.0.0.1:80", "192.0.2.9:4711"),
		Verdict{nginx, Inferred, ByListener},
	},
	{
		"orphan",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), app}},
		sock(tcp.FinWait1, socket.Full, "10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{app, Inferred, ByDestination},
	},
	{
		"known client",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), app}},
		timeWait("10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{app, Inferred, ByDestination},
	},
	{
		"known client, mapped",
		[]clue{{estab("[::ffff:10.0.0.1]:5000", "[::ffff:192.0.2.9]:443"), app}},
		timeWait("10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{app, Inferred, ByDestination},
	},
	{
		"client of another port",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), app}},
		timeWait("10.0.0.1:5001", "192.0.2.9:80"),
		Verdict{Reason: NoClue},
	},
	{
		"two clients of one unit",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), app}, {estab("10.0.0.1:5002", "192.0.2.9:443"), worker}, {estab("10.0.0.1:5003", "192.0.2.9:443"), app}},
		timeWait("10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{appUnit, Inferred, ByDestination},
	},
	{
		"two clients with one name in two containers",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), app}, {estab("10.0.0.1:5002", "192.0.2.9:443"), other}, {estab("10.0.0.1:5003", "192.0.2.9:443"), app}},
		timeWait("10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{Reason: SeveralClients},
	},
	{
		"the other end is no destination",
		[]clue{{listen("0.0.0.0:80"), nginx}, {estab("10.0.0.1:80", "192.0.2.9:4711"), nginx}},
		timeWait("10.0.0.1:5001", "192.0.2.9:4711"),
		Verdict{Reason: NoClue},
	},
	{
		"loopback, the client's end",
		[]clue{{listen("127.0.0.1:6379"), nginx}, {estab("127.0.0.1:5000", "127.0.0.1:6379"), app}, {estab("127.0.0.1:6379", "127.0.0.1:5000"), nginx}},
		timeWait("127.0.0.1:5001", "127.0.0.1:6379"),
		Verdict{app, Inferred, ByDestination},
	},
	{
		"client of an unknown owner",
		[]clue{{estab("10.0.0.1:5000", "192.0.2.9:443"), Owner{}}},
		timeWait("10.0.0.1:5001", "192.0.2.9:443"),
		Verdict{Reason: NoClue},
	},
}

func TestInfer(t *testing.T) {
	for _, tt := range inferences {
		c := NewClues(CluesOptions{})
		for _, clue := range tt.has {
			c.Add(clue.s, clue.o)
		}
		if got := c.Infer(tt.ask); got != tt.want {
			t.Errorf("%s\n got %+v (%s)\nwant %+v", tt.name, got, got.Reason, tt.want)
		}
	}
}

func destination(i int) *socket.Socket {
	addr := netip.AddrFrom4([4]byte{192, 0, byte(i >> 16), byte(i >> 8)})
	return &socket.Socket{
		State: tcp.Established, Kind: socket.Full,
		Local:  netip.MustParseAddrPort("10.0.0.1:5000"),
		Remote: netip.AddrPortFrom(addr, uint16(i&0xff)+1),
	}
}

func TestMaxDestinations(t *testing.T) {
	c := NewClues(CluesOptions{MaxDestinations: 10})
	for i := range 30 {
		c.Add(destination(i), app)
	}
	if got := c.Infer(destination(9)); got.Owner != app {
		t.Errorf("remembered: %+v", got)
	}
	if got := c.Infer(destination(10)); got != (Verdict{Reason: TooManyDestinations}) {
		t.Errorf("not remembered: %+v, want TooManyDestinations", got)
	}
	if c.Dropped() != 20 {
		t.Errorf("dropped %d, want 20", c.Dropped())
	}
}

// The doc comment promises at most 100 bytes for a destination.
func TestDestinationMemory(t *testing.T) {
	var before, after runtime.MemStats
	const n = 1 << 17
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := NewClues(CluesOptions{})
	for i := range n {
		c.Add(destination(i), app)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.0f bytes each", per)
	if len(c.destinations) != n || per > 100 {
		t.Errorf("%d destinations of %.0f bytes each, want at most 100", len(c.destinations), per)
	}
}

func TestInferDoesNotAllocate(t *testing.T) {
	c := NewClues(CluesOptions{})
	c.Add(listen("0.0.0.0:80"), nginx)
	c.Add(estab("10.0.0.1:5000", "192.0.2.9:443"), app)
	in, out := timeWait("10.0.0.1:80", "192.0.2.9:1"), timeWait("10.0.0.1:5001", "192.0.2.9:443")
	live := estab("10.0.0.1:5000", "192.0.2.9:443")
	n := testing.AllocsPerRun(100, func() {
		c.Infer(in)
		c.Infer(out)
		c.Add(live, app)
		c.Add(live, worker)
	})
	if n != 0 {
		t.Errorf("%v allocations for four sockets, want 0", n)
	}
}

func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for r := ByListener; r <= CgroupGone; r++ {
		if s := r.String(); s == "" || seen[s] || strings.ContainsAny(s[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Errorf("reason %d is %q", r, s)
		}
		seen[r.String()] = true
	}
	if s := fmt.Sprint(Unknown, Known, Inferred, Traced, Confidence(9)); s != "unknown known inferred traced unknown" {
		t.Errorf("confidences are %s", s)
	}
}

func BenchmarkInfer(b *testing.B) {
	c := NewClues(CluesOptions{})
	c.Add(listen("0.0.0.0:80"), nginx)
	for i := range 10_000 {
		c.Add(destination(i), app)
	}
	for name, s := range map[string]*socket.Socket{"inbound": timeWait("10.0.0.1:80", "192.0.2.9:1"), "outbound": destination(4711)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Infer(s)
			}
		})
	}
}
