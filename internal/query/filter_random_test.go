// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// pick returns one of the list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// randomFilter writes a filter of a few conditions. Its values are those of
// randomSocket, so that both answers are common.
func randomFilter(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(4) == 0 {
		return randomCondition(r)
	}
	a, b := randomFilter(r, depth-1), randomFilter(r, depth-1)
	return pick(r, "not ( "+a+" )", "( "+a+" ) and ( "+b+" )", "( "+a+" ) or ( "+b+" )", a+" "+b, a+" or "+b, "not "+a)
}

func randomCondition(r *rand.Rand) string {
	state := func() string {
		return pick(r, "established", "listening", "time-wait", "fin-wait-2", "syn-recv", "bound", "connected", "bucket")
	}
	order := func() string { return pick(r, "=", "!=", "<", "<=", ">", ">=") }
	equal := func() string { return pick(r, "=", "!=") }
	switch r.IntN(14) {
	case 0:
		return pick(r, "state ", "exclude ") + state()
	case 1:
		return "state in ( " + state() + ", " + state() + " )"
	case 2, 3:
		return fmt.Sprintf("%s %s %s%d", pick(r, "sport", "dport"), order(), pick(r, ":", ":", "inet:", "inet6:"), pick(r, 0, 80, 443, 40000, 65535))
	case 4:
		return pick(r, "sport", "dport") + pick(r, " in", " not in") + " ( 80, 443-50000 )"
	case 5, 6:
		return pick(r, "src ", "dst ") + equal() + " " + pick(r, "", "", "inet:", "inet6:") + pick(r, "*", "*:80")
	case 7:
		return pick(r, "src ", "dst ") + equal() + " " + pick(r, "10.0.0.1", "10.0.0.0/8", "10.0.0.1:443", "0.0.0.0/0", "[::1]", "::/0", "2001:db8::/32:80", "::ffff:10.0.0.0/104")
	case 8:
		return "dst" + pick(r, " in", " not in") + " ( 10.0.0.0/8:80, [::1], none )"
	case 9:
		return pick(r, "mark", "dev", "cgroup-id", "ifindex") + " " + equal() + pick(r, " 0", " 1", " 2")
	case 10:
		return pick(r, "autobound", "not autobound", "autobound = no", "family = ipv4", "family != ipv6", "mark = 0x1/0x3", "mark != 0x4/0x3", "ifindex > 0", "cgroup-id in ( 1, 2, none )")
	case 11:
		return pick(r, "recvq", "sendq", "acceptq", "backlog", "retrans", "rmem", "drops", "uid", "inode") + " " + pick(r, "= none", "!= none", order()+" "+pick(r, "0", "1"))
	case 12:
		return pick(r, "rtt > 1ms", "rtt = none", "rtt != 1ms", "recvq > sendq", "recvq != sendq", "acceptq >= backlog", "direction = inbound", "direction != outbound", "direction = none", "direction in ( inbound, none )", "listener = :80", "timer = off", "congestion = cubic", "kind = mini", "shutdown != open")
	default:
		return pick(r, "orphan", "not orphan", "orphan = no", "unaccepted", "owned", "unaccepted in ( yes, none )", "process = nginx", "process != nginx", "process = none", "process !~ ^n", "owner = none", "unit = none", "cgroup = /a", "v6only", "v6only != yes")
	}
}

// randomSocket makes a row as an engine would: what its fields say fits its
// state and kind. The first one is fully read, and the second is the same
// socket with much of it unread.
func randomSocket(r *rand.Rand) (full, part *socket.Socket) {
	s := &socket.Socket{Known: everyField(), State: pick(r, states()...), Kind: socket.Full, Family: socket.IPv4}
	address := func() netip.Addr { return netip.MustParseAddr(pick(r, "10.0.0.1", "10.9.9.9", "192.0.2.1", "0.0.0.0")) }
	if r.IntN(2) == 0 {
		s.Family = socket.IPv6
		address = func() netip.Addr { return netip.MustParseAddr(pick(r, "::1", "::", "2001:db8::5", "::ffff:10.0.0.1")) }
	}
	port := func() uint16 { return pick[uint16](r, 0, 80, 443, 40000, 50000, 65535) }
	s.Local, s.Remote = netip.AddrPortFrom(address(), port()), netip.AddrPortFrom(address(), port())
	s.RecvQ, s.SendQ, s.Retrans = r.Uint32N(3), r.Uint32N(3), uint8(r.UintN(2))
	s.Timer, s.Expires = pick(r, socket.TimerOff, socket.TimerOn), time.Duration(r.IntN(2))*time.Minute
	s.Ifindex, s.Mark, s.CgroupID = r.Uint32N(3), r.Uint32N(6), r.Uint64N(3)
	s.Autobound = r.IntN(2) == 0 && s.Local.Port() >= 32768 && s.Local.Port() <= 60999
	s.V6Only = r.IntN(2) == 0
	s.Kind = randomKind(r, s.State)
	if s.Kind == socket.Full && r.IntN(2) == 0 {
		s.Inode, s.UID = 7, r.Uint32N(2)
	}
	if small := s.Kind == socket.Mini || s.Kind == socket.Request; small {
		s.CgroupID = 0
		s.Autobound = s.Local.Port() >= 32768 && s.Local.Port() <= 60999
	}
	if tcp.Connected.Has(s.State) {
		s.Direction = pick(r, socket.Inbound, socket.Outbound)
	}
	s.Info = &socket.TCPInfo{Size: 248, RTT: time.Duration(r.IntN(3)) * time.Millisecond}
	s.Mem, s.Congestion = &socket.MemInfo{Words: 9}, "cubic"
	s.Cgroup, s.Owner = &socket.Cgroup{Path: pick(r, "/a", "/b")}, randomOwner(r)
	return s, unread(r, s)
}

func states() []tcp.State {
	var list []tcp.State
	for s := range tcp.AllStates.All() {
		if s != tcp.Close {
			list = append(list, s)
		}
	}
	return list
}

func randomKind(r *rand.Rand, s tcp.State) socket.Kind {
	switch s {
	case tcp.TimeWait:
		return socket.Mini
	case tcp.FinWait2:
		return pick(r, socket.Mini, socket.Full)
	case tcp.SynRecv:
		return pick(r, socket.Request, socket.Full)
	case tcp.Bound:
		return socket.Idle
	default:
		return socket.Full
	}
}

func randomOwner(r *rand.Rand) *socket.Owner {
	o := &socket.Owner{Confidence: socket.OwnerNone, Scanned: true}
	if r.IntN(2) == 0 {
		*o = socket.Owner{Confidence: socket.OwnerKnown, Scanned: true, Unit: "a.service", Process: &socket.Process{PID: 1, Name: pick(r, "nginx", "curl")}}
	}
	return o
}

// unread forgets about half of what is known of a socket, but never its state.
func unread(r *rand.Rand, full *socket.Socket) *socket.Socket {
	s := *full
	s.Known = socket.FieldsOf(socket.FieldState)
	for id := range full.Known.All() {
		if r.IntN(2) == 0 {
			s.Known.Add(id)
		}
	}
	if !s.Known.Has(socket.FieldInode) { // an engine tells the uid only of what it knows to have an owner
		s.Known = s.Known.Minus(socket.FieldsOf(socket.FieldUID))
	}
	if r.IntN(2) == 0 {
		s.Owner, s.Info = nil, nil
	}
	if r.IntN(2) == 0 {
		s.Mem, s.Cgroup = nil, nil
	}
	return &s
}

// random calls try for many random filters.
func random(t *testing.T, try func(r *rand.Rand, f *query.Filter)) {
	t.Helper()
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 3))
		f := parse(t, randomFilter(r, 3))
		try(r, f)
		if t.Failed() {
			t.Fatalf("filter %d: %s", seed, f)
		}
	}
}

// TestRandomFilters proves what callers rely on: the text of a filter is the
// filter; not is the opposite; what is not read makes an answer unknown but
// never another one; outside of States there is no match and nothing unknown;
// and nothing outside of Needs is looked at.
func TestRandomFilters(t *testing.T) {
	random(t, func(r *rand.Rand, f *query.Filter) {
		again := parse(t, f.String())
		opposite := parse(t, "not ( "+f.String()+" )")
		for range 30 {
			full, part := randomSocket(r)
			a, b := f.Match(full), f.Match(part)
			if a == query.Unknown || b != a && b != query.Unknown {
				t.Errorf("%+v: fully read %v, partly %v", *full, a, b)
			}
			for _, s := range []*socket.Socket{full, part} {
				answer := f.Match(s)
				if got := again.Match(s); got != answer {
					t.Errorf("%+v: its text %q answers %v, want %v", *s, f.String(), got, answer)
				}
				if got := opposite.Match(s); got != negation(answer) {
					t.Errorf("%+v: not (...) answers %v, the filter %v", *s, got, answer)
				}
				if answer != query.No && !f.States().Has(s.State) {
					t.Errorf("%v: it answers %v outside of its states %v", s.State, answer, f.States())
				}
			}
			if got := f.Match(only(full, f.Needs())); got != a {
				t.Errorf("%+v: with no more than it needs (%v) it answers %v, want %v", *full, f.Needs(), got, a)
			}
		}
	})
}

func negation(t query.Tri) query.Tri {
	switch t {
	case query.Yes:
		return query.No
	case query.No:
		return query.Yes
	case query.Unknown:
	}
	return query.Unknown
}

// only forgets all of a socket but the fields and what they are derived from,
// as an engine that was asked for them; every engine tells kind and state.
func only(full *socket.Socket, fields socket.FieldSet) *socket.Socket {
	s := *full
	s.Known = fields.Sources().Union(socket.FieldsOf(socket.FieldState, socket.FieldKind))
	if !fields.Costs(socket.CostInfo) {
		s.Info = nil
	}
	names := fields.String()
	if !strings.Contains(names, "process") && !strings.Contains(names, "owner") && !strings.Contains(names, "unit") {
		s.Owner = nil
	}
	if !fields.Has(socket.FieldCgroup) {
		s.Cgroup = nil
	}
	if !fields.Has(socket.FieldMemRecv) && !fields.Has(socket.FieldDrops) {
		s.Mem = nil
	}
	return &s
}

// TestDeepFilters: a filter as long as can be neither fails nor loses its text.
func TestDeepFilters(t *testing.T) {
	chain := strings.TrimSuffix(strings.Repeat("sport = :1 and ", 4000), " and ")
	roundTrip(t, parse(t, chain))
	roundTrip(t, parse(t, strings.Repeat("( ", 150)+"sport = :1"+strings.Repeat(" )", 150)))
	roundTrip(t, parse(t, strings.Repeat("sport = :1 or sport = :2 and ", 90)+"sport = :3"))
	for _, src := range []string{
		strings.Repeat("sport = :1 or sport = :2 and ", 150) + "sport = :3",
		strings.Repeat("( ", 5000), strings.Repeat("not ", 5000) + "sport = :1", strings.Repeat("x", 1<<17),
		"mark in ( 1" + strings.Repeat(",1", 30000) + " )", // its text is eight times as long
	} {
		if _, err := query.Parse(src, known()); err == nil {
			t.Errorf("%.20s... is not refused", src)
		}
	}
}
