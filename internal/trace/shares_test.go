// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/owner"
)

// TestShares: at any time each program has its share to within one connection, and
// services do not mix.
func TestShares(t *testing.T) {
	a, b, c := owner.Owner{Process: "a"}, owner.Owner{Process: "b"}, owner.Owner{Process: "c"}
	s := &Shares{parts: map[service]*part{}}
	s.add(service{1, 80, true}, a, 600)
	s.add(service{1, 80, true}, b, 250)
	s.add(service{1, 80, true}, c, 50)
	s.add(service{1, 80, true}, c, 100)
	s.add(service{1, 443, false}, c, 1)
	s.add(service{2, 80, true}, b, 9)
	share := map[owner.Owner]float64{a: 0.6, b: 0.25, c: 0.15}
	got := map[owner.Owner]int{}
	for n := 1; n <= 1000; n++ {
		by, ok := s.Share(1, 80, 40000)
		if !ok {
			t.Fatal("nobody")
		}
		got[by]++
		for one, part := range share {
			if off := float64(got[one]) - part*float64(n); off <= -1 || off >= 1 {
				t.Fatalf("%d of %d are %s's, want %.2f", got[one], n, one.Process, part*float64(n))
			}
		}
	}
	for _, tt := range []struct {
		netns         uint64
		local, remote uint16
		want          owner.Owner
		ok            bool
	}{{1, 40000, 443, c, true}, {1, 443, 40000, owner.Owner{}, false}, {2, 80, 40000, b, true}, {3, 80, 40000, owner.Owner{}, false}} {
		if by, ok := s.Share(tt.netns, tt.local, tt.remote); by != tt.want || ok != tt.ok {
			t.Errorf("%+v: %+v %v", tt, by, ok)
		}
	}
}
