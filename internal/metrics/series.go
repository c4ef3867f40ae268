// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"iter"
)

// A Label is a name and a value. Others may have chosen the value, such as the name
// of a namespace: it is valid UTF-8 of at most [LongestLabel] bytes, but not to be
// trusted otherwise.
type Label struct{ Name, Value string }

// A Series is one number of a sample. Its labels are in the order of the table and
// complete; an empty value stands for none.
type Series struct {
	Name   string
	Labels []Label
	Value  float64
	// Slow says that the number comes from an examination, which is less frequent
	// than a count.
	Slow bool
}

// Of yields a sample as series, in the order of the table. Labels do not change
// afterwards. Value is finite unless the meaning of the metric says otherwise.
func Of(s *Sample) iter.Seq[Series] {
	return func(yield func(Series) bool) {
		for _, m := range table() {
			if !m.Each(s, yield) {
				return
			}
		}
	}
}

// Count returns how many series a sample has.
func Count(s *Sample) (n int) {
	for range Of(s) {
		n++
	}
	return n
}
