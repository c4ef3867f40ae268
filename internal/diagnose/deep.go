// SPDX-License-Identifier: Apache-2.0

package diagnose

// DeepWatches are the names of what a reading without [DeepFields] does not
// show, as they stand in [Missing.Fact].
func DeepWatches() (names []string) {
	for _, w := range watches {
		if w.deep() {
			names = append(names, w.name)
		}
	}
	return names
}

// Kept is how many sockets were kept one by one.
func (r *Reading) Kept() (n int) {
	for i := range r.watches {
		n += len(r.watches[i].Rows)
	}
	return n
}
