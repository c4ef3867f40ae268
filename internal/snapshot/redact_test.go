// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func testScrambler(t *testing.T) *scrambler {
	t.Helper()
	s, err := newScrambler([32]byte{1, 2, 3, 31: 9})
	check(t, err)
	return s
}

// commonBits is the length of the common prefix of two addresses.
func commonBits(a, b netip.Addr) int {
	n := 0
	for n < a.BitLen() && netip.PrefixFrom(a, n+1).Masked().Contains(b) {
		n++
	}
	return n
}

// TestScramblerKeepsPrefixes: two addresses have a common prefix of the same length
// before and after; so the replacement is also one to one.
func TestScramblerKeepsPrefixes(t *testing.T) {
	s := testScrambler(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	random := func(bytes int) netip.Addr {
		b := make([]byte, bytes)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		a, _ := netip.AddrFromSlice(b)
		return a
	}
	moved := 0
	for i := range 20000 {
		a := random([]int{4, 16}[i%2])
		near := a.AsSlice()
		bit := rnd.IntN(a.BitLen())
		near[bit/8] ^= 1 << (7 - bit%8)
		b, _ := netip.AddrFromSlice(near)
		if a.Is4In6() || b.Is4In6() || special4(a) || special4(b) {
			continue // loopback addresses stay
		}
		x, y := s.address(a), s.address(b)
		if commonBits(a, b) != commonBits(x, y) {
			t.Fatalf("%v and %v share %d bits, %v and %v share %d", a, b, commonBits(a, b), x, y, commonBits(x, y))
		}
		if x != a {
			moved++
		}
	}
	if moved < 19000 {
		t.Errorf("only %d of some 20000 addresses were replaced", moved)
	}
}

func special4(a netip.Addr) bool { return a.IsLoopback() || a.IsUnspecified() }

// TestScramblerKeepsRanges: an address stays in its special range, and no other
// address is moved into one.
func TestScramblerKeepsRanges(t *testing.T) {
	s := testScrambler(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 50000 {
		var b [4]byte
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		if rnd.IntN(2) == 0 {
			b[0] = []byte{10, 127, 169, 172, 192, 100, 224, 0}[rnd.IntN(8)]
			b[1] = []byte{254, 168, 16, 64, 1}[rnd.IntN(5)]
		}
		from := netip.AddrFrom4(b)
		to := s.address(from)
		for _, p := range special() {
			if p.Contains(from) != p.Contains(to) {
				t.Fatalf("%v became %v: one is in %v, the other is not", from, to, p)
			}
		}
	}
	for _, text := range []string{"0.0.0.0", "127.0.0.1", "127.3.4.5", "::", "::1", "::ffff:127.0.0.1"} {
		if a := netip.MustParseAddr(text); s.address(a) != a {
			t.Errorf("%v became %v", a, s.address(a))
		}
	}
	mapped, plain := netip.MustParseAddr("::ffff:198.51.100.7"), netip.MustParseAddr("198.51.100.7")
	if to := s.address(mapped); to.Unmap() != s.address(plain) || !to.Is4In6() {
		t.Errorf("%v became %v, %v became %v", mapped, to, plain, s.address(plain))
	}
	link := netip.MustParseAddr("fe80::a00:27ff:fe4e:66a1%eth0")
	if to := s.address(link); !to.IsLinkLocalUnicast() || to == link || to.Zone() != "eth0" {
		t.Errorf("%v became %v", link, to)
	}
}

// TestScramblerTellsPrefixes: the number of bits that stay with every key is the one
// in docs/snapshot.md. All other bits change with some key.
func TestScramblerTellsPrefixes(t *testing.T) {
	stays := func(text string) int {
		a := netip.MustParseAddr(text)
		least := a.BitLen()
		for key := range 64 {
			s, err := newScrambler([32]byte{byte(key), 1})
			if err != nil {
				t.Fatal(err)
			}
			least = min(least, commonBits(a, s.address(a)))
		}
		return least
	}
	for text, want := range map[string]int{
		"128.1.1.1": 3, "203.0.113.7": 5, "193.5.5.5": 8, "11.2.3.4": 8, "192.169.1.1": 16, "169.255.1.1": 16, "2a00:1450::1": 5, "2400::1": 6, "2001:db8::1": 21, "2001:100::1": 24, "2001:ffff::1": 17,
	} {
		if got := stays(text); got != want {
			t.Errorf("%s keeps %d bits, want %d", text, got, want)
		}
	}
	s := testScrambler(t)
	all, atMost := 0, map[int]int{}
	for high := range 1 << 16 {
		a := netip.AddrFrom4([4]byte{byte(high >> 8), byte(high)})
		if slices.ContainsFunc(special(), func(p netip.Prefix) bool { return p.Contains(a) }) {
			continue
		}
		all++
		free := s.freeBits(a)
		kept := slices.Index(free[:], true)
		for _, bits := range []int{4, 8, 16} {
			if kept <= bits {
				atMost[bits]++
			}
		}
	}
	if 100*atMost[4] < 65*all || 100*atMost[8] < 98*all || atMost[16] != all {
		t.Errorf("of %d networks keep at most so many bits: %v", all, atMost)
	}
}

// TestRedactedHoldsNoOriginal puts addresses and names into every text of a snapshot
// and searches for them in everything read from the redacted file.
func TestRedactedHoldsNoOriginal(t *testing.T) {
	r, err := newRedactor([32]byte{7}, []string{"alice"})
	check(t, err)
	const dirty = "x/alice/sshd@3-198.51.100.7:22-203.0.113.9:50123.service/web1.example.org/web1/[2001:db8::77]:443/ip-198-51-100-7/fe80::a00:27ff:fe4e:66a1/web:198.51.100.7:80/::ffff:203.0.113.9/tcp:2001:db8::77:443"
	m := machine()
	m.Scope, m.Missing, m.Devices = dirty, []problem.Gap{{Source: dirty, Reason: dirty}}, map[string]uint32{"wg-alice": 3}
	var out bytes.Buffer
	w, err := NewWriter(&out, m, r)
	check(t, err)
	check(t, w.Namespace(Namespace{Name: dirty, Container: dirty, Missing: m.Missing}))
	s := socket.Socket{
		State: tcp.Established, User: "alice", Device: "wg-alice",
		Local: netip.MustParseAddrPort("198.51.100.7:22"), Remote: netip.MustParseAddrPort("[2001:db8::77]:443"), Listener: netip.MustParseAddrPort("203.0.113.9:22"),
		Owner:  &socket.Owner{Why: dirty, Unit: dirty, Container: dirty, Pod: dirty, Process: &socket.Process{PID: 4, Name: "alice", Command: "curl --password hunter2"}},
		Cgroup: &socket.Cgroup{ID: 1, Path: dirty, Unit: dirty, Container: dirty, Pod: dirty},
		Known:  socket.FieldsOf(socket.FieldUser, socket.FieldLocal),
	}
	before := s
	check(t, w.Add(&s, s.Owner))
	check(t, w.Close(Tail{Gaps: []Gap{{problem.Gap{Source: dirty, Reason: dirty}, Always}}, Limits: m.Missing}))
	if s != before || s.Owner.Process.Command == "" {
		t.Error("redacting changed the row of the caller")
	}
	f, err := open(out.Bytes())
	check(t, err)
	text := decoded(t, f)
	for _, original := range []string{"198.51.100.7", "198-51-100-7", "203.0.113.9", "2001:db8::77", "fe4e:66a1", "alice", "web1", "hunter2", "curl", "0e2c"} {
		if strings.Contains(text, original) {
			t.Errorf("%q is in the redacted snapshot: %.2000s", original, text)
		}
	}
	stays := r.addresses.address(netip.MustParseAddr("198.51.100.7")).String()
	if n := strings.Count(text, stays); n < 10 {
		t.Errorf("%s, which stands for 198.51.100.7 everywhere, is there %d times: %.2000s", stays, n, text)
	}
	if !strings.Contains(text, "sshd@3-") || !strings.Contains(text, ":50123.service") || !f.Machine.Redacted {
		t.Errorf("more was replaced than should be: %.2000s", text)
	}
}

// decoded is everything that a snapshot contains, as text.
func decoded(t *testing.T, f *File) string {
	t.Helper()
	var b strings.Builder
	for _, v := range []any{f.Machine, f.Namespaces, f.Tail, f.tables.strings, f.tables.owners, f.tables.cgroups} {
		j, err := json.Marshal(v)
		check(t, err)
		b.Write(append(j, '\n'))
	}
	check(t, f.Rows(context.Background(), Want{0, tcp.AllStates}, func(s *socket.Socket, byPlace *socket.Owner) bool {
		j, err := json.Marshal([]any{s, byPlace})
		check(t, err)
		b.Write(j)
		return true
	}))
	return b.String()
}

// TestScramblerMoves: every key changes every address.
func TestScramblerMoves(t *testing.T) {
	stays := 0
	for key := range 1 << 14 {
		s, err := newScrambler([32]byte{byte(key), byte(key >> 8)})
		check(t, err)
		for _, text := range []string{"71.148.82.90", "198.51.100.7", "2001:db8::7"} {
			if a := netip.MustParseAddr(text); s.address(a) == a {
				stays++
			}
		}
	}
	if stays > 0 {
		t.Errorf("%d of 49152 addresses stayed what they were", stays)
	}
}

// TestTwoRedactorsDiffer: each Redactor has a random key.
func TestTwoRedactorsDiffer(t *testing.T) {
	a := netip.MustParseAddr("198.51.100.7")
	seen := map[netip.Addr]bool{}
	for range 20 {
		r, err := NewRedactor(nil)
		check(t, err)
		seen[r.addresses.address(a)] = true
	}
	if len(seen) < 15 {
		t.Errorf("20 redactors made only %d addresses of one", len(seen))
	}
}
