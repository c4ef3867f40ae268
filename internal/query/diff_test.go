// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// diffRow makes a connection of a process to a peer.
func diffRow(cookie uint64, state tcp.State, process string, peer int) *socket.Socket {
	return &socket.Socket{
		Known: socket.FieldsOf(socket.FieldState, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldCookie, socket.FieldIfindex),
		State: state, Family: socket.IPv4, Cookie: cookie,
		Local:  netip.MustParseAddrPort("10.0.0.1:8080"),
		Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(peer)}), 40000),
		Owner:  &socket.Owner{Confidence: socket.OwnerKnown, Scanned: true, Process: &socket.Process{PID: 1, Name: process}},
	}
}

func listenerRow(cookie uint64, local string) *socket.Socket {
	s := diffRow(cookie, tcp.Listen, "web", 1)
	s.Local, s.Remote = netip.MustParseAddrPort(local), netip.AddrPort{}
	return s
}

// TestDiffFindsALeak: 200 connections stay in CLOSE_WAIT while 50,000 others come, go
// and change; the diff names the leaking process.
func TestDiffFindsALeak(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	states := []tcp.State{tcp.Established, tcp.TimeWait, tcp.FinWait1, tcp.FinWait2, tcp.CloseWait, tcp.LastAck, tcp.SynRecv}
	d := NewDiff(DiffOptions{Keys: mustKeys(t, "process,state"), SameBoot: true})
	was := make([]tcp.State, 50_000)
	for i := range was {
		was[i] = states[rng.IntN(len(states))]
		d.Old(diffRow(uint64(1000+i), was[i], fmt.Sprintf("web%d", i%5), i))
	}
	for i := range 10 { // the leak has already begun
		d.Old(diffRow(uint64(100_000+i), tcp.CloseWait, "leaky", 7))
	}
	for i := range was {
		if i%2 == 0 { // replaced by a new connection
			d.New(diffRow(uint64(1_000_000+i), was[i], fmt.Sprintf("web%d", i%5), i))
			continue
		}
		next := states[(slices.Index(states, was[i])+1)%len(states)]
		d.New(diffRow(uint64(1000+i), next, fmt.Sprintf("web%d", i%5), i))
	}
	for i := range 210 {
		d.New(diffRow(uint64(100_000+i), tcp.CloseWait, "leaky", 7))
	}
	got := d.Result(50)
	at := slices.IndexFunc(got.Changes, func(c GroupChange) bool { return c.Cells()[0].Value.Text() == "leaky" })
	if at < 0 || got.Changes[at].Difference() != 200 {
		t.Errorf("the leak is number %d of %+v", at, got.Changes)
	}
	for _, c := range got.Changes[:max(at, 0)] {
		if c.size() < 200 {
			t.Errorf("a smaller change comes first: %+v", c)
		}
	}
	// Only the part of the leak that was there before has stayed.
	want := []string{"CLOSE_WAIT leaky 192.0.2.7 10"}
	if diff := cmp.Diff(want, stayedTexts(got.Stayed)); diff != "" {
		t.Errorf("stayed (-want +got):\n%s", diff)
	}
	if got.Old != 50_010 || got.New != 50_210 || got.Established.Total != 0 {
		t.Errorf("%d, %d, established %d", got.Old, got.New, got.Established.Total)
	}
}

// TestDiffFindsALeakAtOnce: if the other connections change but their numbers do not
// drift, the leak is the greatest change.
func TestDiffFindsALeakAtOnce(t *testing.T) {
	d := NewDiff(DiffOptions{Keys: mustKeys(t, "process,state"), SameBoot: true})
	for i := range 50_000 {
		d.Old(diffRow(uint64(1+i), tcp.Established, "web", i))
	}
	for i := range 50_000 {
		d.New(diffRow(uint64(100_001+i), tcp.Established, "web", i))
	}
	for i := range 200 {
		d.New(diffRow(uint64(900_000+i), tcp.CloseWait, "leaky", 7))
	}
	got := d.Result(20)
	if len(got.Changes) != 1 || got.Changes[0].Cells()[0].Value.Text() != "leaky" || got.Changes[0].Difference() != 200 || got.Unchanged != 1 {
		t.Errorf("%+v", got)
	}
}

func stayedTexts(g *Grouped) (texts []string) {
	for group := range g.Groups() {
		text := ""
		for i, c := range group.Cells {
			if c.Known && c.Value.Kind() != socket.Absent {
				text += string(g.Keys[i].Append(nil, c)) + " "
			}
		}
		texts = append(texts, text+fmt.Sprint(group.Count))
	}
	return texts
}

// TestDiffChanges: growth and shrinking rank alike, unchanged groups are counted, and
// omitted groups are added up.
func TestDiffChanges(t *testing.T) {
	d := NewDiff(DiffOptions{Keys: mustKeys(t, "process")})
	for name, n := range map[string][2]int{"a": {5, 1}, "b": {0, 3}, "c": {2, 2}, "d": {1, 0}, "e": {1, 2}} {
		for range n[0] {
			d.Old(diffRow(0, tcp.Established, name, 1))
		}
	}
	for name, n := range map[string]int{"a": 1, "b": 3, "c": 2, "e": 2} {
		for range n {
			d.New(diffRow(0, tcp.Established, name, 1))
		}
	}
	got := d.Result(2)
	var texts []string
	for _, c := range got.Changes {
		texts = append(texts, fmt.Sprintf("%s %d %d %+d", c.Cells()[0].Value.Text(), c.Old, c.New, c.Difference()))
	}
	if diff := cmp.Diff([]string{"a 5 1 -4", "b 0 3 +3"}, texts); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got.OtherGroups != 2 || got.Others.Old != 2 || got.Others.New != 2 || got.Unchanged != 1 {
		t.Errorf("others %d %+v, unchanged %d", got.OtherGroups, got.Others, got.Unchanged)
	}
	if got.Stayed != nil {
		t.Error("connections of different boots were compared")
	}
}

// TestDiffListeners: listeners are matched by cookie within a boot, and otherwise by
// address and port.
func TestDiffListeners(t *testing.T) {
	old := []*socket.Socket{
		listenerRow(1, "0.0.0.0:80"), listenerRow(2, "0.0.0.0:81"), listenerRow(3, "[::]:82"),
		listenerRow(4, "0.0.0.0:83"), listenerRow(5, "0.0.0.0:83"),
	}
	now := []*socket.Socket{
		listenerRow(1, "0.0.0.0:80"), listenerRow(9, "0.0.0.0:81"), listenerRow(10, "0.0.0.0:84"),
		listenerRow(5, "0.0.0.0:83"), // the first member of the SO_REUSEPORT group has gone
	}
	tests := []struct {
		name string
		o    DiffOptions
		want []string
	}{
		{"same boot", DiffOptions{SameBoot: true}, []string{"new 0.0.0.0:84", "gone [::]:82", "gone 0.0.0.0:83", "replaced 0.0.0.0:81"}},
		{"another boot", DiffOptions{}, []string{"new 0.0.0.0:84", "gone [::]:82", "gone 0.0.0.0:83"}},
		{"redacted", DiffOptions{NoAddresses: true}, nil},
	}
	for _, tt := range tests {
		d := NewDiff(tt.o)
		for _, s := range old {
			d.Old(s)
		}
		for _, s := range now {
			d.New(s)
		}
		var got []string
		for _, l := range d.Result(0).Listeners {
			got = append(got, l.Change.String()+" "+l.Local.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestDiffCookies: a cookie matches only within its own namespace and state, and an
// unknown one never matches.
func TestDiffCookies(t *testing.T) {
	d := NewDiff(DiffOptions{SameBoot: true})
	old := diffRow(5, tcp.CloseWait, "a", 1)
	old.Netns = &socket.Netns{Inode: 1, Name: "one"}
	d.Old(old)
	elsewhere := *old
	elsewhere.Netns = &socket.Netns{Inode: 2, Name: "two"}
	later := *old
	later.State = tcp.LastAck
	unknown := *old
	unknown.Known = unknown.Known.Minus(socket.FieldsOf(socket.FieldCookie))
	for _, s := range []*socket.Socket{old, &elsewhere, &later, &unknown} {
		d.New(s)
	}
	got := d.Result(0)
	if got.Stayed.Total != 1 || got.NoCookie != 1 {
		t.Errorf("%d stayed, %d without cookie", got.Stayed.Total, got.NoCookie)
	}
}

// TestDiffAllocs: a million sockets of the older reading take at most 16 bytes each,
// those of the newer one nothing.
func TestDiffAllocs(t *testing.T) {
	const n = 1_000_000
	d := NewDiff(DiffOptions{Keys: mustKeys(t, "process,state"), SameBoot: true})
	s := diffRow(1, tcp.TimeWait, "web", 1)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		s.Cookie = uint64(n - i)
		d.Old(s)
	}
	each := float64(heap()-before) / n
	t.Logf("%.1f bytes a socket", each)
	if each > 16 {
		t.Errorf("%.1f bytes a socket, want at most 16", each)
	}
	if allocs := testing.AllocsPerRun(1000, func() { d.New(s) }); allocs != 0 {
		t.Errorf("%v allocations a socket", allocs)
	}
	if got := d.Result(0).Stayed.Total; got != 1001 {
		t.Errorf("%d stayed", got)
	}
}

func BenchmarkDiff(b *testing.B) {
	rows := someRows(1<<16, 1000)
	for i := range rows {
		rows[i].Cookie = uint64(i) + 1
		rows[i].Known = rows[i].Known.Union(socket.FieldsOf(socket.FieldCookie))
	}
	keys := mustKeys(b, "state,sport")
	b.ReportAllocs()
	for b.Loop() {
		d := NewDiff(DiffOptions{Keys: keys, SameBoot: true})
		for i := range rows {
			d.Old(&rows[i])
		}
		for i := range rows {
			d.New(&rows[i])
		}
		d.Result(20)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/socket")
}
