// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
)

// TestScenariosExist: whoever is told to run a scenario can.
func TestScenariosExist(t *testing.T) {
	known := map[string]bool{}
	for _, s := range scenario.All() {
		known[s.Name] = true
	}
	for _, topic := range knowledge.Topics() {
		names := slices.Clone(topic.Prove)
		for _, section := range topic.Sections {
			for _, statement := range section.Statements {
				names = append(names, statement.Scenarios()...)
			}
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: there is no scenario %q", topic.Name, name)
			}
		}
	}
}
