// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// A system makes files without a name. A test uses one that cannot.
type system struct {
	unnamed func(dir string, mode uint32) (*os.File, error)
	link    func(f *os.File, name string) error
	// ownSignals says that the program deals with all signals itself: none of them
	// removes a draft.
	ownSignals bool
}

// A draft is a file that is being written before it gets its name.
type draft struct {
	*os.File

	sys   system
	dir   string
	named string // its temporary name, "" if it has none
	watch *guard // set while it has a temporary name
}

// draftPrefix begins the name of a draft.
const draftPrefix = ".tcpvitals-"

// newDraft opens a file without a name in dir, or, if the system has no such files,
// one with a name that nobody can guess.
func (s system) newDraft(dir string, mode fs.FileMode) (*draft, error) {
	d := &draft{sys: s, dir: dir}
	f, err := s.unnamed(dir, uint32(mode.Perm()))
	if err == nil {
		d.File = f
		return d, nil
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	return d, d.create(mode)
}

// create opens a file with a temporary name.
func (d *draft) create(mode fs.FileMode) (err error) {
	d.call()
	d.File, err = os.OpenFile(d.named, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		d.uncall()
	}
	return err
}

// call gives the draft a temporary name, and makes sure that the name is removed if
// the process ends.
func (d *draft) call() {
	d.named = filepath.Join(d.dir, draftPrefix+rand.Text())
	if !d.sys.ownSignals {
		d.watch = guardFile(d.named)
	}
}

// uncall records that the temporary name no longer belongs to the draft.
func (d *draft) uncall() {
	d.watch.end()
	d.named, d.watch = "", nil
}

// publish gives the draft its final name, replacing old, the file that had the name
// when the user's word was checked; nil for none.
func (d *draft) publish(to *place, old fs.FileInfo) error {
	name := to.name
	if d.named == "" && old == nil {
		if err := d.sys.link(d.File, to.path); err == nil {
			return nil
		}
	}
	if err := d.standBeside(); err != nil {
		return saveError(name, err)
	}
	if err := d.closeToRename(); err != nil {
		return saveError(name, err)
	}
	// Only a user who may write to the directory can have put another file here.
	now, err := to.replaceable()
	if err != nil {
		return err
	}
	if now != nil && (old == nil || !os.SameFile(old, now)) {
		return refusal(name, "is another one than when this began", "已不是开始时的那一个")
	}
	if err := os.Rename(d.named, to.path); err != nil {
		return saveError(name, err)
	}
	d.uncall()
	return nil
}

// standBeside gives an unnamed draft a temporary name beside its destination; if the draft
// has a name already, its content is copied. Not every file system with unnamed files
// (O_TMPFILE) can name them.
func (d *draft) standBeside() error {
	if d.named != "" {
		return nil
	}
	unnamed := d.File
	info, err := unnamed.Stat()
	if err != nil {
		return err
	}
	d.call()
	if d.sys.link(unnamed, d.named) == nil {
		return nil
	}
	d.uncall()
	if err := d.create(info.Mode()); err != nil {
		d.File = unnamed
		return err
	}
	defer unnamed.Close()
	if _, err := io.Copy(d.File, io.NewSectionReader(unnamed, 0, info.Size())); err != nil {
		return err
	}
	return d.Sync()
}

// closeToRename closes the file on systems that cannot rename an open file.
func (d *draft) closeToRename() error {
	if runtime.GOOS != "windows" {
		return nil
	}
	return d.Close()
}

// discard closes the file and removes its temporary name.
func (d *draft) discard() error {
	if d.File == nil {
		return nil
	}
	err := d.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if d.named != "" {
		_ = os.Remove(d.named) // the earlier error is reported
		d.uncall()
	}
	return err
}
