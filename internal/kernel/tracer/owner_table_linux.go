// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
)

const (
	// crowded is how many owners in the kernel's table, of the 4,096 it has room for
	// (trace.bpf.c owners), make the idle ones leave it.
	crowded = 2048
	// movedMost is how many owners are remembered outside the kernel's table: about
	// 3 MB. When there are more, those with the smallest counts become one.
	movedMost = 1 << 14
)

// OtherOwners is the process of an owner that stands for several: so many that they are
// not told apart any more. It has no cgroup, network namespace or port.
const OtherOwners = "other"

// An ownerTable makes room in the kernel's table of owners: on a host where programs and
// containers come and go, every one that ever closed a connection would stay there.
type ownerTable struct {
	moved map[Owner]uint64 // the counts of owners that were taken out of the kernel's table
	last  map[Owner]uint64 // what the kernel's table had at the last reading, if it was crowded
}

// read returns the counts of all owners, and takes those out of the crowded table that
// did nothing since the last reading.
func (t *ownerTable) read(m *bpf.Map) (all []OwnerCount, err error) {
	var idle [][]byte
	err = m.Sums(func(key []byte, sum uint64) bool {
		o := OwnerCount{Owner: ownerOf(key), Count: sum}
		if before, ok := t.last[o.Owner]; ok && before == sum {
			idle = append(idle, append([]byte(nil), key...))
		}
		all = append(all, o)
		return true
	})
	if err != nil {
		return nil, err
	}
	t.last = nil
	if len(all) >= crowded {
		t.last = make(map[Owner]uint64, len(all))
		for _, o := range all {
			t.last[o.Owner] = o.Count
		}
	}
	all = t.withMoved(all)
	return all, t.move(m, idle)
}

// withMoved adds the counts that are no longer in the kernel's table.
func (t *ownerTable) withMoved(all []OwnerCount) []OwnerCount {
	if len(t.moved) == 0 {
		return all
	}
	here := make(map[Owner]bool, len(all))
	for i, o := range all {
		all[i].Count += t.moved[o.Owner]
		here[o.Owner] = true
	}
	for o, n := range t.moved {
		if !here[o] {
			all = append(all, OwnerCount{o, n})
		}
	}
	return all
}

// move takes owners out of the kernel's table and keeps their counts. The kernel copies
// the counts and removes them in one step, under a lock that the programs do not take:
// a program that found the owner just before counts it in vain. None of these owners did
// anything for the time between two readings.
func (t *ownerTable) move(m *bpf.Map, idle [][]byte) error {
	if t.moved == nil && len(idle) > 0 {
		t.moved = map[Owner]uint64{}
	}
	for _, key := range idle {
		o := ownerOf(key)
		if _, known := t.moved[o]; !known && len(t.moved) >= movedMost {
			t.join()
		}
		n, err := m.TakeSum(key)
		if errors.Is(err, bpf.ErrNoKey) {
			continue
		}
		if err != nil {
			return err
		}
		t.moved[o] += n
		delete(t.last, o)
	}
	return nil
}

// join makes one owner of those with the smallest counts, for each thing that they did,
// so that half of the room is free. On a host where a container lives for a minute all of
// it would else be taken after some days, by what is long gone.
func (t *ownerTable) join() {
	all := slices.SortedFunc(maps.Keys(t.moved), func(a, b Owner) int { return cmp.Compare(t.moved[a], t.moved[b]) })
	for _, o := range all[:len(all)/2] {
		n := t.moved[o]
		delete(t.moved, o)
		t.moved[Owner{What: o.What, From: o.From, Errno: o.Errno, Accepted: o.Accepted, Process: OtherOwners}] += n
	}
}
