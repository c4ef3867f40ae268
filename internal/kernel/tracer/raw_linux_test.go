// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestRawSeesTheSame: raw tracepoints show the same of the same connections as typed
// pointers, whatever the kind of end, except for cookies.
//
// The kernel skips a program that an interrupt finds running on its processor, for the
// transitions within the interrupt. That happens to the two programs at different times,
// more often on an emulated processor, and the tracer tells it: if it has, what differs
// is tried anew.
func TestRawSeesTheSame(t *testing.T) {
	const tries = 10
	for try := 1; ; try++ {
		differ, skipped := compareWays(t)
		if len(differ) == 0 {
			return
		}
		if skipped == 0 || try == tries {
			t.Fatalf("try %d, programs skipped %d times:\n%s", try, skipped, strings.Join(differ, "\n"))
		}
		t.Logf("programs skipped %d times: %q", skipped, differ)
	}
}

// compareWays returns how what is told by raw tracepoints differs from what is told by
// typed pointers, and how often the kernel has skipped one of the programs.
func compareWays(t *testing.T) (differ []string, skipped uint64) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	o := Options{Netns: ns.Inode(), Owners: true, Events: true, Resets: true, Way: Typed}
	typed := opened(t, o)
	o.Way = Raw
	raw := opened(t, o)
	if typed.Way() != Typed || raw.Way() != Raw {
		t.Fatalf("ways %d, %d", typed.Way(), raw.Way())
	}
	for _, a := range acts() {
		a.run(t, ns)
	}
	ns.Do(func() {
		if err := connectMany(200); err != nil {
			t.Fatal(err)
		}
	})
	testnet.Delivered(t)
	want, skippedTyped := told(t, typed)
	got, skippedRaw := told(t, raw)
	for line, n := range want {
		if got[line] != n {
			differ = append(differ, fmt.Sprintf("%s: %d by raw tracepoints, want %d", line, got[line], n))
		}
	}
	if len(want) < 100 || len(want) != len(got) {
		differ = append(differ, fmt.Sprintf("%d different things, want %d", len(got), len(want)))
	}
	return differ, skippedTyped + skippedRaw
}

// told is everything that a tracer reports, except times and cookies, and how often the
// kernel skipped its programs.
func told(t *testing.T, tr *Tracer) (all map[string]uint64, skipped uint64) {
	t.Helper()
	all = map[string]uint64{}
	if err := tr.Records(func(r *Record) bool {
		one := *r
		lasted := r.Born != 0
		one.At, one.Born, one.Cookie = 0, 0, 0
		all[fmt.Sprintf("%+v %v", one, lasted)]++
		return true
	}); err != nil {
		t.Fatal(err)
	}
	totals, err := tr.Totals()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range totals.Owners {
		all[fmt.Sprintf("%+v", o.Owner)] = o.Count
	}
	for from := range totals.Edges {
		for to, n := range totals.Edges[from] {
			if n > 0 {
				all[fmt.Sprint(from, " to ", to)] = n
			}
		}
	}
	return all, totals.Lost.Skipped
}

// TestRawTakesAddressesAgain: a socket at the memory address of an earlier socket does
// not get the earlier one's beginning.
func TestRawTakesAddressesAgain(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Ends: true, Opens: true, Way: Raw})
	ns.Do(func() {
		if err := connectMany(300); err != nil {
			t.Fatal(err)
		}
	})
	testnet.Delivered(t)
	found := map[What]int{}
	if err := tr.Records(func(r *Record) bool {
		found[r.What]++
		switch {
		case r.What == Connects && (r.Born != 0 || r.Accepted):
			t.Errorf("a connect() of an earlier connection: %+v", *r)
		case r.What != Connects && (r.Born == 0 || r.At-r.Born > 5*time.Second || r.Accepted != (r.What == ClosedAfter)):
			t.Errorf("%+v", *r)
		}
		return !t.Failed()
	}); err != nil {
		t.Fatal(err)
	}
	if want := (map[What]int{Connects: 300, ClosedFirst: 300, ClosedAfter: 300}); !maps.Equal(found, want) {
		t.Errorf("%v, want %v", found, want)
	}
}

// TestListenersHaveNoBirth: a listener that sends an RST is nobody's connection, also
// where its memory was that of an earlier one.
func TestListenersHaveNoBirth(t *testing.T) {
	for _, way := range []Way{Typed, Raw} {
		ns := testnet.New(t, testnet.Options{})
		tr := opened(t, Options{Netns: ns.Inode(), Ends: true, Resets: true, Way: way})
		ns.Do(func() {
			if err := connectMany(300); err != nil {
				t.Fatal(err)
			}
			refuseMany(t, 64)
		})
		testnet.Delivered(t)
		refused := 0
		if err := tr.Records(func(r *Record) bool {
			if r.What == ResetSent && r.From == tcp.Listen {
				refused++
				if r.Born != 0 || !r.Accepted {
					t.Errorf("way %d: %+v", way, *r)
				}
			}
			return !t.Failed()
		}); err != nil {
			t.Fatal(err)
		}
		if refused != 64 {
			t.Errorf("way %d: %d RSTs by listeners, want 64", way, refused)
		}
	}
}

// refuseMany sends each of n listeners an ACK of a connection that it does not know.
func refuseMany(t *testing.T, n int) {
	t.Helper()
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(raw)
	here := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	for range n {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := segment.Segment{Src: netip.AddrPortFrom(here, 4711), Dst: l.Addr().(*net.TCPAddr).AddrPort(), Flags: segment.ACK, Seq: 1, Ack: 1, Window: 1024}
		if err := unix.Sendto(raw, segment.Append(nil, &s), 0, &unix.SockaddrInet4{Addr: here.As4()}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFirstOf: the next way is tried if the kernel lacks one, but not if a right is
// missing; the error says why the best way is not available.
func TestFirstOf(t *testing.T) {
	lacks, denied := &problem.UnsupportedError{Feature: "typed"}, &problem.PermissionError{Op: "load"}
	for _, c := range []struct {
		name  string
		errs  map[Way]error
		want  error
		tried []Way
	}{
		{"the first", map[Way]error{}, nil, []Way{Typed}},
		{"the second", map[Way]error{Typed: lacks}, nil, []Way{Typed, Raw}},
		{"none", map[Way]error{Typed: lacks, Raw: &problem.UnsupportedError{Feature: "raw"}}, lacks, []Way{Typed, Raw}},
		{"no right", map[Way]error{Typed: denied}, denied, []Way{Typed}},
		{"no right to the second", map[Way]error{Typed: lacks, Raw: denied}, lacks, []Way{Typed, Raw}},
	} {
		var tried []Way
		tr, err := firstOf([]Way{Typed, Raw}, func(w Way) (*Tracer, error) {
			tried = append(tried, w)
			return &Tracer{way: w}, c.errs[w]
		})
		if !errors.Is(err, c.want) || !slices.Equal(tried, c.tried) || (err == nil) != (tr != nil && tr.Way() == tried[len(tried)-1]) {
			t.Errorf("%s: %v, %v, tried %v", c.name, tr, err, tried)
		}
	}
}
