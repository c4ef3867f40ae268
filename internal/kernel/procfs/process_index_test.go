// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndex: the pairs of an inode are found wherever they are: numbers that
// stand together, far apart, at both ends of what there can be, and many of one.
func TestIndex(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	lists := [][]uint32{
		nil, {1}, {math.MaxUint32}, {1, math.MaxUint32}, {7, 7, 7}, {1, 2, 3, math.MaxUint32 - 1, math.MaxUint32},
	}
	for _, spread := range []uint32{10, 1000, 1 << 20, math.MaxUint32} {
		var list []uint32
		for range 500 {
			list = append(list, 1+random.Uint32N(spread))
		}
		lists = append(lists, list)
	}
	for _, list := range lists {
		p := &Processes{procs: make([]Process, len(list)+1)}
		want := map[uint32]int{}
		for i, inode := range list {
			p.pairs = append(p.pairs, uint64(inode)<<32|uint64(i))
			want[inode]++
		}
		slices.Sort(p.pairs)
		p.places = indexOf(p.pairs)
		for inode := range want {
			for _, near := range []uint32{inode, inode - 1, inode + 1} {
				if h, _ := p.Lookup(near); near != 0 && h.Count != want[near] {
					t.Errorf("%d of %d numbers, want %d", h.Count, len(list), want[near])
				}
			}
		}
		if h, ok := p.Lookup(0); ok {
			t.Errorf("who has no socket open is %+v", h)
		}
	}
}
