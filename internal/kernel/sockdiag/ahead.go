// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// aheadBuffers is how many datagrams the reader may be ahead of the visitor.
const aheadBuffers = 4

// A datagram is the result of one read: its bytes or its error.
type datagram struct {
	buf  []byte
	size int
	err  error
}

// DumpAhead is [Conn.Dump] for a slow visitor: another thread reads the next datagram
// while the visitor works. It costs a little more CPU time, so a plain count is
// better off with Dump.
func (c *Conn) DumpAhead(ctx context.Context, q Request, visit func(Message) bool) error {
	c.seq++
	if err := c.send(q.marshal(c.seq)); err != nil {
		return err
	}
	free, full := make(chan []byte, aheadBuffers), make(chan datagram, aheadBuffers)
	free <- c.buf
	stop := make(chan struct{})
	go c.readAhead(free, full, stop)
	err := c.follow(ctx, free, full, visit)
	close(stop)
	for range full { // waits until the reader has ended
	}
	return err
}

// follow shows the sockets of the datagrams in the order in which they arrived.
func (c *Conn) follow(ctx context.Context, free chan<- []byte, full <-chan datagram, visit func(Message) bool) error {
	r := reply{seq: c.seq}
	for d := range full {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.err != nil {
			return d.err
		}
		done, err := r.feed(d.buf[:d.size], visit)
		if err != nil {
			return explain(err)
		}
		if done {
			return nil
		}
		free <- d.buf // never blocks: the channel has room for all buffers
	}
	return incomplete(nil, problem.New("the answer has no end", "应答没有结尾"))
}

// readAhead reads datagrams until the dump ends or is stopped.
func (c *Conn) readAhead(free <-chan []byte, full chan<- datagram, stop <-chan struct{}) {
	defer close(full)
	r := reply{seq: c.seq}
	for buffers := 1; ; {
		var d datagram
		select {
		case d.buf = <-free:
		default:
			if buffers < aheadBuffers { // a short answer needs only one buffer
				d.buf, buffers = make([]byte, bufferSize), buffers+1
				break
			}
			select {
			case d.buf = <-free:
			case <-stop:
				return
			}
		}
		d.size, d.err = c.wire.Receive(d.buf)
		full <- d // never blocks: the channel has room for all buffers
		if d.err != nil || r.last(d.buf[:d.size]) {
			return
		}
	}
}
