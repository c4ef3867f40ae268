// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Unbound narrows a filter to sockets that can be estimated from a sample of the
// tables' buckets. It excludes bound sockets: nearly all of them may be in one list
// (docs/hashwalk.md).
func Unbound(f *query.Filter, names query.Options) (*query.Filter, error) {
	const none = "state != bound"
	if f.All() {
		return query.Parse(none, names)
	}
	return query.Parse("("+f.String()+") and "+none, names)
}

// CountPart counts in a sample of the buckets of the tables, c.Sample, as a
// [sampler.Part] does. The error is [sampler.ErrWhole] if the source cannot count a
// sample. It gives no reason, because the sampler's interval shows why it reads less
// often.
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
