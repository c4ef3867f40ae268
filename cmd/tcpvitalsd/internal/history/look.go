// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A View is a history that is open for reading, even while a program writes it. It
// shows the state at the time of opening.
type View struct {
	asker

	sandbox string
}

// looked opens the database for each question: opened once it answers one alone, as
// the chunks that it links into its sandbox are there already for a second.
type looked struct {
	dir, sandbox string
	log          *slog.Logger
}

// Querier opens the database for one question.
func (l *looked) Querier(from, to int64) (storage.Querier, error) {
	db, err := tsdb.OpenDBReadOnly(l.dir, l.sandbox, l.log)
	if err != nil {
		return nil, err
	}
	q, err := db.Querier(from, to)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &lent{Querier: q, back: sync.OnceFunc(func() { _ = db.Close() })}, nil // it was only read
}

// Look opens a history for reading. Samples that are not in a block are copied into a
// temporary directory, which Close removes. The error is [ErrEmpty], a
// [*VersionError], or the system's.
func Look(dir string, log *slog.Logger, l Limits) (*View, error) {
	if err := checkLook(dir); err != nil {
		return nil, err
	}
	sandbox, err := os.MkdirTemp("", "tcpvitals-history-")
	if err != nil {
		return nil, problem.Errorf("reading the history: %w", "读取历史：%w", err)
	}
	db, err := tsdb.OpenDBReadOnly(dir, sandbox, logger(log))
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		_ = os.RemoveAll(sandbox) // it is empty
		return nil, problem.Errorf("reading the history in %s: %w", "读取 %s 中的历史：%w", dir, err)
	}
	return &View{asker: newAsker(&looked{dir, sandbox, logger(log)}, l), sandbox: sandbox}, nil
}

// Close releases what was read.
func (v *View) Close() error {
	return os.RemoveAll(v.sandbox)
}

// checkLook finds out before anything is begun whether this is a history.
func checkLook(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return problem.Errorf("reading the history: %w", "读取历史：%w", err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	d := &directory{name: dir, root: root}
	if err := d.plain(); err != nil {
		return err
	}
	return d.checkVersion(false)
}

// mostFiles bounds how many files are looked at in a history: a block of it has four
// or five, and a year some hundreds of blocks.
const mostFiles = 100_000

// plain checks that the directory contains only directories and regular files. The
// database opens whatever it finds: it would wait for a FIFO, and follow a link to a
// file without an end. Another user may have made the directory.
func (d *directory) plain() error {
	n := 0
	return fs.WalkDir(d.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch n++; {
		case err != nil && name == ".":
			return problem.Errorf("reading the history: %w", "读取历史：%w", err)
		case err != nil: // removed meanwhile, or not ours to read: the database says so where it matters
			return nil
		case n > mostFiles:
			return problem.Errorf("%s holds more than %d files: it is no history", "%s 中的文件超过 %d 个：这不是历史", visible.Text(d.name), mostFiles)
		case !e.IsDir() && !e.Type().IsRegular():
			return problem.Errorf("%s is no regular file, and has no place in a history", "%s 不是普通文件，不应出现在历史中", visible.Text(filepath.Join(d.name, name)))
		}
		return nil
	})
}
