// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"testing"
	"time"
)

// TestUnattendedNeverSent: a connection that has never sent data is no stream in use,
// even if the kernel's clocks for it differ by a tick.
func TestUnattendedNeverSent(t *testing.T) {
	row := Kept{Life: Life{Timed: true, LastSent: 4 * time.Millisecond, LastRecv: 8 * time.Millisecond, Counted: true, Acked: 1}}
	if n := len(unattended([]Kept{row})); n != 1 {
		t.Errorf("%d of 1", n)
	}
	row.Life.Acked = 100
	if n := len(unattended([]Kept{row})); n != 0 {
		t.Errorf("a stream in use: %d of 0", n)
	}
}
