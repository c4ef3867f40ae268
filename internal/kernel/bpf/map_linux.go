// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/cilium/ebpf"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Map is memory that the program and this process share. Keys and values are bytes,
// laid out by the program.
type Map struct{ m *ebpf.Map }

// ErrNoKey is matched when a map has no such key.
var ErrNoKey = problem.New("no such key in the map", "映射中没有这个键")

// Sizes returns how many bytes a key and a value have.
func (m *Map) Sizes() (key, value int) { return int(m.m.KeySize()), int(m.m.ValueSize()) }

// Lookup copies the value of the key.
func (m *Map) Lookup(key, value []byte) error {
	err := m.m.Lookup(key, &value)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return ErrNoKey
	}
	return wrap(m, "look up", err)
}

// Put stores a value under the key.
func (m *Map) Put(key, value []byte) error { return wrap(m, "write", m.m.Put(key, value)) }

// Delete removes the key. A missing key is no error.
func (m *Map) Delete(key []byte) error {
	err := m.m.Delete(key)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return wrap(m, "delete from", err)
}

// Each calls visit for every key and value of the map until visit returns false. Key
// and value are valid during the call. The map must not be written meanwhile.
func (m *Map) Each(visit func(key, value []byte) bool) error {
	return m.each(m.m.BatchLookup, visit)
}

// Sums is for a map whose value is one 64-bit counter per processor. It calls visit
// for every key with the sum of its counters, until visit returns false. Programs may
// count meanwhile; a new key may be missed until the next call.
func (m *Map) Sums(visit func(key []byte, sum uint64) bool) error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return problem.Errorf("bpf: count processors: %w", "bpf：统计处理器：%w", err)
	}
	keys, keyBytes := arrays(int(m.m.KeySize()))
	counts := make([]uint64, batch*cpus)
	keySize := len(keyBytes) / batch
	var cursor ebpf.MapBatchCursor
	for {
		n, err := m.m.BatchLookup(&cursor, keys, counts, nil)
		last := errors.Is(err, ebpf.ErrKeyNotExist)
		if err != nil && !last {
			return wrap(m, "read", err)
		}
		for i := range n {
			var sum uint64
			for _, c := range counts[i*cpus : (i+1)*cpus] {
				sum += c
			}
			if !visit(keyBytes[i*keySize:(i+1)*keySize], sum) {
				return nil
			}
		}
		if last {
			return nil
		}
	}
}

// TakeSum removes the key from a map whose value is one 64-bit counter per processor, and
// returns the sum of its counters.
func (m *Map) TakeSum(key []byte) (sum uint64, err error) {
	var counts []uint64
	err = m.m.LookupAndDelete(key, &counts)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return 0, ErrNoKey
	}
	if err != nil {
		return 0, wrap(m, "delete from", err)
	}
	for _, c := range counts {
		sum += c
	}
	return sum, nil
}

// Drain is [Map.Each] that also deletes the entries it visits. If visit returns
// false, the rest of the current batch is deleted unvisited.
func (m *Map) Drain(visit func(key, value []byte) bool) error {
	return m.each(m.m.BatchLookupAndDelete, visit)
}

// each reads the map batch by batch.
func (m *Map) each(next func(*ebpf.MapBatchCursor, any, any, *ebpf.BatchOptions) (int, error), visit func(key, value []byte) bool) error {
	keys, keyBytes := arrays(int(m.m.KeySize()))
	values, valueBytes := arrays(int(m.m.ValueSize()))
	keySize, valueSize := len(keyBytes)/batch, len(valueBytes)/batch
	var cursor ebpf.MapBatchCursor
	for {
		n, err := next(&cursor, keys, values, nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) { // ErrKeyNotExist marks the last batch
			return wrap(m, "read", err)
		}
		for i := range n {
			if !visit(keyBytes[i*keySize:(i+1)*keySize], valueBytes[i*valueSize:(i+1)*valueSize]) {
				return nil
			}
		}
		if err != nil {
			return nil //nolint:nilerr // ErrKeyNotExist is the end, see above
		}
	}
}

// batch is how many keys are read at once. It also bounds the longest chain of a map
// that can be read: the kernel returns whole chains (kernel/bpf/hashtab.c
// __htab_map_lookup_and_delete_batch).
const batch = 256

// arrays makes a slice of batch arrays of size bytes, as the library wants it, and a
// byte view of the same memory.
func arrays(size int) (slice any, view []byte) {
	v := reflect.MakeSlice(reflect.SliceOf(reflect.ArrayOf(size, reflect.TypeFor[byte]())), batch, batch)
	return v.Interface(), unsafe.Slice((*byte)(v.UnsafePointer()), batch*size)
}

// Clear removes every key.
func (m *Map) Clear() error {
	return m.Drain(func(_, _ []byte) bool { return true })
}

func wrap(m *Map, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bpf: %s %v: %w", what, m.m, err)
}
