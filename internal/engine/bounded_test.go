// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestBounded: at most the wanted number of users' namespaces is read, and the rest is
// reported. A user with many namespaces does not displace users with few, and
// namespaces with sockets come before empty ones; root's are always read.
func TestBounded(t *testing.T) {
	all, err := netns.ParseScope("all")
	if err != nil {
		t.Fatal(err)
	}
	spaces := []*netns.Namespace{{Inode: 1, Self: true}, {Inode: 2}}
	for inode := uint64(10); inode < 20; inode++ {
		spaces = append(spaces, &netns.Namespace{Inode: inode, User: "mallory"})
	}
	spaces = append(spaces, &netns.Namespace{Inode: 20, User: "alice"}, &netns.Namespace{Inode: 21, User: "alice"}, &netns.Namespace{Inode: 22})
	some := map[uint64]*filled{15: {}, 21: {}, 22: {}}
	for _, tt := range []struct {
		most   int
		filled map[uint64]*filled
		want   []uint64
		left   int
	}{
		{0, nil, []uint64{1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22}, 0},
		{12, nil, []uint64{1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22}, 0},
		{3, nil, []uint64{1, 2, 10, 11, 20, 22}, 9},
		{2, some, []uint64{1, 2, 15, 21, 22}, 10},
		{5, some, []uint64{1, 2, 10, 11, 15, 20, 21, 22}, 7},
	} {
		s := &scanner{host: &Host{scope: all}, most: tt.most, filled: tt.filled, report: &Report{Exact: true}}
		var got []uint64
		for _, ns := range s.bounded(spaces) {
			got = append(got, ns.Inode)
		}
		var gaps []problem.Gap
		if tt.left > 0 {
			gaps = []problem.Gap{problem.Unread("network namespaces", problem.NetnsMany, tt.left)}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d: %s", tt.most, diff)
		}
		if diff := cmp.Diff(gaps, s.report.Gaps); diff != "" || s.report.Unread != tt.left || tt.left > 0 != s.report.Partial() {
			t.Errorf("%d: %d unread; %s", tt.most, s.report.Unread, diff)
		}
	}
}

// TestLargest: of more namespaces than are wanted, those with most sockets and the own
// one are read, and the rest is reported. A count reads all.
func TestLargest(t *testing.T) {
	all, err := netns.ParseScope("all")
	if err != nil {
		t.Fatal(err)
	}
	spaces := []*netns.Namespace{{Inode: 1, Self: true}, {Inode: 2}, {Inode: 3}, {Inode: 4, User: "alice"}, {Inode: 5}}
	some := map[uint64]*filled{3: {full: 1}, 4: {timeWait: 7}, 5: {}}
	for _, tt := range []struct {
		most, users int
		filled      map[uint64]*filled
		want        []uint64
	}{
		{0, 9, some, []uint64{1, 2, 3, 4, 5}},
		{5, 9, some, []uint64{1, 2, 3, 4, 5}},
		{2, 9, some, []uint64{1, 4}},
		{4, 9, some, []uint64{1, 3, 4, 5}},
		{3, 9, nil, []uint64{1, 2, 3}},
		{2, 0, some, []uint64{1, 2, 3, 4, 5}},
	} {
		s := &scanner{host: &Host{scope: all, options: Options{Most: tt.most}}, most: tt.users, filled: tt.filled, report: &Report{Exact: true}}
		var got []uint64
		for _, ns := range s.largest(spaces) {
			got = append(got, ns.Inode)
		}
		left := len(spaces) - len(tt.want)
		var gaps []problem.Gap
		if left > 0 {
			gaps = []problem.Gap{problem.Unread("network namespaces", problem.NetnsFew, tt.most, left)}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d: %s", tt.most, diff)
		}
		if diff := cmp.Diff(gaps, s.report.Gaps); diff != "" || s.report.Unread != left {
			t.Errorf("%d: %d unread; %s", tt.most, s.report.Unread, diff)
		}
	}
}
