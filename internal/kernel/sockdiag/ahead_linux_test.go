// SPDX-License-Identifier: Apache-2.0

package sockdiag_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestDumpAheadIsDump compares both on enough sockets for many datagrams, and
// ends early in each.
func TestDumpAheadIsDump(t *testing.T) {
	held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 1500, tcp.Established: 1500}, socket.IPv4)
	type dump func(*sockdiag.Conn, context.Context, sockdiag.Request, func(sockdiag.Message) bool) error
	read := func(how dump, limit int) (cookies []uint64) {
		held.Do(func() {
			conn, err := sockdiag.Open()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			err = how(conn, context.Background(), sockdiag.Request{States: tcp.AllStates &^ tcp.SetOf(tcp.Bound)}, func(m sockdiag.Message) bool {
				var s socket.Socket
				m.Decode(&s)
				cookies = append(cookies, s.Cookie)
				return limit == 0 || len(cookies) < limit
			})
			if err != nil {
				t.Error(err)
			}
		})
		return cookies
	}
	for _, limit := range []int{0, 1, 1000} {
		plain, ahead := read((*sockdiag.Conn).Dump, limit), read((*sockdiag.Conn).DumpAhead, limit)
		if !slices.Equal(plain, ahead) || limit == 0 && len(plain) < 3000 || limit > 0 && len(plain) != limit {
			t.Errorf("limit %d: %d sockets, and %d ahead", limit, len(plain), len(ahead))
		}
	}
}

// TestDumpAheadIsCancelled ends with the context, leaving no reader behind.
func TestDumpAheadIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	conn, err := sockdiag.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.DumpAhead(ctx, sockdiag.Request{States: tcp.AllStates}, func(sockdiag.Message) bool { return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
