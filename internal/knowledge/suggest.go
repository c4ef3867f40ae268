// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"maps"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Suggest returns the names of topics that are spelled most nearly like name,
// at most three; none when nothing is near enough to be meant: one slip in six
// letters, three in all.
func (x *Index) Suggest(name string) []string {
	const most = 3
	word := short(fold(name))
	nearest, found := min(most, 1+len(word)/6), map[int]bool{}
	for known, topic := range x.names {
		d, ok := tcp.Near(word, known, nearest)
		if !ok {
			continue
		}
		if d < nearest {
			nearest, found = d, map[int]bool{}
		}
		found[topic] = true
	}
	var names []string
	for _, topic := range slices.Sorted(maps.Keys(found)) {
		names = append(names, x.topics[topic].Name)
	}
	return names[:min(most, len(names))]
}
