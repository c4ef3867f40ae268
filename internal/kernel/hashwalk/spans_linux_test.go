// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestSpansOfOwnTables: connections are looked for where those of the wanted
// namespaces can be, and nowhere else.
func TestSpansOfOwnTables(t *testing.T) {
	all := []table{
		{inum: 1, ehashMask: 7, lhash2Mask: 7, bhashSize: 8},
		{inum: 2, pernet: 1, ehashMask: 3, lhash2Mask: 7, bhashSize: 8},
		{inum: 3, pernet: 1, ehashMask: 3, lhash2Mask: 7, bhashSize: 8},
	}
	for _, tt := range []struct {
		netns  []uint64
		tables []uint32 // in which connections are looked for
	}{
		{nil, []uint32{0, 1, 2}},
		{[]uint64{2}, []uint32{1}},
		{[]uint64{2, 3}, []uint32{1, 2}},
		{[]uint64{9}, []uint32{0}},
		{[]uint64{2, 9}, []uint32{0, 1}},
	} {
		list, _, _ := spans(&Query{Netns: tt.netns, States: tcp.AllStates}, all)
		var tables []uint32
		others := 0
		for _, s := range list {
			if s.which == established {
				tables = append(tables, s.table)
			} else {
				others++
			}
		}
		if !slices.Equal(tables, tt.tables) || others != 2 {
			t.Errorf("of %v: tables %v and %d others, want %v and 2", tt.netns, tables, others, tt.tables)
		}
	}
}
