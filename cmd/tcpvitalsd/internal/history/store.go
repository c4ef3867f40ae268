// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A store is the open database. After a failed write, for lack of space for example,
// its log is of no further use: what follows an incomplete record is lost when the
// log is read. Therefore the database is reopened before anything else is written.
type store struct {
	mu     sync.RWMutex            // read-locked by queries, locked to reopen
	db     *tsdb.DB                // nil while it could not be reopened
	broken error                   // why nothing can be written until it is reopened; nil if all is well
	round  uint64                  // counts how often it was opened anew
	failed atomic.Pointer[failure] // why a rule could not write, until broken says so
}

// errBusy is a history that is asked while it had to be opened anew.
var errBusy = problem.New("the history is being reopened, as soon as the running queries have ended: try again", "历史数据库要重新打开，正等待进行中的查询结束：请稍后再试")

// spare is how many bytes must be free before the database is reopened, because
// opening writes.
const spare = 1 << 20

// Querier lends the database to one question.
func (s *store) Querier(from, to int64) (storage.Querier, error) {
	s.mu.RLock()
	if s.db == nil {
		defer s.mu.RUnlock()
		return nil, problem.Errorf("the history is not open: %w", "历史没有打开：%w", s.broken)
	}
	q, err := s.db.Querier(from, to)
	if err != nil {
		s.mu.RUnlock()
		return nil, err
	}
	return &lent{Querier: q, back: sync.OnceFunc(s.mu.RUnlock)}, nil
}

// lent gives the database back when the question is answered.
type lent struct {
	storage.Querier

	back func()
}

// Close ends the question.
func (l *lent) Close() error {
	defer l.back()
	return l.Querier.Close()
}

// mended reopens the database if a write has failed. The error tells why nothing can
// be written yet.
func (d *DB) mended() error {
	if f := d.failed.Swap(nil); f != nil {
		d.broken = f.error
	}
	if d.broken == nil {
		return nil
	}
	if !d.mu.TryLock() {
		return errBusy
	}
	defer d.mu.Unlock()
	if err := d.dir.room(spare); err != nil {
		return err
	}
	if d.db != nil {
		err := d.db.Close()
		d.db = nil
		d.present.Store(nil)
		if err != nil {
			d.log.Warn("closing the history to open it anew", "error", err)
		}
	}
	db, err := d.open()
	if err != nil {
		d.broken = err
		return err
	}
	d.db, d.broken, d.newest = db, nil, newest(db)
	d.round++
	return nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db, s.broken = nil, errClosed
	return err
}

var errClosed = problem.New("it was closed", "已关闭")
