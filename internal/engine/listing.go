// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// CensusOf returns the counts of a listing.
func CensusOf(result listing.Result) *query.Census {
	once := result.Once()
	c := &query.Census{Exact: result.Whole() && once, Summed: !once, Gaps: result.Gaps}
	for _, g := range result.Limits {
		g.Structural = true
		c.Limits = append(c.Limits, g)
	}
	for kind := range result.Counts {
		for state, n := range result.Counts[kind] {
			if n > 0 {
				c.Add(tcp.State(state), socket.Kind(kind), n)
			}
		}
	}
	return c
}

// procfsCensus counts /proc/net/tcp and tcp6. It is a listing that the kernel
// writes.
func procfsCensus(ctx context.Context, h *Host) (*query.Census, error) {
	files, gaps, err := h.proc.TCPTables()
	if err != nil {
		return nil, err
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		defer f.Close()
		readers[i] = f
	}
	result, err := listing.Count(&cancellable{ctx, io.MultiReader(readers...)}, files[0].Name())
	if err != nil {
		return nil, err
	}
	c := CensusOf(result)
	// The reader cannot know that these files come from the kernel itself: what it
	// would find missing in a pasted listing is not missing here.
	c.Exact, c.Summed = result.Whole(), false
	c.Gaps = slices.DeleteFunc(c.Gaps, func(g problem.Gap) bool { return g.Structural })
	c.Gaps = append(gaps, c.Gaps...)
	return c, nil
}

// A cancellable is a reader that ends with the error of its context.
type cancellable struct {
	ctx context.Context //nolint:containedctx // io.Reader has no parameter for a context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
