// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"log/slog"
	"os"

	"github.com/prometheus/prometheus/tsdb"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A View is a history that is only read, also while a program writes it. It has
// what was there when it was opened.
type View struct {
	asker

	db      *tsdb.DBReadOnly
	sandbox string
}

// Look opens a history to read it. What is not in a block is read into a
// directory of its own below the one for temporary files, which Close removes.
// The error is [ErrEmpty], a [*VersionError], or what the system said.
func Look(dir string, log *slog.Logger, l Limits) (*View, error) {
	if err := checkLook(dir); err != nil {
		return nil, err
	}
	sandbox, err := os.MkdirTemp("", "tcpvitals-history-")
	if err != nil {
		return nil, problem.Errorf("reading the history: %w", "读取历史：%w", err)
	}
	db, err := tsdb.OpenDBReadOnly(dir, sandbox, logger(log))
	if err != nil {
		_ = os.RemoveAll(sandbox) // it is empty
		return nil, problem.Errorf("reading the history in %s: %w", "读取 %s 中的历史：%w", dir, err)
	}
	return &View{asker: newAsker(db, l), db: db, sandbox: sandbox}, nil
}

// Close forgets what was read.
func (v *View) Close() error {
	return errors.Join(v.db.Close(), os.RemoveAll(v.sandbox))
}

// checkLook finds out before anything is begun whether this is a history.
func checkLook(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return problem.Errorf("reading the history: %w", "读取历史：%w", err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	return (&directory{name: dir, root: root}).checkVersion(false)
}
