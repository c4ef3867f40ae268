// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Unbound narrows a filter to sockets of which a part stands for all. Bound sockets
// hang in lists of which one may have nearly all of them (docs/hashwalk.md).
func Unbound(f *query.Filter, names query.Options) (*query.Filter, error) {
	const none = "state != bound"
	if f.All() {
		return query.Parse(none, names)
	}
	return query.Parse("("+f.String()+") and "+none, names)
}

// CountPart counts in a part of the buckets of the tables, c.Sample, as a
// [sampler.Part] does. The error is [sampler.ErrWhole] where that cannot be: why it is
// not looked at more often, the interval says.
func CountPart(ctx context.Context, src engine.Source, c engine.Counting, visit engine.CountVisit) (*engine.Report, error) {
	report, err := src.Count(ctx, c, visit)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil || report.Sample == nil:
		return nil, sampler.ErrWhole
	}
	return report, nil
}
