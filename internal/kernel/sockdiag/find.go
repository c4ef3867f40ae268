// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"
)

// Find asks for one connection by its addresses and the device that it is bound to (0
// for none). The kernel looks up one slot of its hash table, so the cost does not
// depend on the number of sockets (net/ipv4/inet_diag.c inet_diag_find_one_icsk).
// found is false if there is no such connection. The Message is valid until c is used
// again. Errors are those of [Conn.Dump].
func (c *Conn) Find(local, remote netip.AddrPort, device uint32) (m Message, found bool, err error) {
	c.seq++
	if err := c.send(marshalOne(local, remote, device, c.seq)); err != nil {
		return nil, false, err
	}
	n, err := c.wire.Receive(c.buf)
	if err != nil {
		return nil, false, err
	}
	r := reply{seq: c.seq}
	_, err = r.feed(c.buf[:n], func(one Message) bool {
		m = one
		return false
	})
	if refused, ok := errors.AsType[*KernelError](err); ok && refused.Errno == syscall.ENOENT {
		return nil, false, c.hasTCP()
	}
	if err != nil {
		return nil, false, explain(err)
	}
	// If there is no such connection, the kernel returns the listener that would
	// accept it.
	found = len(m) > 0 && binary.BigEndian.Uint16(m[offDport:]) == remote.Port()
	return m, found, nil
}

// hasTCP tells the two meanings of ENOENT apart: no such socket, or no tcp_diag
// module. A dump of the empty set of states reads no socket.
func (c *Conn) hasTCP() error {
	c.seq++
	if err := c.send(Request{}.marshal(c.seq)); err != nil {
		return err
	}
	r := reply{seq: c.seq}
	for {
		n, err := c.wire.Receive(c.buf)
		if err != nil {
			return err
		}
		if done, err := r.feed(c.buf[:n], func(Message) bool { return true }); done {
			return explain(err)
		}
	}
}
