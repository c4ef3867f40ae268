// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// TestForecastShortcut: what is not followed second by second would not have ended.
func TestForecastShortcut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ends, skipped := 0, 0
	for range 20_000 {
		free, reserve := float64(r.IntN(30_000)), float64(r.IntN(3))*r.Float64()*1000
		most := math.Pow(10, 3*r.Float64()-1)
		seconds := make([]float64, horizon+1)
		for i := range seconds {
			seconds[i] = most
			if r.IntN(4) == 0 {
				seconds[i] -= 2 * most * r.Float64()
			}
		}
		loss := func(second int) float64 { return seconds[second] }
		var quick, slow PortUse
		quick.endsAt(free, most, loss, reserve)
		slow.endsAt(free, math.Inf(1), loss, reserve)
		if quick.WillEnd != slow.WillEnd || quick.RunsOut != slow.RunsOut {
			t.Fatalf("%v free, at most %v a second, reserve %v: %v in %v, want %v in %v", free, most, reserve, quick.WillEnd, quick.RunsOut, slow.WillEnd, slow.RunsOut)
		}
		if slow.WillEnd {
			ends++
		}
		if free-most*horizon > reserve+1 {
			skipped++
		}
	}
	if ends < 1000 || skipped < 1000 {
		t.Errorf("%d end and %d are not followed: too few to prove anything", ends, skipped)
	}
}

// BenchmarkJudgePorts judges a program that talks to 40,000 destinations.
func BenchmarkJudgePorts(b *testing.B) {
	reading := func(each int) *PortReading {
		space := &portSpace{rules: &PortRules{Low: 32768, High: 60999}, destinations: map[destination]*portUse{}, sources: map[netip.Addr]*portSource{}}
		local := netip.MustParseAddr("10.0.0.1")
		for i := range 40_000 {
			remote := netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("10.1.%d.%d", i/256, i%256)), 443)
			space.destinations[destination{local: local, remote: remote}] = &portUse{live: each}
		}
		return &PortReading{spaces: map[uint64]*portSpace{1: space}}
	}
	now, before := reading(3), reading(2)
	b.ReportAllocs()
	for b.Loop() {
		JudgePorts(now, before, 10*time.Second)
	}
}
