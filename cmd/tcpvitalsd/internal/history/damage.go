// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/prometheus/prometheus/tsdb"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Damage is a block that could not be read and was moved aside.
type Damage struct {
	// Block is the name of its directory, Moved its present place.
	Block, Moved string
	// Err is what is wrong with it.
	Err error
}

// asideDir is where blocks go that cannot be read.
const asideDir = "damaged"

// putAside moves unreadable blocks aside. The database refuses to open a directory
// with one of them: two damaged hours would cost the whole week.
func (d *directory) putAside() ([]Damage, error) {
	entries, err := d.names()
	if err != nil {
		return nil, err
	}
	var damage []Damage
	for _, e := range entries {
		if !e.IsDir() || !isBlock(e.Name()) {
			continue
		}
		bad := readable(filepath.Join(d.name, e.Name()))
		if bad == nil {
			continue
		}
		moved, err := d.aside(e.Name())
		if err != nil {
			return damage, problem.Errorf("putting a damaged block aside: %w", "移开损坏的块：%w", err)
		}
		damage = append(damage, Damage{Block: e.Name(), Moved: moved, Err: bad})
	}
	return damage, nil
}

// isBlock reports whether a name is that of a block, which is a ULID: 26 digits and
// capital letters.
func isBlock(name string) bool {
	return len(name) == 26 && strings.Trim(name, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

// readable opens a block as the database does.
func readable(block string) error {
	b, err := tsdb.OpenBlock(nil, block, nil, nil)
	if err != nil {
		return err
	}
	return b.Close()
}

// aside moves a block below [asideDir].
func (d *directory) aside(block string) (string, error) {
	if err := d.root.Mkdir(asideDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	to := filepath.Join(asideDir, block)
	return filepath.Join(d.name, to), d.root.Rename(block, to)
}
