// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestNotFound: a mistyped name gets the near one, any other what lists the names; a
// process that could not be read is not the reason that comes first.
func TestNotFound(t *testing.T) {
	refused := []problem.Gap{problem.Unread("processes", problem.ProcessesRefused, 1, 2)}
	for _, test := range []struct {
		text   string
		gaps   []problem.Gap
		want   string
		wantZh string
	}{
		{"bleu", refused, "did you mean blue?", "blue"},
		{"nosuch", refused, "tcpvitals census --netns all --by netns lists them; some processes", "列出现有的；有的进程"},
		{"nosuch", nil, "tcpvitals census --netns all --by netns lists them", "列出现有的"},
	} {
		err := notFound(Scope{kind: scopeName, text: test.text}, test.gaps, []string{"host", "blue"})
		if en, zh := problem.Hint(err, false), problem.Hint(err, true); !strings.HasPrefix(en, test.want) || !strings.Contains(zh, test.wantZh) || test.gaps == nil && en != test.want {
			t.Errorf("%s: %s / %s", test.text, en, zh)
		}
	}
}
