// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Label is a name and a value that distinguish a series from others with the same
// name.
type Label struct{ Name, Value string }

// A Point is one series and its number at a time. A label with an empty value counts
// as missing.
type Point struct {
	Name   string
	Labels []Label
	Value  float64
}

// A Writer appends samples of one cadence. A series that the last Append had and the
// next one lacks ends there, so that a query does not find a listener that is gone.
// One goroutine uses all writers of a history.
type Writer struct {
	db     *DB
	seed   maphash.Seed
	opened uint64 // how often the database had been reopened when this writer last looked
	series map[uint64]*known
	round  uint64
	last   int64 // ms since 1970 of the newest sample
}

// known is a series that was written.
type known struct {
	ref    storage.SeriesRef
	labels labels.Labels
	round  uint64
}

// Writer returns a new one.
func (d *DB) Writer() *Writer {
	return &Writer{db: d, seed: maphash.MakeSeed(), series: map[uint64]*known{}, last: d.newest}
}

// A ClockError is the error of a sample that is not kept because the clock was set
// back: there are samples of this or a later time.
type ClockError struct {
	// At is the sample's time, Newest that of the newest one there is.
	At, Newest time.Time
}

func (e *ClockError) Error() string {
	return fmt.Sprintf("the clock was set back: a sample of %s is not kept, as there is one of %s",
		e.At.Format(time.RFC3339), e.Newest.Format(time.RFC3339))
}

// Append keeps all points of one time, or none of them. The error is a [*ClockError],
// or the system's; then the next Append may succeed.
func (w *Writer) Append(ctx context.Context, at time.Time, points iter.Seq[Point]) error {
	if err := w.db.mended(); err != nil {
		return problem.Errorf("keeping a sample: %w", "保存样本：%w", err)
	}
	w.catchUp()
	t := at.UnixMilli()
	if t <= w.last {
		return &ClockError{At: at, Newest: time.UnixMilli(w.last)}
	}
	app := w.db.db.AppenderV2(ctx)
	w.round++
	if err := w.appendAll(app, t, points); err != nil {
		return errors.Join(err, app.Rollback())
	}
	if err := app.Commit(); err != nil {
		w.db.broken = err
		return problem.Errorf("keeping a sample: %w", "保存样本：%w", err)
	}
	w.last = t
	return nil
}

// catchUp forgets the series of a database that was reopened since.
func (w *Writer) catchUp() {
	if w.opened == w.db.round {
		return
	}
	w.opened, w.last = w.db.round, w.db.newest
	clear(w.series)
}

func (w *Writer) appendAll(app storage.AppenderV2, t int64, points iter.Seq[Point]) error {
	var err error
	for p := range points {
		k := w.known(&p)
		if k.round == w.round {
			return problem.Errorf("two points of the series %s", "序列 %s 有两个点", k.labels)
		}
		k.round = w.round
		k.ref, err = app.Append(k.ref, k.labels, 0, t, p.Value, nil, nil, storage.AOptions{})
		if err != nil {
			return fmt.Errorf("%s: %w", k.labels, err)
		}
	}
	return w.end(app, t)
}

// end marks the series that this round did not have.
func (w *Writer) end(app storage.AppenderV2, t int64) error {
	for hash, k := range w.series {
		if k.round == w.round {
			continue
		}
		if k.ref != 0 {
			if _, err := app.Append(k.ref, k.labels, 0, t, math.Float64frombits(value.StaleNaN), nil, nil, storage.AOptions{}); err != nil {
				return problem.Errorf("mark the series %s as ended: %w", "把序列 %s 标记为结束：%w", k.labels, err)
			}
		}
		delete(w.series, hash)
	}
	return nil
}

// known finds a series that was written before, without building its labels again.
func (w *Writer) known(p *Point) *known {
	for hash := hashOf(w.seed, p); ; hash++ {
		k := w.series[hash]
		if k == nil {
			k = &known{labels: labelsOf(p)}
			w.series[hash] = k
		}
		if same(k.labels, p) {
			return k
		}
	}
}
