// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"
	"testing"
)

// TestSketch: a set has the same sketch in any order; a set that only lost members has
// no new ones; a set that gained members has.
func TestSketch(t *testing.T) {
	of := func(from, to int, backwards bool) (s sketch) {
		var all []netip.AddrPort
		for i := from; i < to; i++ {
			all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 4000))
		}
		if backwards {
			slices.Reverse(all)
		}
		for _, a := range all {
			s.add(a)
		}
		return s
	}
	for _, n := range []int{1, 10, sketchMost, 1000} {
		whole := of(0, n, false)
		if !slices.Equal(whole, of(0, n, true)) || len(whole) != min(n, sketchMost) {
			t.Errorf("%d members: the sketch is of the order", n)
		}
		if left := of(n/2, n, false); left.since(whole) {
			t.Errorf("%d members, of which half are gone: some are new", n)
		}
		if more := of(n/2, n+n/2+1, true); !more.since(whole) {
			t.Errorf("%d members and half as many others: none is new", n)
		}
	}
}
