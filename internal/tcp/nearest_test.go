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
		{"evry", 2, "every"},                    // nearer than any later word
		{"eves", 1, "ever"},                     // no earlier word is nearer
		{"evey", 1, "every"},                    // the first of two equally near words
		{"netns", 0, "netns"},                   // the word itself
		{"netsn", 0, ""},                        // 0 allows no error
		{"lsitne", 1, ""},                       // two errors
		{"examine_evry", 2, "examine-every"},    // a word of another length
		{"exmaine__evryyy", 6, "examine-every"}, // more errors than Near considers
		{"exmaine__evryyy", 5, ""},
		{"x", 9, "ever"},
		{"", -1, ""},
	} {
		if got := tcp.Nearest(tt.mistyped, slices.Values(words), tt.most); got != tt.want {
			t.Errorf("%q, at most %d: %q, want %q", tt.mistyped, tt.most, got, tt.want)
		}
	}
}
