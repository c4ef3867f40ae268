// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestHeld: an end and its RST become one row, whichever comes first, even with other
// rows between them; the order of ends stays, and no row is held back for good.
func TestHeld(t *testing.T) {
	var h held
	var got []string
	show := func(r *tracer.Record, reset string) bool {
		got = append(got, fmt.Sprint(r.Cookie, " ", reset))
		return true
	}
	at := time.Duration(0)
	end := func(cookie uint64, to tcp.State) {
		at += time.Microsecond
		h.add(&tracer.Record{At: at, Cookie: cookie, To: to}, show)
	}
	reset := func(cookie uint64, from tcp.State) {
		at += time.Microsecond
		h.reset(&tracer.Record{At: at, Cookie: cookie, From: from}, fmt.Sprint("why-", cookie))
	}
	end(1, tcp.Close)
	end(2, tcp.FinWait1)
	end(3, tcp.Close)
	reset(1, tcp.Close)
	reset(2, tcp.TimeWait) // its end was orderly
	reset(4, tcp.Established)
	reset(0, tcp.Close)
	end(4, tcp.Close)
	if len(got) != 0 {
		t.Errorf("%v are shown at once", got)
	}
	h.release(false, show) // earlier ends were not there
	end(5, tcp.Close)
	h.release(false, show)
	reset(5, tcp.Close)
	h.release(true, show)
	want := []string{"1 why-1", "2 ", "3 ", "4 why-4", "5 why-5"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = nil
	end(6, tcp.Close)
	at += holdTime
	end(7, tcp.Close)
	if !slices.Equal(got, []string{"6 "}) {
		t.Errorf("%q after %v", got, holdTime)
	}
	for cookie := range uint64(3 * heldMost) {
		end(100+cookie, tcp.Close)
	}
	h.release(true, show)
	if len(got) != 2+3*heldMost || got[len(got)-1] != fmt.Sprint(99+3*heldMost, " ") || cap(h.ends) > 4*heldMost {
		t.Errorf("%d shown, the last %q, room for %d", len(got), got[len(got)-1], cap(h.ends))
	}
}
