// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
)

// A Map is where a program and this process share data. Keys and values are
// bytes as the program laid them out.
type Map struct{ m *ebpf.Map }

// ErrNoKey is matched when a map has no such key.
var ErrNoKey = errors.New("no such key in the map")

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

// Delete removes the key. That it is not there is no error.
func (m *Map) Delete(key []byte) error {
	err := m.m.Delete(key)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return wrap(m, "delete from", err)
}

// Each calls visit for every key and value of the map, which are valid during
// the call, until it returns false. The map must not be written meanwhile.
func (m *Map) Each(visit func(key, value []byte) bool) error {
	const batch = 256
	keySize, valueSize := int(m.m.KeySize()), int(m.m.ValueSize())
	keys, values := make([]byte, batch*keySize), make([]byte, batch*valueSize)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := m.m.BatchLookup(&cursor, keys, values, nil)
		for i := range n {
			if !visit(keys[i*keySize:(i+1)*keySize], values[i*valueSize:(i+1)*valueSize]) {
				return nil
			}
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return wrap(m, "read", err)
		}
	}
}

// Clear removes every key.
func (m *Map) Clear() error {
	var all [][]byte
	if err := m.Each(func(key, _ []byte) bool {
		all = append(all, append([]byte(nil), key...))
		return true
	}); err != nil {
		return err
	}
	for _, key := range all {
		if err := m.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

func wrap(m *Map, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bpf: %s %v: %w", what, m.m, err)
}
