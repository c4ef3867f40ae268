// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// Suggest returns the names of topics that are spelled most nearly like name,
// at most three; none when nothing is near enough to be meant.
func (x *Index) Suggest(name string) []string {
	word := short(fold(name))
	nearest, found := 1+len(word)/6, []string(nil) // one slip in six letters
	for _, topic := range x.topics {
		d := nearest + 1
		for _, known := range append([]string{topic.Name}, topic.Aliases...) {
			d = min(d, tcp.Distance(word, short(fold(known))))
		}
		switch {
		case d < nearest:
			nearest, found = d, []string{topic.Name}
		case d == nearest:
			found = append(found, topic.Name)
		}
	}
	return found[:min(3, len(found))]
}
