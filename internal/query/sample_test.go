// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math/rand/v2"
	"testing"
)

func TestEstimate(t *testing.T) {
	tests := []struct {
		name          string
		sample        Sample
		seen, squares uint64
		want          Estimate
	}{
		{"all of it", Sample{100, 100}, 7, 7, Estimate{7, 7, 7, false}},
		{"nothing looked at", Sample{}, 0, 0, Estimate{0, 0, 0, false}},
		{"none seen", Sample{4096, 262144}, 0, 0, Estimate{0, 0, 251, true}},
		{"one seen", Sample{4096, 262144}, 1, 1, Estimate{64, 1, 367, true}},
		{"many, one a bucket at most", Sample{4096, 262144}, 2000, 2000, Estimate{128000, 122451, 133737, false}},
		{"clumps", Sample{4096, 262144}, 2000, 400000, Estimate{128000, 49373, 206627, false}},
	}
	for _, tt := range tests {
		if got := tt.sample.Estimate(tt.seen, tt.squares); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestEstimateHolds draws samples of made tables: the true number lies in the interval
// at least as often as stated.
func TestEstimateHolds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, total := range []int{0, 5, 60, 1000, 40_000, 1_000_000} {
		const buckets, trials = 1 << 14, 200
		table := make([]uint64, buckets)
		for range total {
			table[random.IntN(buckets)]++
		}
		held := 0
		for range trials {
			s := Sample{Buckets: buckets / 64, Of: buckets}
			var seen, squares uint64
			for _, i := range random.Perm(buckets)[:s.Buckets] {
				seen += table[i]
				squares += table[i] * table[i]
			}
			if e := s.Estimate(seen, squares); e.Low <= uint64(total) && uint64(total) <= e.High {
				held++
			}
		}
		if held < trials*93/100 {
			t.Errorf("%d sockets: the interval held in %d of %d samples", total, held, trials)
		}
	}
}
