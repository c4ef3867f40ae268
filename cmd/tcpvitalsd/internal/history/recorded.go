// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// recorder writes into the history what rules make: recorded series, and the state of
// alerts, from which it is restored after a restart.
type recorder struct{ db *DB }

// AppenderV2 lends the database to one rule until it commits.
func (r recorder) AppenderV2(ctx context.Context) storage.AppenderV2 {
	r.db.mu.RLock()
	if r.db.db == nil {
		r.db.mu.RUnlock()
		return refused{}
	}
	return &recording{AppenderV2: r.db.db.AppenderV2(ctx), db: r.db}
}

// A recording is what one rule writes for one time.
type recording struct {
	storage.AppenderV2

	db  *DB
	end func() // nil before the first sample
}

// Append writes a sample, unless its time is sealed.
func (r *recording) Append(ref storage.SeriesRef, ls labels.Labels, st, t int64, v float64, h *histogram.Histogram, fh *histogram.FloatHistogram, o storage.AppendV2Options) (storage.SeriesRef, error) {
	if r.end == nil {
		end, ok := r.db.tide.begin(t)
		if !ok {
			return 0, storage.ErrOutOfOrderSample
		}
		r.end = end
	}
	return r.AppenderV2.Append(ref, ls, st, t, v, h, fh, o)
}

// Commit writes the log. After an error the database is opened anew before the next
// sample.
func (r *recording) Commit() error {
	defer r.giveBack()
	err := r.AppenderV2.Commit()
	if err != nil {
		r.db.failed.Store(&failure{err})
	}
	return err
}

// Rollback writes nothing.
func (r *recording) Rollback() error {
	defer r.giveBack()
	return r.AppenderV2.Rollback()
}

func (r *recording) giveBack() {
	if r.end != nil {
		r.end()
	}
	r.db.mu.RUnlock()
}

// failure is why a rule could not write.
type failure struct{ error }

// evaluate evaluates a group, during which its time is not sealed.
func (d *DB) evaluate(ctx context.Context, g *rules.Group, at time.Time) {
	if end, ok := d.tide.begin(at.UnixMilli()); ok {
		defer end()
	}
	rules.DefaultEvalIterationFunc(ctx, g, at)
}

// errNotOpen is what rules are told while the history is opened anew.
var errNotOpen = problem.New("the history is not open", "历史没有打开")

// refused writes nothing.
type refused struct{}

// Append reports that the history is not open.
func (refused) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	return 0, errNotOpen
}

// Commit has nothing to write.
func (refused) Commit() error { return nil }

// Rollback has nothing to undo.
func (refused) Rollback() error { return nil }
