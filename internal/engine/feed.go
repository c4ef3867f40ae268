// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// An Again is a visitor that can forget all that it was told. If the kernel says that
// a dump was disturbed, the scan is repeated for an Again, a few times. For any other
// visitor the disturbed answer stands, marked as not exact.
type Again interface {
	Visitor
	Reset()
}

// Feed makes one pass over the sockets that a filter chooses and gives each to
// several counters. Errors are those of [Source.Rows].
func Feed(ctx context.Context, src Source, filter *query.Filter, counters ...query.Counter) (*Report, error) {
	scan := Scan{Filter: filter}
	for _, c := range counters {
		scan.Fields = scan.Fields.Union(c.Needs())
	}
	return src.Rows(ctx, scan, fed(counters))
}

// fed is a visitor that passes each socket on to several counters.
type fed []query.Counter

func (fed) Enter(*Space) error { return nil }

func (fed) Leave(*Space) error { return nil }

// Row shows a socket to each counter.
func (f fed) Row(s *socket.Socket) bool {
	for _, c := range f {
		c.Add(s)
	}
	return true
}

// Reset lets each counter begin again.
func (f fed) Reset() {
	for _, c := range f {
		c.Reset()
	}
}

// settled repeats a scan that the kernel reports as disturbed, up to a limit, if the
// visitor can start over.
func settled(v Visitor, scan func() (*Report, error)) (*Report, error) {
	for attempt := 1; ; attempt++ {
		r, err := scan()
		again, can := v.(Again)
		if err != nil || !r.disturbed || !can || attempt == dumpAttempts {
			return r, err
		}
		again.Reset()
	}
}
