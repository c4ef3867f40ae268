// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"testing"
	"time"
)

// TestRedactTimeGrows: the path of a cgroup has up to 4 KiB, and a user with a service
// manager can choose any number of them. The time for any text is at most in
// proportion to its length.
func TestRedactTimeGrows(t *testing.T) {
	const length, most = 1 << 14, 500 * time.Millisecond // a text that once took 30 s
	for _, unit := range []string{
		"1.2.3.4.", "1:2:", "::", "a-", `\x2d`, `\x0a`, "1.2.3.4-x-", "dead:beef:", "1-", "alice-", "12345678-1234-1234-1234-123456789012-", "a.1:", "1.", "::1-", "é", "\xff.",
	} {
		r, err := newRedactor([32]byte{1}, []string{"alice"})
		check(t, err)
		s := strings.Repeat(unit, length/len(unit))
		began := time.Now()
		r.name(s)
		r.text(s)
		if took := time.Since(began); took > most {
			t.Errorf("%d bytes of %q take %v", len(s), unit, took)
		}
	}
}
