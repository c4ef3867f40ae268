// SPDX-License-Identifier: Apache-2.0

package tcp

import "iter"

// Nearest returns the candidate with the smallest number of slips to the mistyped
// word, at most most of them; the first of several, and "" if there is none. All
// suggestions of words use it.
func Nearest(mistyped string, candidates iter.Seq[string], most int) (nearest string) {
	for word := range candidates {
		if d, ok := slips(mistyped, word, most); ok {
			nearest, most = word, d-1
		}
	}
	return nearest
}

// slips returns [Distance] if it is at most most.
func slips(a, b string, most int) (int, bool) {
	const few = 3 // Near accepts no more
	switch {
	case most <= few:
		return Near(a, b, most)
	case max(len(a)-len(b), len(b)-len(a)) > most:
		return 0, false
	}
	d := Distance(a, b)
	return d, d <= most
}
