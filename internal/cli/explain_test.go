// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// TestTopicsFitTogether: no two packages claim a name, and every link leads
// somewhere.
func TestTopicsFitTogether(t *testing.T) {
	x := knowledge.NewIndex(knowledge.Topics(), diagnose.Topics())
	for _, broken := range x.Broken() {
		t.Error(broken)
	}
	for _, rule := range x.Topics(knowledge.KindRule) {
		for _, section := range rule.Sections {
			for _, statement := range section.Statements {
				if len(statement.Proofs()) == 0 {
					t.Errorf("%s: %q is not a source", rule.Name, statement.Source)
				}
			}
		}
	}
}
