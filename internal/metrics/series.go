// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"iter"
)

// A Label is a name and a value. Values are what others have chosen as well,
// such as the names of namespaces: valid UTF-8 of at most [LongestLabel] bytes,
// and otherwise not to be trusted.
type Label struct{ Name, Value string }

// A Series is one number of a sample. The labels are in the order of the table
// and always all there; an empty value stands for none.
type Series struct {
	Name   string
	Labels []Label
	Value  float64
	// Slow says that it is of the examination, which is made every so many
	// seconds; others are of the count, which is made each second.
	Slow bool
}

// Of writes a sample as series, in the order of the table. Labels are not
// written to afterwards; Value is finite but where the meaning of the metric
// says otherwise.
func Of(s *Sample) iter.Seq[Series] {
	return func(yield func(Series) bool) {
		for _, m := range table() {
			if !m.Each(s, yield) {
				return
			}
		}
	}
}

// Count is how many series a sample has.
func Count(s *Sample) (n int) {
	for range Of(s) {
		n++
	}
	return n
}
