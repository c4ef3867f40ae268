// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// figure5 is RFC 9293 figure 5, read off the drawing from top to bottom.
const figure5 = `
CLOSED       LISTEN       listen()
CLOSED       SYN-SENT     connect()      SYN
LISTEN       CLOSED       close()
LISTEN       SYN-RECEIVED rcv SYN        SYN,ACK
LISTEN       SYN-SENT     send()         SYN
SYN-SENT     CLOSED       close()
SYN-SENT     SYN-RECEIVED rcv SYN        SYN,ACK
SYN-SENT     ESTABLISHED  rcv SYN,ACK    ACK
SYN-RECEIVED LISTEN       rcv RST
SYN-RECEIVED ESTABLISHED  rcv ACK of SYN
SYN-RECEIVED FIN-WAIT-1   close()        FIN
ESTABLISHED  FIN-WAIT-1   close()        FIN
ESTABLISHED  CLOSE-WAIT   rcv FIN        ACK
FIN-WAIT-1   FIN-WAIT-2   rcv ACK of FIN
FIN-WAIT-1   CLOSING      rcv FIN        ACK
FIN-WAIT-2   TIME-WAIT    rcv FIN        ACK
CLOSING      TIME-WAIT    rcv ACK of FIN
CLOSE-WAIT   LAST-ACK     close()        FIN
LAST-ACK     CLOSED       rcv ACK of FIN
TIME-WAIT    CLOSED       60 s are over
`

func TestFigure5(t *testing.T) {
	var want []string
	for line := range strings.Lines(strings.TrimSpace(figure5)) {
		want = append(want, strings.Join(strings.Fields(line), " "))
	}
	var got []string
	for _, tr := range Transitions() {
		if tr.Figure {
			line := fmt.Sprintf("%s %s %s %s", tr.From.RFC(), tr.To.RFC(), tr.Event, tr.Sends)
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("edges of figure 5:\nwant %s\n got %s", strings.Join(want, "\n     "), strings.Join(got, "\n     "))
	}
}

// TestLinuxEdges pins what Linux has beyond the figure, so that an edge cannot
// come or go unnoticed.
func TestLinuxEdges(t *testing.T) {
	want := []string{
		"BOUND>CLOSE close()", "BOUND>LISTEN listen()", "BOUND>SYN_SENT connect()",
		"CLOSE>BOUND bind()",
		"CLOSE_WAIT>CLOSE abort", "CLOSE_WAIT>CLOSE no answer", "CLOSE_WAIT>CLOSE rcv RST",
		"CLOSING>CLOSE abort", "CLOSING>CLOSE limit reached", "CLOSING>CLOSE no answer", "CLOSING>CLOSE rcv RST",
		"ESTABLISHED>CLOSE abort", "ESTABLISHED>CLOSE no answer", "ESTABLISHED>CLOSE rcv RST",
		"FIN_WAIT1>CLOSE abort", "FIN_WAIT1>CLOSE limit reached", "FIN_WAIT1>CLOSE no answer",
		"FIN_WAIT1>CLOSE rcv RST", "FIN_WAIT1>CLOSE rcv data", "FIN_WAIT1>TIME_WAIT rcv FIN+ACK",
		"FIN_WAIT2>CLOSE abort", "FIN_WAIT2>CLOSE limit reached", "FIN_WAIT2>CLOSE no answer",
		"FIN_WAIT2>CLOSE rcv RST", "FIN_WAIT2>CLOSE rcv data", "FIN_WAIT2>CLOSE tcp_fin_timeout",
		"LAST_ACK>CLOSE abort", "LAST_ACK>CLOSE limit reached", "LAST_ACK>CLOSE no answer", "LAST_ACK>CLOSE rcv RST",
		"LISTEN>CLOSE abort",
		"SYN_RECV>CLOSE abort", "SYN_RECV>CLOSE listener closed", "SYN_RECV>CLOSE no answer", "SYN_RECV>CLOSE rcv RST",
		"SYN_SENT>CLOSE abort", "SYN_SENT>CLOSE no answer", "SYN_SENT>CLOSE rcv RST",
		"TIME_WAIT>CLOSE abort", "TIME_WAIT>CLOSE rcv RST", "TIME_WAIT>SYN_RECV rcv SYN", "TIME_WAIT>SYN_SENT connect()",
	}
	var got []string
	for _, tr := range Transitions() {
		if !tr.Figure {
			got = append(got, fmt.Sprintf("%s>%s %s", tr.From, tr.To, tr.Event))
		}
	}
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("edges that Linux adds:\nwant %q\n got %q", want, got)
	}
}

func TestTransitionsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	sections := []string{
		"", "3.3.2", "3.5", "3.5.3", "3.6.1", "3.8.3", "3.8.4",
		"3.10.1", "3.10.2", "3.10.4", "3.10.5", "3.10.7.2", "3.10.7.3", "3.10.7.4",
	}
	for _, tr := range Transitions() {
		name := fmt.Sprintf("%s>%s %s", tr.From, tr.To, tr.Event)
		switch {
		case seen[name]:
			t.Errorf("%s is there twice", name)
		case !tr.From.Valid() || !tr.To.Valid() || !tr.Event.Valid():
			t.Errorf("%s has an invalid part", name)
		case tr.From == tr.To:
			t.Errorf("%s leads nowhere", name)
		case tr.From == NewSynRecv || tr.To == NewSynRecv:
			t.Errorf("%s: a request socket is reported as SYN_RECV", name)
		case !tr.Figure && !tr.Linux:
			t.Errorf("%s belongs to nobody", name)
		case tr.Figure && tr.RFC == "":
			t.Errorf("%s: an edge of the figure without a section", name)
		case !slices.Contains(sections, tr.RFC):
			t.Errorf("%s: section %s is not one of the RFC's", name, tr.RFC)
		case !strings.Contains(tr.Kernel, ".c ") && !strings.Contains(tr.Kernel, ".h "):
			t.Errorf("%s: %q names no file and function", name, tr.Kernel)
		case !slices.Contains([]string{"", "SYN", "SYN,ACK", "ACK", "FIN", "RST"}, tr.Sends):
			t.Errorf("%s sends %q", name, tr.Sends)
		}
		seen[name] = true
	}
}

// reachable returns the states that can be reached from start over the edges
// that use allows.
func reachable(start State, use func(Transition) bool) map[State]bool {
	reached := map[State]bool{start: true}
	for grown := true; grown; {
		grown = false
		for _, tr := range Transitions() {
			if use(tr) && reached[tr.From] && !reached[tr.To] {
				reached[tr.To], grown = true, true
			}
		}
	}
	return reached
}

func TestEveryStateIsReachableAndHasAWayOut(t *testing.T) {
	graphs := map[string]func(Transition) bool{
		"RFC":   func(tr Transition) bool { return tr.Figure },
		"Linux": func(tr Transition) bool { return tr.Linux },
	}
	for name, use := range graphs {
		fromClose := reachable(Close, use)
		for s := range AllStates.All() {
			if s == Bound && name == "RFC" {
				continue // the RFC does not know it
			}
			if !fromClose[s] {
				t.Errorf("%s: %s cannot be reached from CLOSE", name, s)
			}
			if !reachable(s, use)[Close] {
				t.Errorf("%s: no way from %s back to CLOSE", name, s)
			}
		}
	}
}

func TestNextAndPreviousAreTheWholeGraph(t *testing.T) {
	next, previous := 0, 0
	for s := range AllStates.All() {
		figureOver := false
		for _, tr := range s.Next() {
			next++
			if tr.From != s {
				t.Errorf("%s.Next() has an edge of %s", s, tr.From)
			}
			if tr.Figure && figureOver {
				t.Errorf("%s.Next(): edges of the figure do not come first", s)
			}
			figureOver = figureOver || !tr.Figure
		}
		for _, tr := range s.Previous() {
			previous++
			if tr.To != s {
				t.Errorf("%s.Previous() has an edge to %s", s, tr.To)
			}
		}
	}
	if all := len(Transitions()); next != all || previous != all {
		t.Errorf("want %d edges, got %d by Next and %d by Previous", all, next, previous)
	}
	if !slices.Equal(NewSynRecv.Next(), SynRecv.Next()) {
		t.Error("NEW_SYN_RECV does not lead where SYN_RECV leads")
	}
}

func TestEvents(t *testing.T) {
	used := map[Event]bool{}
	for _, tr := range Transitions() {
		used[tr.Event] = true
	}
	words := map[string]Event{}
	for _, e := range Events() {
		switch other, twice := words[e.String()]; {
		case e.String() == "":
			t.Errorf("event %d has no words", e)
		case twice:
			t.Errorf("events %d and %d are both %q", e, other, e)
		case !used[e]:
			t.Errorf("%s is the event of no edge", e)
		case !e.Valid():
			t.Errorf("%s is not valid", e)
		case e.Segment() && e.Call():
			t.Errorf("%s is both a segment and a call", e)
		case e.Segment() != strings.HasPrefix(e.String(), "rcv "):
			t.Errorf("%s: Segment() = %v", e, e.Segment())
		case e.Call() != (strings.HasSuffix(e.String(), "()") || e == AbortCall):
			t.Errorf("%s: Call() = %v", e, e.Call())
		}
		words[e.String()] = e
	}
	if len(used) != len(Events()) {
		t.Errorf("%d events are used, %d exist", len(used), len(Events()))
	}
	for _, e := range []Event{0, lastEvent + 1} {
		if e.Valid() || e.String() != "" {
			t.Errorf("%d is valid or has words", e)
		}
	}
}

func TestLimits(t *testing.T) {
	type limit struct {
		s State
		h Holder
		w While
	}
	want := map[limit]time.Duration{ // 0: without limit
		{Listen, ByProcess, Always}:          0,
		{Bound, ByProcess, Always}:           0,
		{Close, ByProcess, Always}:           0,
		{SynSent, ByProcess, Unacked}:        131 * time.Second,
		{SynRecv, ByRequest, Unacked}:        63 * time.Second,
		{Established, ByProcess, Idle}:       0,
		{Established, ByProcess, ZeroWindow}: 0,
		{Established, ByProcess, Keepalive}:  7875 * time.Second,
		{Established, ByProcess, Unacked}:    924600 * time.Millisecond,
		{CloseWait, ByProcess, Idle}:         0,
		{CloseWait, ByProcess, ZeroWindow}:   0,
		{CloseWait, ByProcess, Keepalive}:    7875 * time.Second,
		{CloseWait, ByProcess, Unacked}:      924600 * time.Millisecond,
		{FinWait1, ByProcess, Unacked}:       924600 * time.Millisecond,
		{FinWait1, ByOrphanage, Unacked}:     102200 * time.Millisecond,
		{Closing, ByProcess, Unacked}:        924600 * time.Millisecond,
		{Closing, ByOrphanage, Unacked}:      102200 * time.Millisecond,
		{LastAck, ByProcess, Unacked}:        924600 * time.Millisecond,
		{LastAck, ByOrphanage, Unacked}:      102200 * time.Millisecond,
		{FinWait2, ByProcess, Always}:        0,
		{FinWait2, ByMini, Always}:           60 * time.Second,
		{TimeWait, ByMini, Always}:           60 * time.Second,
	}
	got := 0
	for s := range AllStates.All() {
		for _, l := range s.Limits() {
			got++
			longest, ok := want[limit{l.State, l.Holder, l.While}]
			switch {
			case !ok:
				t.Errorf("unexpected limit %+v", l)
			case longest != l.Longest:
				t.Errorf("%s %s %s: want %s, got %s", s, l.Holder, l.While, longest, l.Longest)
			case l.Unbounded() != (longest == 0):
				t.Errorf("%s %s %s: Unbounded() = %v", s, l.Holder, l.While, l.Unbounded())
			case l.Sysctl != strings.HasPrefix(l.Name, "net.ipv4."):
				t.Errorf("%s %s: is %q a sysctl?", s, l.Holder, l.Name)
			case l.Holder.String() == "" || l.While.String() == "":
				t.Errorf("%+v has a part without words", l)
			case l.Holder != ByProcess && l.Holder != ByRequest && !s.Orphanable():
				t.Errorf("%s cannot be an orphan", s)
			}
		}
	}
	if got != len(want) {
		t.Errorf("want %d limits, got %d", len(want), got)
	}
	if len(NewSynRecv.Limits()) != 1 || NewSynRecv.Limits()[0].State != SynRecv {
		t.Error("NEW_SYN_RECV has not the limits of SYN_RECV")
	}
	if len(State(99).Limits()) != 0 || Holder(0).String() != "" || While(0).String() != "" {
		t.Error("what does not exist has a limit or a name")
	}
}

// TestKernelModel computes the modelled lifetimes from the kernel's formula
// (tcp_timer.c tcp_model_timeout) instead of trusting the constants.
func TestKernelModel(t *testing.T) {
	const rtoMin, rtoMax = 200 * time.Millisecond, 120 * time.Second
	model := func(retries int) time.Duration {
		var total time.Duration
		for k, rto := 0, rtoMin; k <= retries; k, rto = k+1, min(2*rto, rtoMax) {
			total += rto
		}
		return total
	}
	sum := func(retries int) (total time.Duration) { // initial RTO 1 s
		for k := range retries + 1 {
			total += time.Second << k
		}
		return total
	}
	for _, test := range []struct {
		name      string
		want, got time.Duration
	}{
		{"tcp_retries2 15", model(15), retries2Time},
		{"tcp_orphan_retries 8", model(8), orphanRetriesTime},
		{"tcp_synack_retries 5", sum(5), synackRetriesTime},
		{"tcp_syn_retries 6, 4 linear", sum(6) + 4*time.Second, synRetriesTime},
	} {
		if test.want != test.got {
			t.Errorf("%s: want %s, got %s", test.name, test.want, test.got)
		}
	}
}
