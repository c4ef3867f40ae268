// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// splitAnswer evaluates a filter in its three parts.
func splitAnswer(f *query.Filter, can socket.FieldSet, s *socket.Socket) query.Tri {
	states, cond, rest := query.Split(f, can)
	if !states.Has(s.State) || cond != nil && !cond.Match(s) {
		return query.No
	}
	return rest.Match(s)
}

// walked are the fields that a program in the kernel can test.
func walked() socket.FieldSet {
	return query.Pushable().Union(socket.FieldsOf(socket.FieldFamily, socket.FieldDirection))
}

// TestSplitRandomFilters proves the push-down: the parts together give the filter's
// answer, for fully read sockets and for those of which only the kernel's part is
// known.
func TestSplitRandomFilters(t *testing.T) {
	pushed, whole := 0, 0
	random(t, func(r *rand.Rand, f *query.Filter) {
		can := pick(r, query.Pushable(), walked())
		if r.IntN(2) == 0 { // as with an old kernel, or without CAP_NET_ADMIN
			can = can.Minus(socket.FieldsOf(pick(r, socket.FieldMark, socket.FieldCgroupID, socket.FieldIfindex, socket.FieldLocal)))
		}
		_, cond, rest := query.Split(f, can)
		if cond != nil {
			pushed++
			if extra := cond.Reads().Minus(can); !extra.Empty() {
				t.Errorf("the condition reads %v", extra)
			}
		}
		if rest.All() {
			whole++
		}
		for range 30 {
			full, part := randomSocket(r)
			part.Known = part.Known.Union(walked())
			for _, s := range []*socket.Socket{full, part} {
				if want, got := f.Match(s), splitAnswer(f, can, s); got != want {
					t.Errorf("%v %v %v -> %v: its parts answer %v, want %v\ncondition %#v\nrest %s", s.State, s.Kind, s.Local, s.Remote, got, want, cond, rest)
				}
			}
		}
	})
	t.Logf("%d filters had a condition for the kernel, %d were all the kernel's", pushed, whole)
	if pushed < 1000 || whole < 500 {
		t.Errorf("%d filters had a condition for the kernel, %d were all the kernel's: too few to prove anything", pushed, whole)
	}
}

// splitTheGallery is the same proof for a filter from the fuzzer.
func splitTheGallery(t *testing.T, f *query.Filter) {
	t.Helper()
	for _, e := range gallery() {
		_, cond, _ := query.Split(f, walked())
		if cond != nil && !cond.Reads().Minus(e.Known).Empty() {
			continue
		}
		if want, got := f.Match(&e.Socket), splitAnswer(f, walked(), &e.Socket); got != want {
			t.Errorf("%s: the parts of %q answer %v, want %v", e.name, f, got, want)
		}
	}
}

// TestSplit shows which part goes where.
func TestSplit(t *testing.T) {
	all := query.Pushable()
	directed := tcp.Connected | tcp.SetOf(tcp.Close) // the row of an end that was traced is in CLOSE
	for _, c := range []struct {
		src    string
		can    socket.FieldSet
		states tcp.StateSet
		cond   string
		rest   string
	}{
		{"", all, tcp.AllStates, "<nil>", ""},
		{"state time-wait", all, tcp.SetOf(tcp.TimeWait), "<nil>", ""},
		{"state time-wait sport = :80", all, tcp.SetOf(tcp.TimeWait), "{0 0 80}", ""},
		{"sport = :80 and process = nginx", all, tcp.AllStates, "{0 0 80}", "process = nginx"},
		{"sport = :80 or process = nginx", all, tcp.AllStates, "<nil>", "sport = :80 or process = nginx"},
		{"not ( sport = :80 or process = nginx )", all, tcp.AllStates, "{{0 0 80}}", "not ( sport = :80 or process = nginx )"},
		{"( state established sport = :80 ) or dport = :443", all, tcp.AllStates, "[{0 0 80} {1 0 443}]", "( state established sport = :80 ) or dport = :443"},
		{"sport > :1024", all, tcp.AllStates, "{0 1 1025}", ""},
		{"sport in ( 80, 8000-8999 )", all, tcp.AllStates, "[{0 0 80} [{0 1 8000} {0 2 8999}]]", ""},
		{"sport < :0", all, tcp.AllStates, "[]", ""},
		{"dst 10.0.0.0/8:443", all, tcp.AllStates, "[{1 10.0.0.0/8} {1 0 443}]", ""},
		{"src inet6:*", all, tcp.AllStates, "{0 ::/0}", ""},
		{"autobound", all, tcp.AllStates, "[{} [{0 1 32768} {0 2 60999}]]", ""},
		{"fwmark = 0x1/0x3", all, tcp.AllStates, "{1 3}", ""},
		{"fwmark = 0x1/0x3", socket.FieldsOf(socket.FieldLocalPort), tcp.AllStates, "<nil>", "fwmark = 0x1/0x3"},
		{"direction = inbound", all, directed, "<nil>", "direction = inbound"},
		{"direction = inbound", walked(), directed, "{1}", ""},
		{"direction != inbound", walked(), tcp.AllStates, "{{1}}", ""},
		{"direction != inbound or state connected", walked(), tcp.AllStates, "<nil>", "direction != inbound or state connected"},
		{"direction in ( outbound, none )", walked(), tcp.AllStates, "[{2} {0}]", ""},
		{"direction = outbound and listener = :80", walked(), directed, "{2}", "listener = *:80"},
		{"dev eth0 and rtt > 1ms", all, socket.FieldRTT.Field().States, "{2}", "rtt > 1ms"},
	} {
		states, cond, rest := query.Split(parse(t, c.src), c.can)
		if got := fmt.Sprint(cond); states != c.states || got != c.cond || rest.String() != c.rest {
			t.Errorf("%q\nis split into %v, %v, %q\nwant           %v, %v, %q", c.src, states, got, rest, c.states, c.cond, c.rest)
		}
	}
}
