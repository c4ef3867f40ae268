// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// MaxSpans is how many spans one question is answered with: the newest.
const MaxSpans = 5_000

// How a [Span] ends.
const (
	There  = "there"  // it has not ended: the series is there
	Over   = "over"   // the next sample did not have it
	Unseen = "unseen" // nobody looked afterwards
)

// A Span is a time in which a series was there without a pause.
type Span struct {
	Name   string
	Labels []Label
	// From and To are the times of its first and last sample.
	From, To time.Time
	// Most is the greatest number in it, Last that of To.
	Most, Last float64
	// End is one of [There], [Over], [Unseen].
	End string
	// Gone is the time of the sample that did not have it, if End is [Over].
	Gone time.Time
}

// Spans returns when the series of a scope existed, the newest first. Two samples
// further apart than pause belong to two spans. cut reports whether there are more
// than [MaxSpans]. The error is a [*QueryError].
func (a *asker) Spans(ctx context.Context, s Scope, pause time.Duration) (spans []Span, cut bool, err error) {
	err = a.inScope(ctx, s, func(q storage.Querier, sets [][]*labels.Matcher) error {
		for _, matchers := range sets {
			set := q.Select(ctx, true, &storage.SelectHints{Start: s.From.UnixMilli(), End: s.To.UnixMilli()}, matchers...)
			var in chunkenc.Iterator
			for set.Next() {
				in = set.At().Iterator(in)
				if spans, err = spansOf(ctx, spans, set.At().Labels(), in, s.To, pause); err != nil {
					return err
				}
			}
			if err := set.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(spans, func(a, b Span) int { return b.From.Compare(a.From) })
	if len(spans) > MaxSpans {
		spans, cut = spans[:MaxSpans], true
	}
	return spans, cut, err
}

// spansOf adds those of one series.
func spansOf(ctx context.Context, spans []Span, ls labels.Labels, in chunkenc.Iterator, end time.Time, pause time.Duration) ([]Span, error) {
	name, rest := split(ls)
	var now *Span // the span that has not ended
	finish := func(how string) {
		if now != nil {
			now.End = how
			spans = append(spans, *now)
			now = nil
		}
	}
	for n := 0; in.Next() == chunkenc.ValFloat; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return spans, ctx.Err()
		}
		ms, v := in.At()
		at := time.UnixMilli(ms)
		if value.IsStaleNaN(v) {
			if now != nil {
				now.Gone = at
			}
			finish(Over)
			continue
		}
		if now != nil && at.Sub(now.To) > pause {
			finish(Unseen)
		}
		if now == nil {
			now = &Span{Name: name, Labels: rest, From: at, Most: v}
		}
		now.To, now.Last, now.Most = at, v, max(now.Most, v)
	}
	if now != nil && end.Sub(now.To) > pause {
		finish(Unseen)
	}
	finish(There)
	return spans, in.Err()
}
