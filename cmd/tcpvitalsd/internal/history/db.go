// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Options tell where a history is and how much of it is kept.
type Options struct {
	// Dir is the directory. It is created, readable only for its user, if it does not
	// exist.
	Dir string
	// Retention is how long a sample is kept; 0 for [DefaultRetention].
	Retention time.Duration
	// MaxBytes bounds the blocks on disk, in bytes; the oldest are removed first.
	// Samples that are not in a block yet, at most three hours, come in addition. 0
	// is no bound.
	MaxBytes int64
	// Log receives messages of the database; may be nil.
	Log *slog.Logger
	// Limits are those of queries.
	Limits Limits
	// Forget is told of each block that retention removes, before it does; may be nil.
	// It must not block.
	Forget func(*Forgotten)
}

// DefaultRetention is how long samples are kept by default: a week, so that a day can
// be compared with the same day of the week before.
const DefaultRetention = 7 * 24 * time.Hour

// A block holds two hours of samples and grows to a tenth of what is kept, as
// Prometheus has it: shorter blocks cost more memory for 60 series, longer ones
// free disk later.
const (
	blockTime = 2 * time.Hour
	maxBlock  = 18 * time.Hour
)

// A DB is a history that is open for writing. Its methods may be called by several
// goroutines at once.
type DB struct {
	asker

	dir     *directory
	options *tsdb.Options
	log     *slog.Logger
	damage  []Damage
	newest  int64 // ms since 1970 of the newest sample at the time of opening
	once    sync.Once
	closed  error

	store
	tide    tide
	present atomic.Pointer[tsdb.DB] // the open database, for what it asks while it works
}

// Open opens a history to write it. Blocks that cannot be read are put aside
// ([DB.Damage]); everything else is there. The error is [ErrInUse], a
// [*VersionError], or what the system said, with the path.
func Open(o Options) (*DB, error) {
	dir, err := hold(o.Dir)
	if err != nil {
		return nil, err
	}
	damage, err := dir.putAside()
	if err != nil {
		dir.release()
		return nil, err
	}
	d := &DB{dir: dir, options: storeOptions(&o), log: logger(o.Log), damage: damage}
	if o.Forget != nil {
		d.options.BlocksToDelete = forgetting(tsdb.DefaultBlocksToDelete, d.present.Load, o.Forget)
	}
	d.asker = newAsker(&d.store, o.Limits)
	if d.db, err = d.open(); err != nil {
		dir.release()
		return nil, err
	}
	d.newest = newest(d.db)
	d.tide.openedWith(d.newest)
	return d, nil
}

func (d *DB) open() (*tsdb.DB, error) {
	db, err := tsdb.Open(d.dir.name, d.log, nil, d.options, nil)
	if err != nil {
		return nil, problem.Errorf("opening the history in %s: %w", "打开 %s 中的历史：%w", d.dir.name, err)
	}
	d.present.Store(db)
	return db, nil
}

// newest returns the time of the newest sample, in ms since 1970.
func newest(db *tsdb.DB) int64 {
	t := db.Head().MaxTime() // the smallest number where there is nothing
	for _, b := range db.Blocks() {
		t = max(t, b.MaxTime()-1) // a block's end is not in it
	}
	return t
}

// Damage returns the blocks that were moved aside when the history was opened.
func (d *DB) Damage() []Damage { return d.damage }

// Close writes what is left and releases the directory.
func (d *DB) Close() error {
	d.once.Do(func() {
		d.closed = d.close()
		d.dir.release()
	})
	return d.closed
}

func storeOptions(o *Options) *tsdb.Options {
	keep := or(o.Retention, DefaultRetention)
	to := tsdb.DefaultOptions()
	to.RetentionDuration = keep.Milliseconds()
	to.MaxBytes = o.MaxBytes
	to.MinBlockDuration = blockTime.Milliseconds()
	to.MaxBlockDuration = min(max(keep/10, blockTime), maxBlock).Milliseconds()
	to.WALCompression = compression.Zstd
	to.NoLockfile = true // the lock of this package also protects the version file
	to.StripeSize = 512  // as many series as there are, not as many as a server has: 16384 take 2.6 MB
	return to
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
