// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestManyListeners: if there is no room for all listeners, the walk makes room, and
// the answer is complete.
func TestManyListeners(t *testing.T) {
	walker := open(t)
	w := hold(t, 2, 1)
	walker.endpoints = 1
	q := Query{Netns: w.inodes, By: key(socket.FieldDirection, socket.FieldListener, socket.FieldState)}
	w.check(t, walker, q)
	if walker.endpoints < 4 {
		t.Errorf("there was room for %d listeners", walker.endpoints)
	}
	w.check(t, walker, q) // uses what the previous walk has left
}

func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		listeners uint64
		before    int
		want      int // 0 means none
	}{
		{1, 1, 2},
		{5, 4, 8},
		{5000, 4096, 8192},
		{8192, 4096, 16384},
		{3, 4096, 8192},
		{maxEndpoints - 1, 4096, maxEndpoints},
		{maxEndpoints, maxEndpoints, 0},
		{1 << 40, 4096, 0},
	} {
		got, err := (&crowdedError{tt.listeners}).room(tt.before)
		var unsupported *problem.UnsupportedError
		if got != tt.want || (tt.want == 0) != errors.As(err, &unsupported) {
			t.Errorf("for %d listeners instead of %d: room for %d, %v, want %d", tt.listeners, tt.before, got, err, tt.want)
		}
	}
}
