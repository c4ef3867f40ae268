// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// bulkPatience is how long a bulk transfer may go without progress.
const bulkPatience = 5 * time.Second

// bulkWindow is how many bytes may be on the wire at once. A TUN device drops segments
// beyond a queue of 500, and a lost segment would start retransmission timers, which
// the script does not expect.
const bulkWindow = 256 << 10

// Bulk writes size bytes as fast as the peer acknowledges them; the peer does so at
// once. The trace has one event for all the segments.
func (h Host) Bulk(name string, size int) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	f := h.b.flow(name)
	f.quiet, f.count = true, 0
	err = h.b.transfer(fd, f, size)
	f.quiet = false
	f.highest[record.Kernel] = f.tcp.kernelNext
	if err != nil {
		return problem.Errorf("bulk transfer: %w", "批量传输：%w", err)
	}
	h.b.record(&record.Event{
		Kind: record.Segment, Flow: name, End: record.Kernel, States: h.b.states(f),
		Segment: record.SegmentDetails{
			Flags: segment.ACK, Seq: f.tcp.kernelNext - uint32(size) - f.isn[record.Kernel],
			Ack: f.tcp.next - f.isn[record.Peer], Len: size, Count: f.count,
		},
	})
	return h.b.Send(name, Send{Flags: segment.ACK})
}

// transfer writes and acknowledges until the peer has all data.
func (b *Testbed) transfer(fd int, f *Flow, size int) error {
	data := make([]byte, 64<<10)
	end, acked, progress := f.tcp.kernelNext+uint32(size), f.tcp.kernelNext, time.Now()
	for left := size; int32(end-f.tcp.kernelNext) > 0; {
		room := bulkWindow - (int(int32(end-acked)) - left)
		n, err := write(fd, data[:max(0, min(left, room, len(data)))])
		if err != nil {
			return err
		}
		left -= n
		if _, err := b.pump(10 * time.Millisecond); err != nil {
			return err
		}
		if err := b.drain(); err != nil {
			return err
		}
		if f.tcp.kernelNext == acked {
			if time.Since(progress) > bulkPatience {
				return problem.Errorf("%d of %d bytes did not arrive", "有 %d 字节没有到达（共 %d 字节）", int32(end-f.tcp.kernelNext), size)
			}
			continue
		}
		acked, progress = f.tcp.kernelNext, time.Now()
		if err := b.Send(f.name, Send{Flags: segment.ACK}); err != nil {
			return err
		}
	}
	return nil
}

// write writes as much as fits; a full buffer is not an error.
func write(fd int, data []byte) (int, error) {
	if len(data) == 0 {
		return 0, nil
	}
	n, err := unix.SendmsgN(fd, data, nil, nil, unix.MSG_NOSIGNAL)
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return n, err
}
