// SPDX-License-Identifier: Apache-2.0

package diagnose

import "iter"

// Numbers are numbers by name and do not change. The zero value has none. It is not a
// map, because hundreds of namespaces of one kernel have numbers with the same names:
// they share one table of names, see [Numbers.Like].
type Numbers struct {
	places map[string]int // index in values, by name
	values []uint64
}

// NumbersOf returns the numbers of a map.
func NumbersOf(all map[string]uint64) Numbers {
	n := Numbers{make(map[string]int, len(all)), make([]uint64, 0, len(all))}
	for name, value := range all {
		n.places[name] = len(n.values)
		n.values = append(n.values, value)
	}
	return n
}

// Of returns a number; ok is false if there is none of that name.
func (n Numbers) Of(name string) (value uint64, ok bool) {
	at, ok := n.places[name]
	if !ok {
		return 0, false
	}
	return n.values[at], true
}

// All returns the names and their numbers, in no order.
func (n Numbers) All() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for name, at := range n.places {
			if !yield(name, n.values[at]) {
				return
			}
		}
	}
}

// Len is how many numbers there are.
func (n Numbers) Len() int { return len(n.values) }

// Like returns the same numbers. If other has the same names, the result shares
// other's table of names.
func (n Numbers) Like(other Numbers) Numbers {
	if n.Len() != other.Len() {
		return n
	}
	values := make([]uint64, len(n.values))
	for name, at := range other.places {
		value, ok := n.Of(name)
		if !ok {
			return n
		}
		values[at] = value
	}
	return Numbers{other.places, values}
}

// Equal reports whether they have the same names and numbers.
func (n Numbers) Equal(other Numbers) bool {
	if n.Len() != other.Len() {
		return false
	}
	for name, value := range n.All() {
		if there, ok := other.Of(name); !ok || there != value {
			return false
		}
	}
	return true
}
