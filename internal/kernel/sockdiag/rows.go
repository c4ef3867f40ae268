// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"errors"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Lookup is [Conn.Find] for callers that keep the result. If there is no such
// connection, the row is the listener that would accept it, if there is one.
func (c *Conn) Lookup(local, remote netip.AddrPort) (row socket.Socket, found bool, err error) {
	m, found, err := c.Find(local, remote, 0)
	if err != nil {
		return row, false, err
	}
	if len(m) > 0 {
		m.Decode(&row)
	}
	return row, found, nil
}

// Rows returns all sockets in some states at once. It is meant for the few sockets of
// a lab or a test. It repeats a disturbed dump.
func (c *Conn) Rows(ctx context.Context, states tcp.StateSet) (rows []socket.Socket, err error) {
	const attempts = 5
	for range attempts {
		rows = nil
		err = c.Dump(ctx, Request{States: states}, func(m Message) bool {
			rows = append(rows, socket.Socket{})
			m.Decode(&rows[len(rows)-1])
			return true
		})
		if !errors.Is(err, ErrIncomplete) {
			break
		}
	}
	return rows, err
}
