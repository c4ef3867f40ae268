// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestTableIsComplete(t *testing.T) {
	seen := map[string]FieldID{}
	n := FieldID(0)
	for f := range Fields() {
		if f.ID != n {
			t.Fatalf("place %d of the table holds field %d (%s)", n, f.ID, f.Name)
		}
		n++
		if f.Name == "" || f.Doc.En == "" || f.Doc.Zh == "" || f.get == nil || f.Sources == 0 || f.States == 0 {
			t.Errorf("field %d (%s) is not filled in: %+v", f.ID, f.Name, f)
		}
		if (f.Type == TypeEnum) != (f.Words != nil) {
			t.Errorf("%s: type %s with words %q", f.Name, f.Type, f.Words)
		}
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if other, twice := seen[name]; twice {
				t.Errorf("%q names both %s and %s", name, other.Field().Name, f.Name)
			}
			seen[name] = f.ID
			if name != strings.ToLower(name) || strings.ContainsAny(name, " _/:,()") {
				t.Errorf("%q is no good name", name)
			}
			for _, spelling := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "_")} {
				if got, ok := Lookup(spelling); !ok || got.ID != f.ID {
					t.Errorf("Lookup(%q) = %v, %v", spelling, got, ok)
				}
			}
		}
	}
	if int(n) != fieldCount {
		t.Errorf("%d fields, want %d", n, fieldCount)
	}
}

// TestBoolsAreNotStates keeps filters unambiguous: a lone word is a bool field
// or a state, never both. (ss's lastack is both, but a duration never stands
// alone.)
func TestBoolsAreNotStates(t *testing.T) {
	for f := range Fields() {
		if f.Type != TypeBool {
			continue
		}
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if _, err := tcp.ParseSet(name); err == nil {
				t.Errorf("%q is a field and a state", name)
			}
		}
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	for _, state := range []tcp.State{tcp.Established, tcp.Listen, tcp.FinWait2} {
		s := &Socket{State: state}
		for f := range Fields() {
			if v, ok := f.Value(s); ok && v.Kind() != Absent {
				t.Errorf("%s of an unread socket in %s is %v", f.Name, state, v)
			}
		}
	}
}

func everything() FieldSet {
	var all FieldSet
	for f := range Fields() {
		all.Add(f.ID)
	}
	return all
}

// rich is an established socket of which everything is known.
func rich() *Socket {
	return &Socket{
		Known: everything(), State: tcp.Established, Kind: Full, Family: IPv6,
		Local: netip.MustParseAddrPort("[2001:db8::1]:443"), Remote: netip.MustParseAddrPort("[::ffff:203.0.113.9]:50000"),
		Timer: TimerKeepalive, Expires: 90 * time.Minute, Retrans: 1, RecvQ: 7, SendQ: 8, UID: 33, Inode: 99, Ifindex: 2,
		Cookie: 5, Mark: 0x10, CgroupID: 77, Shutdown: ShutWrite, Autobound: true, Congestion: "cubic", User: "www-data",
		Device: "eth0", Direction: Inbound, Listener: netip.MustParseAddrPort("[::]:443"),
		Info: &TCPInfo{
			Size: 248, RTT: 12500 * time.Microsecond, RTTVar: 2 * time.Millisecond, MinRTT: time.Millisecond, RecvRTT: 3 * time.Millisecond,
			SendCwnd: 10, SendSSThresh: 20, DeliveryRate: 1000, PacingRate: 3, MaxPacingRate: 4,
		},
		Mem:    &MemInfo{Words: 9, ReceiveAlloc: 1, Drops: 3},
		Netns:  &Netns{Inode: 4026531840, Name: "self", Container: "c0"},
		Cgroup: &Cgroup{ID: 77, Path: "/system.slice/nginx.service"},
		Owner: &Owner{
			Confidence: OwnerKnown, Why: "open in process 12", Process: &Process{PID: 12, Name: "nginx", Command: "nginx: worker"},
			Scanned: true, Unit: "nginx.service", Container: "abc", Pod: "web-0",
		},
	}
}

func TestValues(t *testing.T) {
	want := map[string]string{
		"state": "ESTABLISHED", "family": "ipv6", "kind": "full", "local": "2001:db8::1", "sport": "443",
		"remote": "::ffff:203.0.113.9", "dport": "50000", "direction": "inbound", "listener": "[::]:443",
		"mark": "0x10", "shutdown": "write", "recvq": "7", "acceptq": "none", "backlog": "none", "expires": "5400s",
		"timer": "keepalive", "owned": "yes", "orphan": "no", "unaccepted": "no", "user": "www-data",
		"rtt": "12.5ms", "ssthresh": "20", "cwnd": "10", "delivery-rate": "1000", "drops": "3", "rmem": "1",
		"netns": "self", "process": "nginx", "pid": "12", "owner": "known", "unit": "nginx.service", "cgroup-id": "77",
		"congestion": "cubic", "ca-state": "open", "v6only": "none", "lastsnd": "0s", "autobound": "yes",
	}
	s := rich()
	for name, text := range want {
		f, ok := Lookup(name)
		if !ok {
			t.Fatalf("no field %s", name)
		}
		v, ok := f.Value(s)
		if got := string(f.Append(nil, v)); !ok || got != text {
			t.Errorf("%s is %q (known: %v), want %q", name, got, ok, text)
		}
	}
}

func TestMinisocketsHaveNoAttributes(t *testing.T) {
	s := &Socket{Known: everything(), State: tcp.TimeWait, Kind: Mini, Inode: 0, UID: 0}
	for _, id := range []FieldID{FieldUID, FieldCgroup, FieldCgroupID, FieldRTT, FieldCongestion, FieldDrops, FieldShutdown} {
		if v, ok := id.Field().Value(s); !ok || v.Kind() != Absent {
			t.Errorf("%s of a TIME_WAIT is %v (known: %v), want the absent value", id.Field().Name, v, ok)
		}
	}
	if v, _ := FieldOrphan.Field().Value(s); !v.Bool() {
		t.Error("a TIME_WAIT without an inode is no orphan")
	}
}

// TestStatesOfFields proves what filters rely on when they narrow the states
// that the kernel is asked for: outside of its States a field is absent.
func TestStatesOfFields(t *testing.T) {
	for state := tcp.Established; state <= tcp.Bound; state++ {
		s := rich()
		s.State = state
		if !tcp.Connected.Has(state) {
			s.Direction = 0 // what an engine says of a socket without another end
		}
		for f := range Fields() {
			if v, ok := f.Value(s); ok && v.Kind() != Absent && !f.States.Has(state) {
				t.Errorf("%s of a socket in %s is %v", f.Name, state, v)
			}
		}
	}
}

func TestOldKernelsSendLess(t *testing.T) {
	s := rich()
	s.Info.Size = 104 // up to tcpi_total_retrans
	for id, want := range map[FieldID]bool{FieldRTT: true, FieldTotalRetrans: true, FieldPacingRate: false, FieldDeliveryRate: false} {
		if _, ok := id.Field().Value(s); ok != want {
			t.Errorf("%s known: %v, want %v", id.Field().Name, ok, want)
		}
	}
}

func TestFieldSet(t *testing.T) {
	set := FieldsOf(FieldState, FieldAcceptQ, FieldRTT, FieldMemBacklog)
	if got := set.String(); got != "state,acceptq,rtt,backlog-mem" {
		t.Errorf("String() = %s", got)
	}
	if set.Len() != 4 || !set.Has(FieldRTT) || set.Has(FieldRTO) || set.Empty() {
		t.Errorf("%v has the wrong members", set)
	}
	if !set.Costs(CostInfo) || set.Costs(CostScan) {
		t.Errorf("%v has the wrong costs", set)
	}
	if got := set.Sources(); got != FieldsOf(FieldState, FieldRecvQ, FieldRTT, FieldMemBacklog) {
		t.Errorf("Sources() = %v", got)
	}
	if got := set.Minus(FieldsOf(FieldRTT)).Intersect(FieldsOf(FieldRTT, FieldState)); got != FieldsOf(FieldState) {
		t.Errorf("set arithmetic gives %v", got)
	}
}

func TestAppendDuration(t *testing.T) {
	for ns, want := range map[uint64]string{
		0: "0s", 1: "1ns", 999: "999ns", 1000: "1us", 1500: "1.5us", 12_500_000: "12.5ms", 59_123_456_789: "59.123s",
		1_000_000_001: "1s", 60_000_000_000: "60s", 1_050_000: "1.05ms",
	} {
		if got := string(AppendDuration(nil, ns)); got != want {
			t.Errorf("%d ns is %q, want %q", ns, got, want)
		}
	}
}

func TestValuesDoNotAllocate(t *testing.T) {
	s, buf := rich(), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		b := buf
		for i := range table() {
			v, _ := table()[i].Value(s)
			b = table()[i].Append(b, v)
		}
	}); n != 0 {
		t.Errorf("all fields of a socket cost %v allocations, want 0", n)
	}
}

func BenchmarkValue(b *testing.B) {
	s, f := rich(), FieldRTT.Field()
	for b.Loop() {
		f.Value(s)
	}
}
