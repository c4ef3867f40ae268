// SPDX-License-Identifier: Apache-2.0

package cli

import "testing"

// TestEveryCommandIsInAGroup: help lists each command where somebody looks for it; only
// version, help and completion are at the end.
func TestEveryCommandIsInAGroup(t *testing.T) {
	known := map[groupID]bool{}
	for _, g := range groups() {
		known[g.id] = true
		if g.title.En == "" || g.title.Zh == "" {
			t.Errorf("%s has no title", g.id)
		}
	}
	for _, c := range commands() {
		if !known[c.group] && c.name != "version" {
			t.Errorf("%s is in no group: %q", c.name, c.group)
		}
	}
}
