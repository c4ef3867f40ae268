// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// A Stretch is the samples of one series in a stretch of time, in their order. It is
// valid until the next one.
type Stretch struct {
	// Labels are sorted by their names; __name__ is one of them.
	Labels []Label
	// Times are in ms since 1970. A value with the bits of Prometheus' StaleNaN says
	// that the series has ended.
	Times  []int64
	Values []float64
}

// Oldest returns a time before which there is no sample: that of the oldest one, or an
// earlier one. Of an empty history it is a time far ahead.
func (d *DB) Oldest() time.Time {
	db := d.present.Load()
	if db == nil {
		return time.UnixMilli(0) // it is being opened anew: nothing is known
	}
	t := db.Head().MinTime() // the greatest number where there is nothing
	for _, b := range db.Blocks() {
		t = min(t, b.MinTime())
	}
	return time.UnixMilli(t)
}

// Copy visits every sample after one moment up to and with another, series by series,
// until visit returns false. Up to [DB.Settled] it visits the same each time.
func (d *DB) Copy(ctx context.Context, after, to time.Time, visit func(*Stretch) bool) error {
	if !to.After(after) {
		return nil
	}
	q, err := d.Querier(after.UnixMilli()+1, to.UnixMilli())
	if err != nil {
		return err
	}
	defer q.Close() //nolint:errcheck // it was only read
	return copyAll(ctx, q, after.UnixMilli()+1, to.UnixMilli(), visit)
}

func copyAll(ctx context.Context, q storage.Querier, from, to int64, visit func(*Stretch) bool) error {
	named := labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, "")
	set := q.Select(ctx, false, &storage.SelectHints{Start: from, End: to}, named)
	var one Stretch
	var in chunkenc.Iterator
	for set.Next() {
		series := set.At()
		one.Labels, one.Times, one.Values = one.Labels[:0], one.Times[:0], one.Values[:0]
		in = series.Iterator(in)
		for in.Next() == chunkenc.ValFloat {
			t, v := in.At()
			one.Times, one.Values = append(one.Times, t), append(one.Values, v)
		}
		if err := in.Err(); err != nil {
			return err
		}
		if len(one.Times) == 0 {
			continue
		}
		series.Labels().Range(func(l labels.Label) { one.Labels = append(one.Labels, Label{Name: l.Name, Value: l.Value}) })
		if !visit(&one) {
			return nil
		}
	}
	return set.Err()
}

// A Forgotten is a block that retention removes.
type Forgotten struct {
	// From and To are the times of its first sample and of its last one.
	From, To time.Time
	// Samples is how many it has.
	Samples uint64
	block   *tsdb.Block
}

// After counts the samples of the block after a moment.
func (f *Forgotten) After(ctx context.Context, at time.Time) (n uint64, err error) {
	if at.Before(f.From) {
		return f.Samples, nil
	}
	q, err := tsdb.NewBlockQuerier(f.block, at.UnixMilli()+1, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	defer q.Close() //nolint:errcheck // it was only read
	err = copyAll(ctx, q, at.UnixMilli()+1, math.MaxInt64, func(s *Stretch) bool {
		n += uint64(len(s.Times))
		return true
	})
	return n, err
}

// forgetting returns what decides which blocks retention removes: what the database
// itself decides once it is open, told to forget before it happens. K is the type of a
// block's identity, which is that of a library that this package does not import.
func forgetting[F ~func([]*tsdb.Block) map[K]struct{}, K comparable](decide func(*tsdb.DB) F, db func() *tsdb.DB, forget func(*Forgotten)) F {
	told := map[any]bool{}
	return func(all []*tsdb.Block) map[K]struct{} {
		open := db()
		if open == nil {
			return nil // retention comes a minute later
		}
		gone := decide(open)(all)
		copied := map[any]bool{} // into a larger block, which is still there
		for _, b := range all {
			for _, parent := range b.Meta().Compaction.Parents {
				copied[parent.ULID] = true
			}
		}
		for _, b := range all {
			meta := b.Meta()
			id, _ := any(meta.ULID).(K)
			if _, ok := gone[id]; !ok || told[meta.ULID] || copied[meta.ULID] {
				continue
			}
			told[meta.ULID] = true
			forget(&Forgotten{From: time.UnixMilli(meta.MinTime), To: time.UnixMilli(meta.MaxTime - 1), Samples: meta.Stats.NumSamples, block: b})
		}
		return gone
	}
}
