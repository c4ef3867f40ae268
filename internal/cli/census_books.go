// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// takeVerbose is takeCensus with the kernel's own numbers beside it.
func takeVerbose(ctx context.Context, in *input, q question) (*query.Census, []diagnose.Comparison, error) {
	if err := in.checkBooks(q); err != nil {
		return nil, nil, err
	}
	if in.snapshot == nil {
		c, books, gaps, err := engine.CensusWithBooks(ctx, in.options())
		if err != nil {
			return nil, nil, err
		}
		c.Gaps = append(c.Gaps, gaps...)
		return c, diagnose.Reconcile(books), nil
	}
	c, err := engine.CensusSnapshot(ctx, in.snapshot)
	if err != nil {
		return nil, nil, err
	}
	books, gaps := engine.SnapshotBooks(in.snapshot, c)
	if books == nil {
		return nil, nil, &problem.UsageError{Msg: "this snapshot has several network namespaces: -v compares one", Hint: "save one namespace, or leave -v out"}
	}
	c.Gaps = append(c.Gaps, gaps...)
	return c, diagnose.Reconcile(books), nil
}

// checkBooks refuses what the kernel's numbers cannot be compared with: they
// are of all sockets of one namespace.
func (in *input) checkBooks(q question) error {
	e := &problem.UsageError{Hint: "leave -v out"}
	switch {
	case !q.byState():
		e.Msg = "-v goes with a count by state only"
	case q.sampled():
		e.Msg = "-v compares all sockets, not a sample"
	case !q.filter.All():
		e.Msg = "-v compares all sockets, not those of a filter"
	case in.listing != nil:
		e.Msg = "-v needs the kernel's own numbers, which a listing does not have"
	case in.Netns != "" && in.Netns != "self":
		e.Msg, e.Hint = "-v compares the network namespace that it runs in", "nsenter --net=FILE tcpvitals census -v compares another"
	case in.ProcRoot != "":
		e.Msg = "-v and --proc exclude each other"
	default:
		return nil
	}
	return e
}
