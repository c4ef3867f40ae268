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

// persistFile returns the file that Confirm will write. It is "" unless the change is
// in the namespace whose files are read at boot. Numbers have four digits, so that of
// two changes of one key the later wins: files are read in the order of their names
// (sysctl.d(5)). The prefix 99 sorts after the files of distributions and packages.
func (e *Changer) persistFile(id int) string {
	if e.o.EtcDir == "" && !netns.IsInit() {
		return ""
	}
	return e.bootFile(id)
}

// bootFile returns the file of a change in the namespace whose files are read at
// boot.
func (e *Changer) bootFile(id int) string {
	return path.Join(cmp.Or(e.o.EtcDir, DefaultEtcDir), fmt.Sprintf("99-tcpvitals-%04d.conf", id))
}

// temporary returns the name of a file until it is complete. Nobody reads it under
// that name, because it does not end in .conf.
func temporary(file string) string {
	return path.Join(path.Dir(file), "."+path.Base(file)+".new")
}

// content returns the text of the file of a change.
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

// FileState tells what happened to the file of a change.
type FileState string

// The values of FileState.
const (
	FileNone    FileState = "" // there should be no file, and there is none
	FileThere   FileState = "there"
	FileMissing FileState = "missing"
	FileEdited  FileState = "edited"
)

// fileState compares the file with the content that was written.
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

// Confirm keeps a change: the guard stops waiting, and the file is written that sets
// the values at boot. id 0 is the newest change that waits. Without force, values
// that someone else has set since are not confirmed. With id 0, no change is confirmed
// that is older than one that expired: a user who is late meant that one.
func (e *Changer) Confirm(ctx context.Context, id int, force bool) (*Change, error) {
	unlock, ended, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if ended != nil && id == 0 {
		return nil, &EndedError{ID: ended.ID, State: ended.State}
	}
	c, err := e.choose(id, func(s State) bool { return s == Pending || s == Applied })
	if err != nil {
		return nil, err
	}
	if err := e.expiredSince(c); id == 0 && err != nil {
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

// persist writes the file and records it in the journal. After a failure there is no
// file, and the state is unchanged.
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
		return errors.Join(readOnly(err), e.undoPersist(c, failure(err)))
	}
	return nil
}

// place writes the file under a temporary name and renames it when it is complete.
func (e *Changer) place(c *Change) error {
	calls, file := e.o.Calls, temporary(c.Persist)
	// Remove what a crash may have left under the temporary name; never write through
	// it.
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

// readOnly adds, to the error of a file that cannot be written, what remains true.
func readOnly(err error) error {
	return problem.Errorf("the change is not confirmed, and its values are as they were: %w", "改动没有确认，其参数值保持原样：%w", err)
}
