// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
)

// TestParked: messages that fit come back whole and in order. After the first that
// does not fit none is kept, so that an incomplete set cannot pass for a complete one.
func TestParked(t *testing.T) {
	var p parked
	var kept []sockdiag.Message
	for n := range 50 {
		m := sockdiag.Message(bytes.Repeat([]byte{byte(n)}, n*7))
		p.add(m)
		kept = append(kept, slices.Clone(m))
		for i := range m { // the kernel reuses the buffer for its next message
			m[i] = 0xff
		}
	}
	var got []sockdiag.Message
	all := func(m sockdiag.Message) bool {
		got = append(got, slices.Clone(m))
		return true
	}
	p.each(all)
	if !slices.EqualFunc(got, kept, func(a, b sockdiag.Message) bool { return bytes.Equal(a, b) }) {
		t.Errorf("%d messages came back, of other bytes than the %d that were kept", len(got), len(kept))
	}
	seen := 0
	p.each(func(sockdiag.Message) bool { seen++; return seen < 3 })
	if seen != 3 {
		t.Errorf("told to stop after 3, showed %d", seen)
	}
	p.add(make(sockdiag.Message, maxParked))
	p.add(make(sockdiag.Message, 1))
	got = nil
	p.each(all)
	if !p.full || len(got) > 0 {
		t.Errorf("full %v, %d messages of those that had room", p.full, len(got))
	}
}
