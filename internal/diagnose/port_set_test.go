// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPortSet: a set behaves the same with few ports and with many.
func TestPortSet(t *testing.T) {
	made := func(n int, seed uint64) (s portSet, want map[uint16]bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		want = map[uint16]bool{}
		for len(want) < n {
			p := uint16(r.Uint32())
			if s.add(p) == want[p] {
				t.Fatalf("port %d: told wrongly whether it is new", p)
			}
			want[p] = true
		}
		return s, want
	}
	sizes := []int{0, 1, fewPorts - 1, fewPorts, fewPorts + 1, 5000}
	for i, m := range sizes {
		a, inA := made(m, 1)
		if got := slices.Collect(a.all()); a.len() != m || len(got) != m {
			t.Errorf("%d ports: len %d, %d listed", m, a.len(), len(got))
		}
		for p := range 1 << 16 {
			if a.has(uint16(p)) != inA[uint16(p)] {
				t.Fatalf("%d ports: has %d is wrong", m, p)
			}
		}
		for _, n := range sizes[i:] {
			b, inB := made(n, uint64(2))
			both := len(inA)
			for p := range inB {
				if !inA[p] {
					both++
				}
			}
			u := union(a, b)
			if got := countUnion(&a, &b); got != both || u.len() != both || a.len() != m {
				t.Errorf("%d and %d ports: union %d and %d, want %d", m, n, got, u.len(), both)
			}
		}
	}
}
