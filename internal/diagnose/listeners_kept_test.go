// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// calm makes n healthy listeners, each at its own address and port.
func calm(n int) (all []*socket.Socket) {
	for i := range n {
		all = append(all, at(fmt.Sprintf("127.1.%d.%d:90", i>>8, i&255), door(uint64(1000+i), 0, 128, 0)))
	}
	return all
}

// TestListenersLeftOut: listeners in trouble are kept wherever they come in the dump;
// otherwise the first ones are kept. Every one that is not kept is counted.
func TestListenersLeftOut(t *testing.T) {
	const more = 500
	full, dropping := at("10.0.0.1:90", door(1, 129, 128, 0)), at("10.0.0.2:90", door(2, 0, 128, 7))
	for name, rows := range map[string][]*socket.Socket{
		"first": slices.Concat([]*socket.Socket{full, dropping}, calm(diagnose.ListenersKept+more-2)),
		"last":  slices.Concat(calm(diagnose.ListenersKept+more-2), []*socket.Socket{dropping, full}),
	} {
		r := reading(4096, rows)
		all := diagnose.JudgeQueues(r, nil, 0)
		if len(all) != diagnose.ListenersKept || r.LeftOut() != more {
			t.Errorf("%s: %d kept, %d left out", name, len(all), r.LeftOut())
		}
		if all[0].Socket.Cookie != 1 || all[0].Severity != diagnose.Critical || all[1].Socket.Cookie != 2 || all[1].Severity != diagnose.Notice {
			t.Errorf("%s: %v, %v before all others", name, all[0].Socket, all[1].Socket)
		}
	}
}

// TestListenersAllKept: while there is room nothing is left out.
func TestListenersAllKept(t *testing.T) {
	r := reading(4096, calm(diagnose.ListenersKept))
	if n := len(diagnose.JudgeQueues(r, nil, 0)); n != diagnose.ListenersKept || r.LeftOut() != 0 {
		t.Errorf("%d kept, %d left out", n, r.LeftOut())
	}
}

// TestLeftOutIsNobodyElses: connections that wait for a listener that was not kept are
// not attributed to the wildcard listener.
func TestLeftOutIsNobodyElses(t *testing.T) {
	wildcard := at("0.0.0.0:90", door(1, 3, 128, 0))
	r := reading(4096, calm(diagnose.ListenersKept+1), []*socket.Socket{wildcard}, guests(tcp.SynRecv, "127.1.78.32:90", upTo(300)...))
	if q := diagnose.JudgeQueues(r, nil, 0)[0]; q.SynRecv != 0 {
		t.Errorf("%v has %d half-open connections of one that was left out", q.Socket.Local, q.SynRecv)
	}
}

// TestLeftOutBefore: a listener that was not kept at the first reading is not said to
// have dropped in the window what it dropped earlier.
func TestLeftOutBefore(t *testing.T) {
	busy := calm(diagnose.ListenersKept)
	for _, s := range busy {
		s.Mem.Drops = 9
	}
	late := at("10.0.0.1:90", door(1, 0, 128, 5))
	before := counted(7, reading(4096, busy, []*socket.Socket{late}))
	now := counted(7+3, reading(4096, []*socket.Socket{at("10.0.0.1:90", door(1, 0, 128, 5))}))
	q := diagnose.JudgeQueues(now, before, time.Second)[0]
	if q.Severity > diagnose.Notice || q.Window != nil {
		t.Errorf("%v: %v, window %v", q.Severity, q.Signs, q.Window)
	}
}

// TestRoomIsShared: the namespaces of a machine share the room, and each gets some of
// it.
func TestRoomIsShared(t *testing.T) {
	room := &diagnose.ListenerRoom{}
	kept := func(rows []*socket.Socket) int {
		r := &diagnose.QueueReading{Room: room}
		for _, s := range rows {
			r.Add(s, true)
		}
		return len(diagnose.JudgeQueues(r, nil, 0))
	}
	if first, second := kept(calm(diagnose.ListenersKept)), kept(calm(1000)); first != diagnose.ListenersKept || second < 1 || second >= 1000 {
		t.Errorf("%d and %d kept", first, second)
	}
}

// TestAllocOfLeftOut: a listener that is not kept costs no allocation of its own.
func TestAllocOfLeftOut(t *testing.T) {
	r := reading(4096, calm(diagnose.ListenersKept+100))
	s := calm(1)[0]
	if n := testing.AllocsPerRun(1000, func() { r.Add(s, true) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
