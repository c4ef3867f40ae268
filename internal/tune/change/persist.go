// SPDX-License-Identifier: Apache-2.0

package change

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// persistFile returns the file that confirm will write, "" when the change is
// not in the namespace whose files are read at boot. Numbers have four digits so
// that of two changes to one key the later one wins: files are read in the order
// of their names (sysctl.d(5)). 99 comes after what distributions and packages
// bring.
func (e *Changer) persistFile(id int) string {
	if e.o.EtcDir == "" && !netns.IsInit() {
		return ""
	}
	return e.bootFile(id)
}

// bootFile is the file of a change to the namespace whose files are read at boot.
func (e *Changer) bootFile(id int) string {
	return path.Join(cmp.Or(e.o.EtcDir, DefaultEtcDir), fmt.Sprintf("99-tcpvitals-%04d.conf", id))
}

// temporary is the name of a file until it is whole: nobody reads it, because
// it does not end in .conf.
func temporary(file string) string {
	return path.Join(path.Dir(file), "."+path.Base(file)+".new")
}

// content is the file of a change.
func (c *Change) content() []byte {
	var b strings.Builder
	id := strconv.Itoa(c.ID)
	fmt.Fprintf(&b, "# Written by: %v\n# Removed by: %v\n", command.Of("tune", "confirm", id), command.Of("tune", "rollback", id))
	for _, s := range c.Settings {
		if s.Reason != "" {
			fmt.Fprintf(&b, "\n# %s\n", strings.Join(strings.Fields(s.Finding+" "+s.Reason), " "))
		}
		fmt.Fprintf(&b, "%s = %s\n", s.Key, strings.Join(strings.Fields(s.New), " "))
	}
	return []byte(b.String())
}

// FileState tells what has become of the file of a change.
type FileState string

// What can have become of a file.
const (
	FileNone    FileState = "" // none is meant to be there, and none is
	FileThere   FileState = "there"
	FileMissing FileState = "missing"
	FileEdited  FileState = "edited"
)

// fileState compares the file with what was written.
func (e *Changer) fileState(c *Change) (FileState, error) {
	if c.Persist == "" {
		return FileNone, nil
	}
	text, err := e.files.read(c.Persist)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.State == Confirmed:
		return FileMissing, nil
	case errors.Is(err, fs.ErrNotExist):
		return FileNone, nil
	case err != nil:
		return FileNone, err
	case string(text) == string(c.content()):
		return FileThere, nil
	default:
		return FileEdited, nil
	}
}

// unpersist removes the file of a confirmed change.
func (e *Changer) unpersist(c *Change, force bool) error {
	if c.Persist == "" || c.before != Confirmed {
		return nil
	}
	state, err := e.fileState(c)
	if err == nil && state == FileEdited && !force {
		return &ForeignError{ID: c.ID, What: []error{edited(c.Persist)}}
	}
	return e.files.remove(c.Persist)
}

// Confirm keeps a change: the guard will leave it alone, and the file is
// written that sets the values at boot. id 0 is the newest that waits. Values
// that somebody else has set since are not confirmed without force.
func (e *Changer) Confirm(ctx context.Context, id int, force bool) (*Change, error) {
	unlock, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, err := e.choose(id, func(s State) bool { return s == Pending || s == Applied })
	if err != nil {
		return nil, err
	}
	if !force {
		if err := e.stillNew(ctx, c); err != nil {
			return c, err
		}
	}
	if err := e.guarded(ctx, c, 0); err != nil {
		return c, err
	}
	if err := e.persist(c); err != nil {
		return c, err
	}
	e.o.Guard.Stop(c.ID)
	return c, nil
}

// persist writes the file and says so. On failure there is no file, and the
// change is as it was.
func (e *Changer) persist(c *Change) error {
	if c.Persist == "" {
		return e.note(c, Record{Step: stepConfirmed})
	}
	if _, err := e.files.read(c.Persist); err == nil {
		return problem.Errorf("%s is there already, and it is not of change %d: move it away", "%s 已存在，且不属于第 %d 次改动：请先把它移走", c.Persist, c.ID)
	}
	if err := e.note(c, Record{Step: stepPersist, File: c.Persist}); err != nil {
		return err
	}
	err := e.place(c)
	if err == nil {
		err = attempt(func() error { return e.note(c, Record{Step: stepConfirmed, File: c.Persist}) })
	}
	if err != nil {
		return errors.Join(readOnly(err), e.undoPersist(c, err.Error()))
	}
	return nil
}

// place writes the file beside its place and moves it there when it is whole.
func (e *Changer) place(c *Change) error {
	calls, file := e.o.Calls, temporary(c.Persist)
	// One that a crash has left there is in the way; nothing is written through it.
	if err := e.files.remove(file); err != nil {
		return err
	}
	fd, err := calls.Open(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY|rawfile.NoFollow, fileMode)
	if err != nil {
		return err
	}
	err = rawfile.WriteAll(e.files, fd, c.content())
	if closeErr := calls.Close(fd); err == nil {
		err = closeErr
	}
	if err == nil {
		err = calls.Rename(file, c.Persist)
	}
	if err == nil {
		err = e.files.syncDir(path.Dir(c.Persist))
	}
	return err
}

// readOnly says what stays true when the file cannot be written.
func readOnly(err error) error {
	return problem.Errorf("the change is not confirmed, and its values are as they were: %w", "改动没有确认，其参数值保持原样：%w", err)
}
