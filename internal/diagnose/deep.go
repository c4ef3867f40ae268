// SPDX-License-Identifier: Apache-2.0

package diagnose

// DeepWatches are the names of the watches that need [DeepFields], as they appear in
// [Missing.Fact].
func DeepWatches() (names []string) {
	for _, w := range watches {
		if w.deep() {
			names = append(names, w.name)
		}
	}
	return names
}

// Kept is how many sockets the reading kept one by one.
func (r *Reading) Kept() (n int) {
	for i := range r.watches {
		n += len(r.watches[i].Rows)
	}
	return n
}
