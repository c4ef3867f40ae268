// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestHints: a count gives a hint at the rules' thresholds for more than a notice, and
// not below them.
func TestHints(t *testing.T) {
	count := func(closeWait, unowned uint64, p query.Passing) *query.Census {
		c := &query.Census{OwnersKnown: true, Passing: p}
		c.Add(tcp.CloseWait, socket.Full, closeWait)
		c.AddUnownedN(tcp.CloseWait, unowned)
		return c
	}
	for _, test := range []struct {
		c    *query.Census
		want []string
	}{
		{count(99, 0, query.Passing{}), nil},
		{count(100, 0, query.Passing{}), []string{"100 CLOSE_WAIT are open in programs here, a leak if they stay"}},
		{count(180, 81, query.Passing{}), nil}, // 81 are unowned: they wait for accept()
		{count(0, 0, query.Passing{Unanswered: 4}), nil},
		{count(0, 0, query.Passing{Unanswered: 5}), []string{"5 SYNs that got no answer were sent again"}},
		{count(0, 0, query.Passing{FullQueues: 1}), []string{"1 listener with a full accept queue, where new connections are dropped"}},
		{count(0, 0, query.Passing{ToOne: 139, Ports: 200}), nil},
		{count(0, 0, query.Passing{ToOne: 210, Ports: 200}), []string{"about 200 of 200 local ports are taken by connections to one destination"}},
	} {
		var got []string
		for _, h := range Hints(test.c) {
			got = append(got, h.Text.En)
			if h.Text.Zh == "" || h.Ask.None() {
				t.Errorf("%+v", h)
			}
		}
		if len(got) != len(test.want) || len(got) > 0 && got[0] != test.want[0] {
			t.Errorf("%+v: %q, want %q", test.c.Passing, got, test.want)
		}
	}
	listing := count(500, 0, query.Passing{})
	if listing.OwnersKnown = false; len(Hints(listing)) > 0 {
		t.Errorf("of a listing nobody knows whose they are: %+v", Hints(listing))
	}
}
