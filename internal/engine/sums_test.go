// SPDX-License-Identifier: Apache-2.0

package engine

import "testing"

// TestNoneIdle: the conditions under which a count need not read the bind table.
func TestNoneIdle(t *testing.T) {
	quiet := stand{sums{true, 7, 7}, 100}
	tests := []struct {
		name          string
		before, after stand
		full          uint64
		want          bool
	}{
		{"all are in the tables", quiet, quiet, 7, true},
		{"there are none at all", stand{sums{true, 0, 0}, 0}, stand{sums{true, 0, 0}, 0}, 0, true},
		{"one is not", stand{sums{true, 8, 7}, 100}, stand{sums{true, 8, 7}, 100}, 7, false},
		{"one was not, before", stand{sums{true, 8, 7}, 100}, quiet, 7, false},
		{"one is not, after", quiet, stand{sums{true, 8, 7}, 100}, 7, false},
		{"the dump showed fewer", quiet, quiet, 6, false},
		{"the dump showed more", quiet, quiet, 8, false},
		{"a connection began", quiet, stand{sums{true, 7, 7}, 101}, 7, false},
		{"another number of sockets", quiet, stand{sums{true, 6, 6}, 100}, 7, false},
		{"nothing could be read", stand{sums{false, 0, 0}, 0}, stand{sums{false, 0, 0}, 0}, 0, false},
		{"more in the tables than there are", stand{sums{true, 6, 7}, 100}, stand{sums{true, 6, 7}, 100}, 6, false},
	}
	for _, tt := range tests {
		if got := noneIdle(tt.before, tt.after, tt.full); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestSumsOf: a number that is missing is not zero.
func TestSumsOf(t *testing.T) {
	if s := sumsOf(map[string]uint64{"TCP.alloc": 3}, "/nowhere"); s.known {
		t.Error("inuse is missing")
	}
	if s := sumsOf(map[string]uint64{"TCP.inuse": 3}, "/nowhere"); s.known {
		t.Error("alloc is missing")
	}
	if s := sumsOf(map[string]uint64{"TCP.inuse": 3, "TCP.alloc": 3}, "/nowhere"); !s.all() {
		t.Error("all are in the tables: no IPv6 socket can be missing")
	}
}
