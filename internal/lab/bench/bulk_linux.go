// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/trace"
)

// bulkPatience is how long a bulk transfer may make no progress.
const bulkPatience = 2 * time.Second

// Bulk writes size bytes as fast as the peer acknowledges them, which it does
// at once. The trace shows one event for all the segments.
func (h Host) Bulk(name string, size int) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	f := h.b.flow(name)
	f.quiet, f.count = true, 0
	err = h.b.transfer(fd, f, size)
	f.quiet = false
	f.highest[trace.Kernel] = f.tcp.kernelNext
	if err != nil {
		return fmt.Errorf("bulk transfer: %w", err)
	}
	h.b.record(&trace.Event{
		Kind: trace.Segment, Flow: name, End: trace.Kernel, States: h.b.states(f),
		Segment: trace.SegmentDetails{
			Flags: segment.ACK, Seq: f.tcp.kernelNext - uint32(size) - f.isn[trace.Kernel],
			Ack: f.tcp.next - f.isn[trace.Peer], Len: size, Count: f.count,
		},
	})
	return h.b.Send(name, Send{Flags: segment.ACK})
}

// transfer writes and acknowledges until everything has reached the peer.
func (b *Bench) transfer(fd int, f *Flow, size int) error {
	data := make([]byte, 64<<10)
	end, progress := f.tcp.kernelNext+uint32(size), time.Now()
	for left := size; int32(end-f.tcp.kernelNext) > 0; {
		before := f.tcp.kernelNext
		n, err := unix.SendmsgN(fd, data[:min(left, len(data))], nil, nil, unix.MSG_NOSIGNAL)
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			return err
		}
		left -= clamp(n)
		if err := b.drain(); err != nil {
			return err
		}
		if f.tcp.kernelNext != before || n > 0 {
			progress = time.Now()
		} else if time.Since(progress) > bulkPatience {
			return fmt.Errorf("%d of %d bytes did not arrive", int32(end-f.tcp.kernelNext), size)
		}
		if err := b.Send(f.name, Send{Flags: segment.ACK}); err != nil {
			return err
		}
	}
	return nil
}
