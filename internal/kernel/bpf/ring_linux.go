// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Ring reads records that programs submit without waking up the reader: a wakeup
// costs ten times as much as the record. Not safe for concurrent use.
type Ring struct {
	reader *ringbuf.Reader
	record ringbuf.Record
}

// Ring opens a map of type ring buffer for reading.
func (o *Object) Ring(name string) (*Ring, error) {
	m := o.c.Maps[name]
	if m == nil {
		return nil, problem.Errorf("bpf: no map %s", "bpf：没有映射 %s", name)
	}
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, problem.Errorf("bpf: ring %s: %w", "bpf：环形缓冲区 %s：%w", name, explain(err))
	}
	return &Ring{reader: r}, nil
}

// Close ends reading.
func (r *Ring) Close() error { return r.reader.Close() }

// Drain calls visit for every record that is there, until visit returns false. A
// record is valid during the call. Drain does not wait.
func (r *Ring) Drain(visit func(record []byte) bool) error {
	r.reader.SetDeadline(time.Unix(1, 0)) // a deadline in the past: return what is there
	for {
		switch err := r.reader.ReadInto(&r.record); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return problem.Errorf("bpf: read the ring: %w", "bpf：读取环形缓冲区：%w", err)
		case !visit(r.record.RawSample):
			return nil
		}
	}
}
