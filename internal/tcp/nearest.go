// SPDX-License-Identifier: Apache-2.0

package tcp

import "iter"

// Nearest returns the word that a mistyped one was meant to be: the candidate that
// is the fewest slips away, at most most of them; the first of several, and "" when
// there is none. Whoever suggests one word for another asks it.
func Nearest(mistyped string, candidates iter.Seq[string], most int) (nearest string) {
	for word := range candidates {
		if d, ok := slips(mistyped, word, most); ok {
			nearest, most = word, d-1
		}
	}
	return nearest
}

// slips is [Distance] where it is at most most.
func slips(a, b string, most int) (int, bool) {
	const few = 3 // as far as Near goes
	switch {
	case most <= few:
		return Near(a, b, most)
	case max(len(a)-len(b), len(b)-len(a)) > most:
		return 0, false
	}
	d := Distance(a, b)
	return d, d <= most
}
