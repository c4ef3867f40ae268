// SPDX-License-Identifier: Apache-2.0

package kept_test

import (
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kept"
)

// TestPastTime: a time of day means its last occurrence, also across midnight and on
// days of 23 or 25 hours; a future time is refused.
func TestPastTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here: " + err.Error())
	}
	now := time.Date(2026, 10, 25, 12, 0, 0, 0, berlin) // on that day, at 3 in the morning, the clock went back to 2
	for text, want := range map[string]string{
		"03:00": "2026-10-25T02:00:00Z", "11:59:30": "2026-10-25T10:59:30Z", "12:00": "2026-10-25T11:00:00Z", "13:00": "2026-10-24T11:00:00Z",
		"2026-10-20 03:00": "2026-10-20T01:00:00Z", "2026-10-20T03:00:00Z": "2026-10-20T03:00:00Z", "2026-10-20T03:00:00+08:00": "2026-10-19T19:00:00Z",
		"2h ago": "2026-10-25T09:00:00Z", " 90m ago": "2026-10-25T09:30:00Z", "1d ago": "2026-10-24T11:00:00Z", "0s ago": "2026-10-25T11:00:00Z",
		"": "", "3": "", "25:00": "", "soon": "", "-2h ago": "", "ago": "", "2h": "", "2027-01-01 00:00": "", "99999999d ago": "",
	} {
		at, err := kept.PastTime(text, now)
		if (err == nil) != (want != "") || err == nil && at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %s", text, at.UTC(), err, want)
		}
	}
}
