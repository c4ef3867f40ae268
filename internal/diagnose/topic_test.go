// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// TestTopics: every rule has a page with all its texts, and the index finds it by code
// and by name.
func TestTopics(t *testing.T) {
	index := knowledge.NewIndex(Topics())
	for _, r := range Rules() {
		for _, name := range []string{r.Code, r.Name, strings.ToLower(r.Code)} {
			if found, ok := index.Lookup(name); !ok || found.Name != r.Code {
				t.Errorf("%s leads to %+v, %v", name, found.Name, ok)
			}
		}
		var said []string
		for _, section := range r.Topic().Sections {
			for _, s := range section.Statements {
				said = append(said, s.En)
				if s.En == "" || s.Zh == "" || s.Source == "" {
					t.Errorf("%s: %+v", r.Code, s)
				}
			}
		}
		for _, s := range slices.Concat(r.Threshold, r.Excluded, r.App, r.Kernel) {
			if !slices.Contains(said, s.En) {
				t.Errorf("%s does not say %q", r.Code, s.En)
			}
		}
	}
}
