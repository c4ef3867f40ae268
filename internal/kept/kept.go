// SPDX-License-Identifier: Apache-2.0

package kept

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// A Role tells why a snapshot was taken.
type Role string

// The roles.
const (
	Passing Role = "passing" // taken at regular times, in case something is found; only the newest stay
	Before  Role = "before"  // the last one before a finding
	Found   Role = "found"   // taken when a finding appeared
	After   Role = "after"   // taken a while after a finding
)

// A Picture describes one snapshot.
type Picture struct {
	At    time.Time // when it was taken
	Role  Role
	Rule  string // the code of the finding; "" for Passing
	Name  string // name of the file
	Bytes int64
}

// Bounds are the greatest number of snapshots and their greatest total size in bytes.
type Bounds struct {
	Number int
	Bytes  int64
}

// DefaultData is where the unit of tcpvitalsd keeps its history
// (packaging/tcpvitalsd). tcpvitals keeps its own journals in another directory.
const DefaultData = "/var/lib/tcpvitalsd"

// Dir returns the directory of the snapshots below the directory of the history.
func Dir(data string) string { return filepath.Join(data, "snapshots") }

// mostPassing is how many Passing snapshots there are: one is being written while the
// other may be needed.
const mostPassing = 2

// ErrTooLarge is the error of a snapshot that would leave no room for the two that
// belong to it.
var ErrTooLarge = problem.New("it is larger than a third of what snapshots may take", "它超过快照总上限的三分之一")

// A Store writes to a directory. One goroutine may use it.
type Store struct {
	dir    string
	bounds Bounds
}

// Open opens the directory and creates it if necessary.
func Open(dir string, b Bounds) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem.Errorf("making the directory of snapshots: %w", "创建快照目录：%w", err)
	}
	if err := userfile.Tidy(dir); err != nil {
		return nil, err
	}
	return &Store{dir: dir, bounds: b}, nil
}

// Save writes a snapshot, which appears only when it is complete, and removes the
// oldest beyond the bounds. The error is [ErrTooLarge] or the system's.
func (s *Store) Save(at time.Time, role Role, rule string, write func(io.Writer) error) (Picture, error) {
	p := Picture{At: at, Role: role, Rule: rule, Name: filepath.Join(s.dir, name(at, role, rule))}
	var err error
	p.Bytes, err = userfile.Replace(p.Name, 0o600, func(w io.Writer) error {
		return write(&bounded{w, s.bounds.Bytes / 3})
	})
	if err != nil {
		return Picture{}, err
	}
	return p, s.prune()
}

// Promote turns the newest Passing snapshot into the one before a finding. It reports
// whether there was one.
func (s *Store) Promote(rule string) (bool, error) {
	all, err := List(s.dir)
	if err != nil {
		return false, err
	}
	for _, p := range slices.Backward(all) {
		if p.Role == Passing {
			return true, os.Rename(p.Name, filepath.Join(s.dir, name(p.At, Before, rule)))
		}
	}
	return false, nil
}

// prune removes the oldest snapshots.
func (s *Store) prune() error {
	all, err := List(s.dir)
	if err != nil {
		return err
	}
	passing, number, bytes, full := 0, 0, int64(0), false
	for _, p := range slices.Backward(all) {
		bytes += p.Bytes
		full = full || bytes > s.bounds.Bytes
		over := full
		if p.Role == Passing {
			passing++
			over = over || passing > mostPassing
		} else {
			number++
			over = over || number > s.bounds.Number
		}
		if !over {
			continue
		}
		if err := os.Remove(p.Name); err != nil {
			return err
		}
		bytes -= p.Bytes
	}
	return nil
}

// List returns the snapshots in a directory, the oldest first. It ignores files with
// other names.
func List(dir string) ([]Picture, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Picture
	for _, e := range entries {
		p, ok := parse(e.Name())
		info, err := e.Info()
		if !ok || errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		p.Name, p.Bytes = filepath.Join(dir, e.Name()), info.Size()
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b Picture) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) })
	return all, nil
}

// Near returns the snapshot whose time is nearest to at.
func Near(all []Picture, at time.Time) (Picture, bool) {
	if len(all) == 0 {
		return Picture{}, false
	}
	return slices.MinFunc(all, func(a, b Picture) int { return cmp.Compare(a.At.Sub(at).Abs(), b.At.Sub(at).Abs()) }), true
}

// Around returns the last snapshot not after a time, and the first one after it.
func Around(all []Picture, at time.Time) (before, after *Picture) {
	for i := range all {
		if all[i].At.After(at) {
			return before, &all[i]
		}
		before = &all[i]
	}
	return before, nil
}

const (
	stamp  = "20060102T150405.000Z"
	suffix = ".snap"
)

func name(at time.Time, role Role, rule string) string {
	parts := []string{at.UTC().Format(stamp), string(role)}
	if rule != "" {
		parts = append(parts, rule)
	}
	return strings.Join(parts, "-") + suffix
}

func parse(file string) (Picture, bool) {
	text, ok := strings.CutSuffix(file, suffix)
	parts := strings.Split(text, "-")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return Picture{}, false
	}
	at, err := time.Parse(stamp, parts[0])
	p := Picture{At: at, Role: Role(parts[1])}
	if len(parts) == 3 {
		p.Rule = parts[2]
	}
	return p, err == nil && slices.Contains([]Role{Passing, Before, Found, After}, p.Role)
}

// A bounded is a writer that fails after so many bytes.
type bounded struct {
	io.Writer

	left int64
}

// Write writes p only if there is room for all of it.
func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, ErrTooLarge
	}
	return b.Writer.Write(p)
}
