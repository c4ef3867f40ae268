// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestSortIsBounded: without a limit, sorting keeps at most as many sockets as fit
// into memory; the error beyond that says what to do.
func TestSortIsBounded(t *testing.T) {
	by, err := ParseOrder("sport")
	if err != nil {
		t.Fatal(err)
	}
	visited := func(l *Lister) (n int) {
		for l.Visit(&socket.Socket{}) && n < 10_000 {
			n++
		}
		return n
	}
	l := &Lister{Order: by, most: 100}
	if n := visited(l); n != 100 {
		t.Errorf("%d were kept", n)
	}
	if usage, ok := errors.AsType[*problem.UsageError](l.err); !ok || usage.Hint == "" {
		t.Errorf("%v", l.err)
	}
	l = &Lister{Order: by, most: 100, Limit: 7}
	if n := visited(l); n != 10_000 || len(l.kept) > 2*7+1024 {
		t.Errorf("with a limit: %d looked at, %d kept", n, len(l.kept))
	}
}
