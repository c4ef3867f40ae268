// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"regexp"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// later are names that pages link to and that are still to come: rules of the
// doctor. explain leaves such links out.
var later = regexp.MustCompile(`^\S+ links to "[A-Z]{2}\d\d", which is no topic$`)

// TestTopicsFitTogether: no two packages claim a name, and links between them
// lead somewhere.
func TestTopicsFitTogether(t *testing.T) {
	for _, broken := range knowledge.NewIndex(knowledge.Topics(), diagnose.Topics()).Broken() {
		if !later.MatchString(broken) {
			t.Error(broken)
		}
	}
}
