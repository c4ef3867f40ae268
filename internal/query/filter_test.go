// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// known are the name resolvers for the tests.
func known() query.Options {
	return query.Options{
		Host: func(name string) []netip.Addr {
			if name == "localhost" {
				return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
			}
			return nil
		},
		Device: func(name string) (uint32, bool) {
			switch name {
			case "lo":
				return 1, true
			case "eth0":
				return 2, true
			default:
				return 0, false
			}
		},
		Cgroup: func(path string) (uint64, bool) {
			return 600, strings.HasSuffix(path, "/user.slice")
		},
		Ephemeral: [2]uint16{32768, 60999},
	}
}

// chosen lists the exhibits that the filter selects, and with a ? those for which the
// answer is unknown.
func chosen(f *query.Filter) string {
	var names []string
	for _, e := range gallery() {
		switch f.Match(&e.Socket) {
		case query.Yes:
			names = append(names, e.name)
		case query.Unknown:
			names = append(names, e.name+"?")
		case query.No:
		}
	}
	return strings.Join(names, " ")
}

func parse(t testing.TB, src string) *query.Filter {
	t.Helper()
	f, err := query.Parse(src, known())
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	return f
}

func TestFilters(t *testing.T) {
	for _, c := range filterCases() {
		t.Run(c.src, func(t *testing.T) {
			f := parse(t, c.src)
			if c.text == "" {
				c.text = c.src
			}
			if got := f.String(); got != c.text {
				t.Errorf("it is written\n%s, want\n%s", got, c.text)
			}
			if got := chosen(f); got != c.chooses {
				t.Errorf("it chooses\n%s, want\n%s", got, c.chooses)
			}
			roundTrip(t, f)
		})
	}
}

// roundTrip checks that the text of a filter parses to the same filter.
func roundTrip(t testing.TB, f *query.Filter) {
	t.Helper()
	text := f.String()
	again, err := query.Parse(text, known())
	if err != nil {
		t.Fatalf("its own text %q is wrong: %v", text, err)
	}
	if again.String() != text {
		t.Errorf("%q is written again as %q", text, again)
	}
	if again.Needs() != f.Needs() || again.States() != f.States() {
		t.Errorf("%q needs %v in %v, and read again %v in %v", text, f.Needs(), f.States(), again.Needs(), again.States())
	}
	if a, b := chosen(f), chosen(again); a != b {
		t.Errorf("%q chooses %s, and read again %s", text, a, b)
	}
}

func TestFilterErrors(t *testing.T) {
	for _, c := range filterErrors() {
		t.Run(c.src, func(t *testing.T) {
			_, err := query.Parse(c.src, known())
			var wrong *problem.SyntaxError
			if !errors.As(err, &wrong) {
				t.Fatalf("the error is %v (%T), want a *problem.SyntaxError", err, err)
			}
			if wrong.Src[wrong.Start:wrong.End] != c.place {
				t.Errorf("the place is %q, want %q", wrong.Src[wrong.Start:wrong.End], c.place)
			}
			if wrong.Msg != c.msg || wrong.Hint != c.hint {
				t.Errorf("it says\n%s\n%s\nwant\n%s\n%s", wrong.Msg, wrong.Hint, c.msg, c.hint)
			}
		})
	}
}

// TestTooLong: a message shows only the beginning of a filter that is too long.
func TestTooLong(t *testing.T) {
	_, err := query.Parse(strings.Repeat("é\n", 1<<16), query.Options{})
	var wrong *problem.SyntaxError
	if !errors.As(err, &wrong) || wrong.Src[wrong.Start:wrong.End] != "..." || strings.Contains(wrong.Src, "\n") || !utf8.ValidString(wrong.Src) {
		t.Errorf("the error is %#v, want a SyntaxError that shows one line of the start", err)
	}
}

func TestNotes(t *testing.T) {
	for src, want := range map[string]string{
		"sport = :80 or sport = :443 and dport = :1":  "and and or are read from left to right, as ss does: ( sport = :80 or sport = :443 ) and dport = :1",
		"state time-wait sport = :80 or dport = :80":  "states at the beginning limit all that follows, as in ss: state time-wait ( sport = :80 or dport = :80 )",
		"dst 2001:db8::1:80":                          "2001:db8::1:80 is read as [2001:db8::1]:80, as ss does; write brackets around an IPv6 address",
		"sport = :80 or ( sport = :443 and dport :1)": "",
		"state time-wait or sport = :80":              "",
	} {
		var got string
		for _, n := range parse(t, src).Notes() {
			got += n.En
			if n.Zh == "" || n.Zh == n.En {
				t.Errorf("%q: no Chinese note", src)
			}
		}
		if got != want {
			t.Errorf("the notes of %q are %q, want %q", src, got, want)
		}
	}
}

// TestWithoutResolvers: names that cannot be resolved are compared as names, or
// refused.
func TestWithoutResolvers(t *testing.T) {
	var alone query.Options
	for src, want := range map[string]string{"dev eth0": "device = eth0", "cgroup /user.slice": "cgroup = /user.slice"} {
		f, err := query.Parse(src, alone)
		if err != nil || f.String() != want || chosen(f) != "out half?" {
			t.Errorf("%q is %v (%v) and chooses %s", src, f, err, chosen(f))
		}
	}
	if f, err := query.Parse("dst localhost", alone); err == nil {
		t.Errorf("a name that nobody looked up is read as %v", f)
	}
	if f, err := query.Parse("autobound", alone); err != nil || chosen(f) != "out fw2 half?" {
		t.Errorf("autobound without the range of ports chooses %s (%v)", chosen(f), err)
	}
}

func TestNilFilterChoosesAll(t *testing.T) {
	var none *query.Filter
	for _, f := range []*query.Filter{none, parse(t, ""), parse(t, "  \n")} {
		if !f.All() || f.String() != "" || !f.Needs().Empty() || strings.Contains(chosen(f), "?") || len(strings.Fields(chosen(f))) != len(gallery()) {
			t.Errorf("%v chooses %s", f, chosen(f))
		}
	}
}

// TestMatchAllocatesNothing: a filter is evaluated for each of a million sockets.
func TestMatchAllocatesNothing(t *testing.T) {
	rows := gallery()
	for _, c := range filterCases() {
		f := parse(t, c.src)
		if n := testing.AllocsPerRun(20, func() {
			for i := range rows {
				f.Match(&rows[i].Socket)
			}
		}); n != 0 {
			t.Errorf("%q allocates %v times for %d sockets", c.src, n, len(rows))
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	rows := gallery()
	for _, src := range []string{
		"state time-wait", "sport = :443", "( dport = :https or sport = :https ) and dst 10.0.0.0/8",
		"process = nginx and recvq > 0", "process ~ ^ng",
	} {
		f := parse(b, src)
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.Match(&rows[i%len(rows)].Socket)
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	for _, c := range filterCases() {
		f.Add(c.src)
	}
	for _, c := range filterErrors() {
		f.Add(c.src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		filter, err := query.Parse(src, known())
		var wrong *problem.SyntaxError
		switch {
		case err == nil:
			roundTrip(t, filter)
			splitTheGallery(t, filter)
		case !errors.As(err, &wrong):
			t.Fatalf("the error is %v (%T)", err, err)
		case wrong.Start < 0 || wrong.End < wrong.Start || wrong.End > len(wrong.Src) || wrong.Msg == "":
			t.Fatalf("bad error %+v", wrong)
		case strings.ContainsAny(wrong.Src, "\r\n"):
			t.Fatalf("the place is in %q, which is more than a line", wrong.Src)
		default:
			wrong.Underlined()
		}
	})
}
