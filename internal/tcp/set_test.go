// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"math/bits"
	"slices"
	"testing"
)

// TestSetBits: the bits are those the kernel expects in idiag_states.
func TestSetBits(t *testing.T) {
	for i := 1; i <= int(maxState); i++ {
		if got := SetOf(State(i)); got != 1<<i {
			t.Errorf("SetOf(%s): want %#x, got %#x", State(i), 1<<i, got)
		}
	}
	if AllStates != 0x3ffe {
		t.Errorf("AllStates: want %#x, got %#x", 0x3ffe, AllStates)
	}
	if SetOf() != 0 {
		t.Errorf("SetOf(): want the empty set, got %s", SetOf())
	}
}

// TestEverySet goes through all 8192 sets of states.
func TestEverySet(t *testing.T) {
	for i := StateSet(0); i <= AllStates; i += 2 {
		var want []State
		for s := Established; s <= maxState; s++ {
			if s == NewSynRecv {
				continue
			}
			has := i&(1<<s) != 0 || s == SynRecv && i&(1<<NewSynRecv) != 0
			if has {
				want = append(want, s)
			}
		}
		got := slices.Collect(i.All())
		if !slices.Equal(got, want) || i.Len() != len(want) {
			t.Fatalf("set %b: want %v, got %v (Len %d)", i, want, got, i.Len())
		}
	}
}

func TestHas(t *testing.T) {
	set := SetOf(TimeWait, Listen)
	for s := Established; s <= maxState; s++ {
		if got, want := set.Has(s), s == TimeWait || s == Listen; got != want {
			t.Errorf("Has(%s): want %v, got %v", s, want, got)
		}
	}
}

func TestAllStopsWhenTold(t *testing.T) {
	n := 0
	for range AllStates.All() {
		n++
		if n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("want 3 states, got %d", n)
	}
}

func TestGroupsPartition(t *testing.T) {
	if Bucket|Big != AllStates || Bucket&Big != 0 {
		t.Error("bucket and big are not a partition of all states")
	}
	if Connected|SetOf(Close, Listen, Bound) != AllStates {
		t.Error("connected and the rest are not all states")
	}
	for s := range Connected.All() {
		if !s.Connection() {
			t.Errorf("%s is in connected and is no connection", s)
		}
	}
	if bits.OnesCount32(uint32(Connected)) != 10 {
		t.Errorf("connected has %s", Connected)
	}
}

func TestSetString(t *testing.T) {
	for _, test := range []struct {
		set  StateSet
		want string
	}{
		{0, ""},
		{SetOf(Listen), "LISTEN"},
		{SetOf(NewSynRecv), "SYN_RECV"},
		{SetOf(SynRecv, NewSynRecv), "SYN_RECV"},
		{SetOf(Listen, Established), "ESTABLISHED,LISTEN"},
		{1 << 20, ""},
	} {
		if got := test.set.String(); got != test.want {
			t.Errorf("%b: want %q, got %q", test.set, test.want, got)
		}
	}
}
