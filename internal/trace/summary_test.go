// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"slices"
	"testing"
)

// TestSortJoinsDoers: what one doer did is one line, wherever its counts come from, and
// whoever differs in anything keeps a line of its own.
func TestSortJoinsDoers(t *testing.T) {
	web := Doer{Process: "web", Unit: "web.service", Netns: "host", Port: 80, Accepted: true, Count: 2}
	other, kernel, outgoing, elsewhere := web, web, web, web
	other.Unit, kernel.Kernel, outgoing.Accepted, elsewhere.Container = "web2.service", true, false, "0123456789ab"
	var e End
	for _, d := range []Doer{web, other, web, kernel, outgoing, elsewhere, web, {Process: "db", Port: 5432, Count: 5}} {
		e.add(d)
	}
	e.sort()
	joined := web
	joined.Count = 6
	want := []Doer{joined, {Process: "db", Port: 5432, Count: 5}, outgoing, kernel, elsewhere, other}
	if !slices.Equal(e.By, want) || e.Count != 19 {
		t.Errorf("%d: %+v, want %+v", e.Count, e.By, want)
	}
}

// BenchmarkManyDoers is the sum of what 4,096 owners did, as the kernel's table holds.
func BenchmarkManyDoers(b *testing.B) {
	names := make([]string, 4096)
	for i := range names {
		names[i] = string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
	}
	for b.Loop() {
		var e End
		for i, name := range names {
			e.add(Doer{Process: name, Unit: "init.scope", Netns: "4026531840", Port: 80, Count: uint64(i % 7)})
		}
		e.sort()
	}
}
