// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"iter"
	"math/bits"
	"strings"
)

// FieldSet is a set of fields. It is a value: two sets can be compared with ==.
type FieldSet [2]uint64

// FieldsOf returns the set of the given fields.
func FieldsOf(ids ...FieldID) FieldSet {
	var set FieldSet
	for _, id := range ids {
		set.Add(id)
	}
	return set
}

// Add puts a field into the set.
func (set *FieldSet) Add(id FieldID) { set[id>>6] |= 1 << (id & 63) }

// Has reports whether the field is in the set.
func (set FieldSet) Has(id FieldID) bool { return set[id>>6]&(1<<(id&63)) != 0 }

// Union returns the fields that are in either set.
func (set FieldSet) Union(other FieldSet) FieldSet {
	return FieldSet{set[0] | other[0], set[1] | other[1]}
}

// Intersect returns the fields that are in both sets.
func (set FieldSet) Intersect(other FieldSet) FieldSet {
	return FieldSet{set[0] & other[0], set[1] & other[1]}
}

// Minus returns the fields that are in set and not in other.
func (set FieldSet) Minus(other FieldSet) FieldSet {
	return FieldSet{set[0] &^ other[0], set[1] &^ other[1]}
}

// Empty reports whether the set has no field.
func (set FieldSet) Empty() bool { return set == FieldSet{} }

// Len returns how many fields the set has.
func (set FieldSet) Len() int { return bits.OnesCount64(set[0]) + bits.OnesCount64(set[1]) }

// All yields the fields of the set in the order of the table.
func (set FieldSet) All() iter.Seq[FieldID] {
	return func(yield func(FieldID) bool) {
		for word, rest := range set {
			for ; rest != 0; rest &= rest - 1 {
				if !yield(FieldID(word<<6 + bits.TrailingZeros64(rest))) {
					return
				}
			}
		}
	}
}

// Costs reports whether a field of the set has the cost c.
func (set FieldSet) Costs(c Cost) bool {
	for id := range set.All() {
		if id.Field().Cost == c {
			return true
		}
	}
	return false
}

// Sources returns the set with each derived field replaced by the fields it is derived from:
// what an engine has to read.
func (set FieldSet) Sources() FieldSet {
	var out FieldSet
	for id := range set.All() {
		from := id.Field().From
		if from.Empty() {
			out.Add(id)
			continue
		}
		out = out.Union(from)
	}
	return out
}

// String lists the names of the fields, separated by commas.
func (set FieldSet) String() string {
	var names []string
	for id := range set.All() {
		names = append(names, id.Field().Name)
	}
	return strings.Join(names, ",")
}
