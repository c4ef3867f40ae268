// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"slices"
	"testing"
)

// TestNumbers pins the numbers of include/net/tcp_states.h.
func TestNumbers(t *testing.T) {
	want := []State{
		Established, SynSent, SynRecv, FinWait1, FinWait2, TimeWait, Close,
		CloseWait, LastAck, Listen, Closing, NewSynRecv, Bound,
	}
	for i, s := range want {
		if int(s) != i+1 {
			t.Errorf("%s: want %d, got %d", s, i+1, s)
		}
	}
	if int(maxState) != len(want) {
		t.Errorf("want %d states, got %d", len(want), maxState)
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		s                 State
		name, rfc, metric string
	}{
		{Established, "ESTABLISHED", "ESTABLISHED", "established"},
		{SynSent, "SYN_SENT", "SYN-SENT", "syn_sent"},
		{SynRecv, "SYN_RECV", "SYN-RECEIVED", "syn_recv"},
		{FinWait1, "FIN_WAIT1", "FIN-WAIT-1", "fin_wait1"},
		{FinWait2, "FIN_WAIT2", "FIN-WAIT-2", "fin_wait2"},
		{TimeWait, "TIME_WAIT", "TIME-WAIT", "time_wait"},
		{Close, "CLOSE", "CLOSED", "close"},
		{CloseWait, "CLOSE_WAIT", "CLOSE-WAIT", "close_wait"},
		{LastAck, "LAST_ACK", "LAST-ACK", "last_ack"},
		{Listen, "LISTEN", "LISTEN", "listen"},
		{Closing, "CLOSING", "CLOSING", "closing"},
		{NewSynRecv, "SYN_RECV", "SYN-RECEIVED", "syn_recv"},
		{Bound, "BOUND", "", "bound"},
		{0, "State(0)", "", "state(0)"},
		{14, "State(14)", "", "state(14)"},
		{255, "State(255)", "", "state(255)"},
	} {
		if got := test.s.String(); got != test.name {
			t.Errorf("%d.String(): want %q, got %q", test.s, test.name, got)
		}
		if got := test.s.RFC(); got != test.rfc {
			t.Errorf("%s.RFC(): want %q, got %q", test.s, test.rfc, got)
		}
		if got := test.s.Metric(); got != test.metric {
			t.Errorf("%s.Metric(): want %q, got %q", test.s, test.metric, got)
		}
	}
}

// TestPredicates is the full truth table: for each predicate the states for
// which it holds; for every other value of State it must not.
func TestPredicates(t *testing.T) {
	for _, test := range []struct {
		name string
		is   func(State) bool
		want []State
	}{
		{"Valid", State.Valid, []State{
			Established, SynSent, SynRecv, FinWait1, FinWait2, TimeWait, Close,
			CloseWait, LastAck, Listen, Closing, NewSynRecv, Bound,
		}},
		{"Synchronized", State.Synchronized, []State{
			Established, FinWait1, FinWait2, TimeWait, CloseWait, LastAck, Closing,
		}},
		{"HalfOpen", State.HalfOpen, []State{SynSent, SynRecv, NewSynRecv}},
		{"Teardown", State.Teardown, []State{FinWait1, FinWait2, TimeWait, CloseWait, LastAck, Closing}},
		{"ActiveClose", State.ActiveClose, []State{FinWait1, FinWait2, TimeWait, Closing}},
		{"PassiveClose", State.PassiveClose, []State{CloseWait, LastAck}},
		{"Orphanable", State.Orphanable, []State{FinWait1, FinWait2, TimeWait, LastAck, Closing}},
		{"Connection", State.Connection, []State{
			Established, SynSent, SynRecv, FinWait1, FinWait2, TimeWait,
			CloseWait, LastAck, Closing, NewSynRecv,
		}},
	} {
		for i := range 256 {
			s := State(i)
			if got, want := test.is(s), slices.Contains(test.want, s); got != want {
				t.Errorf("%s.%s(): want %v, got %v", s, test.name, want, got)
			}
		}
	}
}

func TestReported(t *testing.T) {
	for i := range 256 {
		s, want := State(i), State(i)
		if s == NewSynRecv {
			want = SynRecv
		}
		if got := s.Reported(); got != want {
			t.Errorf("%d.Reported(): want %s, got %s", i, want, got)
		}
	}
}
