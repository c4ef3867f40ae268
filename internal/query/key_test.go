// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestParseKeys(t *testing.T) {
	tests := []struct{ src, want string }{
		{"state", "state"},
		{"remote/24,sport", "remote/24,sport"},
		{" remote/24 , sport ", "remote/24,sport"},
		{"dst/24,LPORT", "remote/24,sport"},
		{"local/64", "local/64"},
		{"local/32", "local/64"}, // equal after normalization
		{"local/33", "local/33"},
		{"local/32/64", "local/64"},
		{"local/32/48", "local/48"},
		{"local/24/48", "local/24/48"},
		{"local/0/0", "local/0/0"},
		{"remote,remote/24", "remote,remote/24"},
		{"unit,state", "unit,state"},
	}
	for _, tt := range tests {
		keys, err := ParseKeys(tt.src)
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		if got := keys.String(); got != tt.want {
			t.Errorf("%q reads as %q, want %q", tt.src, got, tt.want)
		}
	}
}

func TestParseKeysErrors(t *testing.T) {
	tests := []struct{ src, place, msg, hint string }{
		{"", "", "a field is missing here", "write fields separated by commas, such as remote/24,sport"},
		{"state,", "", "a field is missing here", "write fields separated by commas, such as remote/24,sport"},
		{"state, sprot", "sprot", `unknown field "sprot"`, "did you mean sport?"},
		{"remot/24", "remot", `unknown field "remot"`, "did you mean remote?"},
		{"proc", "proc", `unknown field "proc"`, "did you mean process?"},
		{"zzzzzzzz", "zzzzzzzz", `unknown field "zzzzzzzz"`, "the fields are " + fieldList(", ")},
		{"TIME_WAIT", "TIME_WAIT", `unknown field "TIME_WAIT"`, "group by state, or choose one state in the filter: state time_wait"},
		{"sport/24", "/24", "sport has no prefix: it is of type port", "local and remote are addresses and can be cut: remote/24"},
		{"remote/", "", `"" is no prefix length`, "write a number of bits: remote/24, remote/56 or remote/24/64"},
		{"remote/129", "129", `"129" is no prefix length`, "write a number of bits: remote/24, remote/56 or remote/24/64"},
		{"remote/24/x", "x", `"x" is no prefix length`, "write a number of bits: remote/24, remote/56 or remote/24/64"},
		{"remote/64/64", "64", "an IPv4 prefix has at most 32 bits", "the first length is for IPv4, the second for IPv6"},
		{"dst,remote", "remote", "key remote is there twice", ""},
	}
	for _, tt := range tests {
		_, err := ParseKeys(tt.src)
		checkSyntax(t, tt.src, err, tt.place, tt.msg, tt.hint)
	}
	_, err := ParseSums("recvq,rtt")
	checkSyntax(t, "recvq,rtt", err, "rtt", "rtt cannot be added up: it is of type duration", "counts, bytes and rates can, such as recvq, sendq or retrans-total")
	_, err = ParseSums("recvq,recv-q")
	checkSyntax(t, "recvq,recv-q", err, "recv-q", "recvq is there twice", "")
	if f, err := ParseSums(" "); f != nil || err != nil {
		t.Errorf("no sums: %v, %v", f, err)
	}
}

func checkSyntax(t *testing.T, src string, err error, place, msg, hint string) {
	t.Helper()
	e, ok := errors.AsType[*problem.SyntaxError](err)
	if !ok {
		t.Errorf("%q: error %v", src, err)
		return
	}
	if got := e.Src[e.Start:e.End]; got != place || e.Msg != msg || e.Hint != hint {
		t.Errorf("%q: %q at %q, hint %q", src, e.Msg, got, e.Hint)
	}
}

func TestKeyCutsAddresses(t *testing.T) {
	tests := []struct{ key, addr, want string }{
		{"remote", "203.0.113.9", "203.0.113.9"},
		{"remote", "::ffff:203.0.113.9", "203.0.113.9"},
		{"remote/24", "203.0.113.9", "203.0.113.0/24"},
		{"remote/24", "::ffff:203.0.113.9", "203.0.113.0/24"},
		{"remote/24", "2001:db8:1:2:3::9", "2001:db8:1:2::/64"},
		{"remote/48", "2001:db8:1:2:3::9", "2001:db8:1::/48"},
		{"remote/48", "203.0.113.9", "203.0.113.9/32"},
		{"remote/8/32", "2001:db8:1:2:3::9", "2001:db8::/32"},
		{"remote/8/32", "203.0.113.9", "203.0.0.0/8"},
		{"remote/0/0", "fe80::1%eth0", "::/0"},
		{"remote", "fe80::1%eth0", "fe80::1%eth0"},
	}
	for _, tt := range tests {
		keys, err := ParseKeys(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		s := socket.Socket{Known: socket.FieldsOf(socket.FieldRemote), Remote: netip.AddrPortFrom(netip.MustParseAddr(tt.addr), 80)}
		if got := string(keys[0].Append(nil, keys[0].cell(&s))); got != tt.want {
			t.Errorf("%s of %s is %s, want %s", tt.key, tt.addr, got, tt.want)
		}
	}
}

func TestKeyJSON(t *testing.T) {
	s := socket.Socket{
		Known: socket.FieldsOf(socket.FieldState, socket.FieldLocalPort, socket.FieldInode, socket.FieldRemote, socket.FieldRecvQ, socket.FieldUser),
		State: tcp.Listen, Local: netip.MustParseAddrPort("0.0.0.0:443"), Remote: netip.MustParseAddrPort("0.0.0.0:0"),
	}
	tests := []struct {
		key  string
		want any
		ok   bool
	}{
		{"state", "LISTEN", true},
		{"sport", uint64(443), true},
		{"owned", false, true},
		{"remote/8", "0.0.0.0/8", true},
		{"recvq", nil, false}, // a listener has no receive queue
		{"user", nil, false},  // no process has it open
		{"mark", nil, true},   // unknown
		{"unit", nil, true},
	}
	for _, tt := range tests {
		keys, err := ParseKeys(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := keys[0].JSON(keys[0].cell(&s)); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v; want %v, %v", tt.key, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("remote/24,sport")
	f.Fuzz(func(t *testing.T, src string) {
		keys, err := ParseKeys(src)
		if err != nil {
			e, ok := errors.AsType[*problem.SyntaxError](err)
			if !ok || e.Start < 0 || e.End < e.Start || e.End > len(e.Src) || e.Msg == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			_ = e.Underlined()
			return
		}
		again, err := ParseKeys(keys.String())
		if err != nil || again.String() != keys.String() {
			t.Fatalf("%q prints as %q, which reads as %v, %v", src, keys, again, err)
		}
	})
}
