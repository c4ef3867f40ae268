// SPDX-License-Identifier: Apache-2.0

package engine

import "testing"

// TestCosts: the cheaper engine depends on how full the table is, how much of it is
// wanted, and how many namespaces have to be visited.
func TestCosts(t *testing.T) {
	const buckets = 1 << 18
	tests := []struct {
		name string
		size Size
		walk bool
	}{
		{"an idle host", Size{1, 100, 100, buckets}, false},
		{"a small table", Size{1, 100, 100, 1 << 13}, false},
		{"a full host", Size{1, 1_000_000, 1_000_000, buckets}, true},
		{"a small namespace on a full host", Size{1, 3_000_000, 10, buckets}, true},
		{"a small namespace beside few", Size{1, 50_000, 10, buckets}, false},
		{"some namespaces on an idle host", Size{3, 500, 500, buckets}, false},
		{"many namespaces on an idle host", Size{50, 500, 500, buckets}, true},
		{"all of a full host, however many namespaces", Size{0, 1_000_000, 1_000_000, buckets}, true},
	}
	for _, tt := range tests {
		if walk := tt.size.walkCost() < tt.size.dumpCost(); walk != tt.walk {
			t.Errorf("%s: a walk takes %v, a dump %v", tt.name, tt.size.walkCost(), tt.size.dumpCost())
		}
	}
}
