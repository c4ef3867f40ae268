// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func mustKeys(t testing.TB, src string) Keys {
	t.Helper()
	keys, err := ParseKeys(src)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func mustSums(t testing.TB, src string) []*socket.Field {
	t.Helper()
	sums, err := ParseSums(src)
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// someRows makes n rows with some peers, ports and states. In every 16th the receive
// queue is unknown; every 8th is a listener, which has none.
func someRows(n, peers int) []socket.Socket {
	rng := rand.New(rand.NewPCG(1, 2))
	known := socket.FieldsOf(socket.FieldState, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort, socket.FieldRecvQ, socket.FieldSendQ)
	states := []tcp.State{tcp.Established, tcp.TimeWait, tcp.CloseWait}
	rows := make([]socket.Socket, n)
	for i := range rows {
		peer := rng.IntN(peers)
		s := &rows[i]
		*s = socket.Socket{
			Known: known, State: states[rng.IntN(len(states))], Family: socket.IPv4,
			Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), []uint16{80, 443}[rng.IntN(2)]),
			Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, byte(peer >> 16), byte(peer >> 8), byte(peer)}), uint16(1024+rng.IntN(60000))),
			RecvQ:  uint32(i), SendQ: 1,
		}
		switch {
		case i%16 == 0:
			s.Known = known.Minus(socket.FieldsOf(socket.FieldRecvQ))
		case i%8 == 0:
			s.State = tcp.Listen
		}
	}
	return rows
}

// lines writes an answer as text.
func lines(g *Grouped) string {
	var out []string
	for r := range g.Groups() {
		var b []byte
		for i, c := range r.Cells {
			b = append(g.Keys[i].Append(b, c), ' ')
		}
		out = append(out, fmt.Sprintf("%s%d%s", b, r.Count, extras(r.Sums, r.States)))
	}
	if g.Others != nil {
		out = append(out, fmt.Sprintf("%d others %d%s", g.Others.Groups, g.Others.Count, extras(g.Others.Sums, g.Others.States)))
	}
	if g.Overflow != nil {
		out = append(out, fmt.Sprintf("overflow %d%s", g.Overflow.Count, extras(g.Overflow.Sums, g.Overflow.States)))
	}
	return strings.Join(out, "\n")
}

func extras(sums []Sum, states []uint64) string {
	var b strings.Builder
	for _, s := range sums {
		fmt.Fprintf(&b, " sum %d of %d, %d unknown", s.Total, s.Known, s.Unknown)
	}
	for s, n := range states {
		if n > 0 {
			fmt.Fprintf(&b, " %s=%d", tcp.State(s), n)
		}
	}
	return b.String()
}

func smallTable() []socket.Socket {
	known := socket.FieldsOf(socket.FieldState, socket.FieldLocalPort, socket.FieldRecvQ, socket.FieldInode)
	row := func(state tcp.State, port uint16, recvq uint32, owner *socket.Owner) socket.Socket {
		return socket.Socket{Known: known, State: state, Local: netip.AddrPortFrom(netip.IPv4Unspecified(), port), RecvQ: recvq, Owner: owner}
	}
	nginx := &socket.Owner{Confidence: socket.OwnerKnown, Unit: "nginx.service"}
	nobody := &socket.Owner{Confidence: socket.OwnerNone}
	silent := row(tcp.Established, 443, 0, nginx)
	silent.Known = known.Minus(socket.FieldsOf(socket.FieldRecvQ))
	return []socket.Socket{
		row(tcp.Listen, 443, 7, nginx), row(tcp.Established, 443, 10, nginx), silent,
		row(tcp.TimeWait, 443, 0, nobody), row(tcp.TimeWait, 80, 0, nobody), row(tcp.CloseWait, 80, 5, nil),
	}
}

func TestGroups(t *testing.T) {
	tests := []struct {
		name, keys, sums string
		pivot            bool
		top              int
		want             string
	}{
		{name: "no keys is one group", keys: "", want: "6"},
		{name: "equal counts in the order of their keys", keys: "state", want: "ESTABLISHED 2\nTIME_WAIT 2\nCLOSE_WAIT 1\nLISTEN 1"},
		{name: "none is not unknown", keys: "unit", want: "nginx.service 3\nnone 2\nunknown 1"},
		{name: "others", keys: "state", top: 1, want: "ESTABLISHED 2\n3 others 4"},
		{name: "top as many as there are", keys: "state", top: 4, want: "ESTABLISHED 2\nTIME_WAIT 2\nCLOSE_WAIT 1\nLISTEN 1"},
		{
			name: "sums know what they lack; a listener has no bytes", keys: "sport", sums: "recvq",
			want: "443 4 sum 10 of 2, 1 unknown\n80 2 sum 5 of 2, 0 unknown",
		},
		{
			name: "states as columns", keys: "unit,state", pivot: true,
			want: "nginx.service 3 ESTABLISHED=2 LISTEN=1\nnone 2 TIME_WAIT=2\nunknown 1 CLOSE_WAIT=1",
		},
		{
			name: "columns and sums of the others", keys: "unit,state", sums: "recvq", pivot: true, top: 1,
			want: "nginx.service 3 sum 10 of 1, 1 unknown ESTABLISHED=2 LISTEN=1\n2 others 3 sum 5 of 3, 0 unknown TIME_WAIT=2 CLOSE_WAIT=1",
		},
	}
	for _, tt := range tests {
		o := GroupOptions{Sum: mustSums(t, tt.sums), Pivot: tt.pivot}
		if tt.keys != "" {
			o.Keys = mustKeys(t, tt.keys)
		}
		rows := smallTable()
		for range 2 { // the order in which the rows come does not matter
			g := NewGroups(o)
			for i := range rows {
				g.Add(&rows[i])
			}
			if got := lines(g.Top(tt.top)); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.name, strings.ReplaceAll(got, "\n", "; "), strings.ReplaceAll(tt.want, "\n", "; "))
			}
			slices.Reverse(rows)
		}
	}
}

func TestGroupsNeeds(t *testing.T) {
	g := NewGroups(GroupOptions{Keys: mustKeys(t, "unit,remote/24"), Sum: mustSums(t, "recvq"), Pivot: true})
	if want := socket.FieldsOf(socket.FieldUnit, socket.FieldRemote, socket.FieldRecvQ, socket.FieldState); g.Needs() != want {
		t.Errorf("needs %v, want %v", g.Needs(), want)
	}
}

// TestGroupsEqualNaiveCount compares with a count by text keys in a map, and cuts the
// answer at every place: the parts always add up to the whole.
func TestGroupsEqualNaiveCount(t *testing.T) {
	rows := someRows(5000, 700)
	keys := mustKeys(t, "remote/28,sport,state,recvq")[:3]
	naive := map[string]uint64{}
	g := NewGroups(GroupOptions{Keys: keys, Sum: mustSums(t, "recvq,sendq")})
	for i := range rows {
		var b []byte
		for _, k := range keys {
			b = append(k.Append(b, k.cell(&rows[i])), ' ')
		}
		naive[string(b)]++
		g.Add(&rows[i])
	}
	all := g.Top(0)
	if all.Len != len(naive) || all.Shown() != len(naive) || all.Others != nil {
		t.Fatalf("%d groups, want %d", all.Len, len(naive))
	}
	whole := slices.Collect(all.Groups())
	for i, r := range whole {
		var b []byte
		for j, c := range r.Cells {
			b = append(keys[j].Append(b, c), ' ')
		}
		if naive[string(b)] != r.Count {
			t.Errorf("%s: %d, want %d", b, r.Count, naive[string(b)])
		}
		if i > 0 && whole[i-1].Count < r.Count {
			t.Errorf("group %d is greater than the one before", i)
		}
	}
	for n := range all.Len + 2 {
		checkParts(t, g.Top(n), whole, n)
	}
}

func checkParts(t *testing.T, got *Grouped, all []Group, n int) {
	t.Helper()
	var count, recvq, unknown uint64
	groups := got.Shown()
	for i, r := range slices.Collect(got.Groups()) {
		if r.Count != all[i].Count || r.Cells[0] != all[i].Cells[0] {
			t.Fatalf("top %d: group %d differs", n, i)
		}
		count, recvq, unknown = count+r.Count, recvq+r.Sums[0].Total, unknown+r.Sums[0].Unknown
	}
	if o := got.Others; o != nil {
		groups += o.Groups
		count, recvq, unknown = count+o.Count, recvq+o.Sums[0].Total, unknown+o.Sums[0].Unknown
	}
	if count != got.Total || groups != len(all) || recvq != 0+wholeRecvQ(all) || unknown != 313 {
		t.Fatalf("top %d: %d sockets in %d groups, recvq %d, %d unknown", n, count, groups, recvq, unknown)
	}
}

func wholeRecvQ(all []Group) (sum uint64) {
	for _, r := range all {
		sum += r.Sums[0].Total
	}
	return sum
}

func TestGroupsOverflow(t *testing.T) {
	rows := smallTable()
	g := NewGroups(GroupOptions{Keys: mustKeys(t, "state"), Sum: mustSums(t, "recvq"), Max: 2})
	for i := range rows {
		g.Add(&rows[i])
	}
	want := "ESTABLISHED 2 sum 10 of 1, 1 unknown\nLISTEN 1 sum 0 of 0, 0 unknown\noverflow 3 sum 5 of 3, 0 unknown"
	if got := lines(g.Top(0)); got != want || g.Len() != 2 || g.Total() != 6 {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestGroupsManyAtATime: sockets that are counted several at a time go into the same
// columns as one by one, even in groups for which there is no room.
func TestGroupsManyAtATime(t *testing.T) {
	rows := smallTable()
	o := GroupOptions{Keys: mustKeys(t, "sport,state"), Pivot: true, Max: 1}
	single, many := NewGroups(o), NewGroups(o)
	for i := range rows {
		for range 3 {
			single.Add(&rows[i])
		}
		many.AddN(&rows[i], 3)
	}
	want := single.Top(0)
	if got := many.Top(0); lines(got) != lines(want) || want.Overflow == nil || want.Overflow.Count == 0 {
		t.Errorf("got  %s\nwant %s", lines(got), lines(want))
	}
}

func TestSumsDoNotStartAgain(t *testing.T) {
	s := Sum{Total: math.MaxUint64 - 1}
	s.add(socket.Num(5), true)
	if s.Total != math.MaxUint64 {
		t.Errorf("sum %d", s.Total)
	}
}

func TestCellsRoundTripInOrder(t *testing.T) {
	cells := []Cell{ // in order
		{socket.Num(0), true},
		{socket.Num(1), true},
		{socket.Num(256), true},
		{socket.Num(math.MaxUint64), true},
		{socket.Addr(netip.MustParseAddr("10.0.0.1")), true},
		{socket.Addr(netip.MustParseAddr("10.0.1.0")), true},
		{socket.Addr(netip.MustParseAddr("::1")), true},
		{socket.Addr(netip.MustParseAddr("fe80::1%a")), true},
		{socket.Addr(netip.MustParseAddr("fe80::1%b")), true},
		{socket.AddrPort(netip.MustParseAddrPort("0.0.0.0:80")), true},
		{socket.AddrPort(netip.MustParseAddrPort("[fe80::1%z]:80")), true},
		{socket.Text("\x00"), true},
		{socket.Text("\x00\x01"), true},
		{socket.Text("\x00\xff"), true},
		{socket.Text("a"), true},
		{socket.Text("a\x00"), true},
		{socket.Text("a\x00b"), true},
		{socket.Text("aa"), true},
		{socket.Text("none"), true},
		{socket.Text("\xff"), true},
		{socket.Value{}, true},
		{},
	}
	last := ""
	for i, a := range cells {
		for _, b := range cells {
			one, rest := cutCell(string(appendCell(appendCell(nil, a), b)))
			two, rest := cutCell(rest)
			if one != a || two != b || rest != "" {
				t.Errorf("%v %v came back as %v %v and %q", a, b, one, two, rest)
			}
		}
		text := string(appendCell(nil, a))
		if i > 0 && text <= last {
			t.Errorf("cell %d is not after the one before", i)
		}
		last = text
	}
}

func TestGroupsAllocs(t *testing.T) {
	rows := someRows(1000, 100)
	rows[1].Owner = &socket.Owner{Unit: "nginx.service"}
	for _, pivot := range []bool{false, true} {
		g := NewGroups(GroupOptions{Keys: mustKeys(t, "remote/24,sport,state,unit"), Sum: mustSums(t, "recvq,sendq"), Pivot: pivot, Max: 50})
		for i := range rows {
			g.Add(&rows[i])
		}
		if n := testing.AllocsPerRun(10, func() {
			for i := range rows {
				g.Add(&rows[i])
			}
		}); n != 0 {
			t.Errorf("pivot %v: %v allocations for 1000 sockets of known groups", pivot, n)
		}
	}
}

func BenchmarkGroups(b *testing.B) {
	for _, n := range []int{1_000, 32_000, 1_000_000} {
		for _, keys := range []string{"state", "remote/24,sport", "remote,dport"} {
			b.Run(fmt.Sprintf("%s/%d", keys, n), func(b *testing.B) {
				rows := someRows(n, n)
				o := GroupOptions{Keys: mustKeys(b, keys)}
				b.ReportAllocs()
				var g *Groups
				for b.Loop() {
					g = NewGroups(o)
					for i := range rows {
						g.Add(&rows[i])
					}
				}
				b.ReportMetric(float64(g.Len()), "groups")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/socket")
			})
		}
	}
}

func BenchmarkTop(b *testing.B) {
	rows := someRows(1_000_000, 1_000_000)
	g := NewGroups(GroupOptions{Keys: mustKeys(b, "remote,dport")})
	for i := range rows {
		g.Add(&rows[i])
	}
	for b.Loop() {
		g.Top(10)
	}
}

// TestGroupsClone: an answer made from a copy does not change later.
func TestGroupsClone(t *testing.T) {
	keys, err := ParseKeys("sport")
	if err != nil {
		t.Fatal(err)
	}
	g := NewGroups(GroupOptions{Keys: keys, Max: 2})
	add := func(port uint16) {
		g.AddSampled(&socket.Socket{Local: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), port), Known: socket.FieldsOf(socket.FieldLocal, socket.FieldLocalPort)}, 2, 4)
	}
	add(1)
	before := g.Clone().Top(0)
	add(1)
	add(2)
	add(3)
	if before.Total != 2 || before.Len != 1 || before.Shown() != 1 || before.At(0).Count != 2 || before.Overflow != nil {
		t.Errorf("%d in %d groups, the first %+v, beyond them %+v", before.Total, before.Len, before.At(0), before.Overflow)
	}
	if now := g.Top(0); now.Total != 8 || now.Len != 2 || now.Overflow.Count != 2 {
		t.Errorf("%d in %d groups, beyond them %+v", now.Total, now.Len, now.Overflow)
	}
}
