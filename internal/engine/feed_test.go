// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// disturbedHost has two listeners. Its first dumps are simulated as disturbed after
// one of them, because the kernel cannot be made to do that at a given moment.
func disturbedHost(t *testing.T, disturbed int) *Host {
	t.Helper()
	h, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.engines = []engine{{name: "test", rows: func(s *scanner) error {
		row := &socket.Socket{State: tcp.Listen, Kind: socket.Full, Inode: 7}
		row.Known = socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode)
		s.offer(row)
		if disturbed--; disturbed >= 0 {
			s.report.disturb(problem.Gap{Source: "test", Reason: "disturbed"})
			return nil
		}
		s.offer(row)
		return nil
	}}}
	return h
}

// TestCountersAreFedAgainAfterADisturbedDump: no socket is counted twice, and if the
// last dump is disturbed too, the answer is not exact.
func TestCountersAreFedAgainAfterADisturbedDump(t *testing.T) {
	keys := stateKeys()
	for disturbed, want := range map[int]struct {
		sockets uint64
		exact   bool
	}{0: {2, true}, 1: {2, true}, 2: {2, true}, 9: {1, false}} {
		states, groups := &query.StateCounter{}, query.NewGroups(query.GroupOptions{Keys: keys})
		r, err := Feed(context.Background(), disturbedHost(t, disturbed), nil, states, groups)
		if err != nil || states.Total() != want.sockets || groups.Total() != want.sockets || r.Exact != want.exact || (len(r.Gaps) == 0) != want.exact {
			t.Errorf("disturbed %d times, fed: %d and %d sockets, %+v, %v", disturbed, states.Total(), groups.Total(), r, err)
		}
		q := Counting{Keys: query.Keys{keys[0]}}
		var counted uint64
		q.Again = func() { counted = 0 }
		r, err = disturbedHost(t, disturbed).Count(context.Background(), q, func(_ *socket.Socket, n Counted) { counted += n.Sockets })
		if err != nil || counted != want.sockets || r.Exact != want.exact {
			t.Errorf("disturbed %d times: counted %d, %+v, %v", disturbed, counted, r, err)
		}
	}
	rows := 0
	r, err := disturbedHost(t, 1).Rows(context.Background(), Scan{}, Visit(func(*socket.Socket) bool { rows++; return true }))
	if err != nil || rows != 1 || r.Exact {
		t.Errorf("what was shown cannot be taken back: %d rows, %+v, %v", rows, r, err)
	}
}

// TestVisitorEndsTheScan: a visitor's error is returned and is not a gap.
func TestVisitorEndsTheScan(t *testing.T) {
	refusal := errors.New("full")
	for _, v := range []*refuser{{enter: refusal}, {leave: refusal}} {
		h := disturbedHost(t, 0)
		_, err := h.Rows(context.Background(), Scan{}, v)
		if !errors.Is(err, refusal) {
			t.Errorf("%+v: %v", v, err)
		}
	}
}

type refuser struct{ enter, leave error }

func (r *refuser) Enter(*Space) error { return r.enter }

func (r *refuser) Leave(*Space) error { return r.leave }

func (*refuser) Row(*socket.Socket) bool { return true }
