// SPDX-License-Identifier: Apache-2.0

package diagnose

import "testing"

// TestNumbersLike: tables of names are shared only if the names are the same, and
// every number keeps its name.
func TestNumbersLike(t *testing.T) {
	first := NumbersOf(map[string]uint64{"a": 1, "b": 2, "c": 3})
	for _, test := range []struct {
		name   string
		all    map[string]uint64
		shares bool
	}{
		{"the same names", map[string]uint64{"a": 30, "b": 10, "c": 20}, true},
		{"another name", map[string]uint64{"a": 30, "b": 10, "d": 20}, false},
		{"fewer", map[string]uint64{"a": 30, "b": 10}, false},
		{"more", map[string]uint64{"a": 30, "b": 10, "c": 20, "d": 1}, false},
		{"none", nil, false},
	} {
		own := NumbersOf(test.all)
		like := own.Like(first)
		if !like.Equal(own) || like.Len() != len(test.all) {
			t.Errorf("%s: %v became %v", test.name, own, like)
		}
		for name, want := range test.all {
			if got, ok := like.Of(name); !ok || got != want {
				t.Errorf("%s: %s is %d (%t), want %d", test.name, name, got, ok, want)
			}
		}
		first.places["z"] = 0
		if _, shared := like.places["z"]; shared != test.shares {
			t.Errorf("%s: names are shared: %t", test.name, shared)
		}
		delete(first.places, "z")
	}
}
