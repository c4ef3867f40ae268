// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// some are sockets of several states and ports; from shifts their numbers.
func some(from uint64) (rows []*socket.Socket) {
	known := query.NewDiff(query.DiffOptions{}).Needs().Union(socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode))
	states := []tcp.State{tcp.Listen, tcp.Established, tcp.CloseWait, tcp.TimeWait, tcp.Established}
	for i, s := range states {
		kind := socket.Full
		if s == tcp.TimeWait {
			kind = socket.Mini
		}
		rows = append(rows, &socket.Socket{
			State: s, Kind: kind, Known: known, Cookie: from + uint64(i), Netns: &socket.Netns{Inode: 1, Name: "self"},
			Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(80+i)),
			Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), uint16(from)),
			Inode:  uint32(i % 2),
		})
	}
	return rows
}

// TestCountersAreFedAgain: after a reset a counter counts like a new one, whatever was
// added before.
func TestCountersAreFedAgain(t *testing.T) {
	keys, err := query.ParseKeys("sport,state")
	if err != nil {
		t.Fatal(err)
	}
	feed := func(c query.Counter, rows []*socket.Socket) {
		for _, s := range rows {
			c.Add(s)
		}
	}
	twice := func(c query.Counter) query.Counter {
		feed(c, some(1000)[:3])
		c.Reset()
		return c
	}
	diff := func(disturb func(query.Counter) query.Counter) *query.Differences {
		d := query.NewDiff(query.DiffOptions{Keys: keys, SameBoot: true})
		feed(disturb(d.OldSide()), some(1))
		feed(disturb(d.NewSide()), some(3))
		return d.Result(0)
	}
	once := func(c query.Counter) query.Counter { return c }
	groups := func(pivot bool, disturb func(query.Counter) query.Counter) *query.Grouped {
		g := query.NewGroups(query.GroupOptions{Keys: keys, Pivot: pivot, Sum: []*socket.Field{socket.FieldRecvQ.Field()}})
		feed(disturb(g), some(1))
		return g.Top(0)
	}
	states := func(disturb func(query.Counter) query.Counter) query.Tally {
		var c query.StateCounter
		feed(disturb(&c), some(1))
		if !c.OwnersKnown() || c.Total() != uint64(len(some(1))) || c.Of(tcp.CloseWait).Unowned != 1 {
			t.Errorf("counted %d, unowned %d", c.Total(), c.Of(tcp.CloseWait).Unowned)
		}
		return c.Tally
	}
	all := cmp.Options{
		cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{}),
		cmp.Comparer(func(a, b *socket.Field) bool { return a.Name == b.Name }),
		cmp.Exporter(func(reflect.Type) bool { return true }),
	}
	for name, pair := range map[string][2]any{
		"states": {states(once), states(twice)},
		"groups": {groups(false, once), groups(false, twice)},
		"pivot":  {groups(true, once), groups(true, twice)},
		"diff":   {diff(once), diff(twice)},
	} {
		if d := cmp.Diff(pair[0], pair[1], all); d != "" {
			t.Errorf("%s (-once +after a reset):\n%s", name, d)
		}
	}
}
