// SPDX-License-Identifier: Apache-2.0

package tcp_test

import (
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestNearest(t *testing.T) {
	words := []string{"listen", "every", "examine-every", "ever", "netns"}
	for _, tt := range []struct {
		mistyped string
		most     int
		want     string
	}{
		{"lsiten", 1, "listen"},                 // two letters swapped
		{"evry", 2, "every"},                    // nearer than the next
		{"eves", 1, "ever"},                     // as near as none before it
		{"evey", 1, "every"},                    // the first of two as near
		{"netns", 0, "netns"},                   // the word itself
		{"netsn", 0, ""},                        // no slip is allowed
		{"lsitne", 1, ""},                       // two slips
		{"examine_evry", 2, "examine-every"},    // of another length
		{"exmaine__evryyy", 6, "examine-every"}, // further than Near goes
		{"exmaine__evryyy", 5, ""},
		{"x", 9, "ever"},
		{"", -1, ""},
	} {
		if got := tcp.Nearest(tt.mistyped, slices.Values(words), tt.most); got != tt.want {
			t.Errorf("%q, at most %d: %q, want %q", tt.mistyped, tt.most, got, tt.want)
		}
	}
}
