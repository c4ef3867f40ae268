// SPDX-License-Identifier: Apache-2.0

package query

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestCellsStayApart: an empty name, no name and an unknown name are three different
// groups.
func TestCellsStayApart(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []Cell{{socket.Named(""), true}, {socket.Value{}, true}, {}, {socket.Named("none"), true}, {socket.Named("\x00"), true}} {
		text := string(appendCell(nil, c))
		if seen[text] {
			t.Errorf("%+v is encoded as another", c)
		}
		seen[text] = true
		if got, rest := cutCell(text); got != c || rest != "" {
			t.Errorf("%+v came back as %+v, %q", c, got, rest)
		}
	}
}
