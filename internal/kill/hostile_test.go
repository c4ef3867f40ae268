// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestHostileNames shows nothing of what a name would do to a terminal, and
// keeps it for programs.
func TestHostileNames(t *testing.T) {
	const name = "a\x1b[2K\nb\u202e"
	row := &socket.Socket{
		Known: Fields(), Cookie: 1,
		Owner: &socket.Owner{Process: &socket.Process{PID: 7, Name: name}},
		Netns: &socket.Netns{Inode: 9, Name: name},
	}
	v := victimOf(row)
	var shown, raw socket.Socket
	v.Show(&shown)
	v.Fill(&raw)
	if got := shown.Owner.Process.Name + shown.Netns.Name; strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("shown: %q", got)
	}
	if raw.Owner.Process.Name != name || raw.Netns.Name != name {
		t.Errorf("for programs: %q", raw.Owner.Process.Name)
	}
}

// TestWords has every reason in both languages.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		text := r.Explain()
		if text.En == "" || text.Zh == "" || seen[text.En] {
			t.Errorf("%s: %+v", r, text)
		}
		seen[text.En] = true
	}
}
