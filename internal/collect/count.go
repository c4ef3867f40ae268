// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// CountBy lets a source count into groups. inferred has the part of which the owner was
// inferred. Errors are those of [engine.Source].Count.
func CountBy(ctx context.Context, src engine.Source, counting engine.Counting, groups, inferred *query.Groups) (*engine.Report, error) {
	add := func(row *socket.Socket) {
		groups.Add(row)
		if row.Owner != nil && row.Owner.Confidence == socket.OwnerInferred {
			inferred.Add(row)
		}
	}
	counting.Again = func() { groups.Reset(); inferred.Reset() }
	return src.Count(ctx, counting, func(row *socket.Socket, n engine.Counted) {
		switch {
		case n.Sampled:
			groups.AddSampled(row, n.Sockets, n.Squares)
		case n.Sockets == 1:
			add(row)
		default:
			groups.AddN(row, n.Sockets)
		}
	})
}
