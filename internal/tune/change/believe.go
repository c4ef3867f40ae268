// SPDX-License-Identifier: Apache-2.0

package change

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// A journal names files that root writes and removes. It is only followed if nobody
// else can have written it, and only to what a plan could have asked for.

// believe returns why the lines of a journal are not to be trusted.
func (e *Changer) believe(id int, records []Record) error {
	h := records[0].Change
	if err := e.believeHeader(id, h); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for i, r := range records {
		switch {
		case !r.Step.known():
			return problem.Errorf("%w: line %d: there is no step %q", "%w：第 %d 行：没有步骤 %q", ErrDamaged, i+1, r.Step)
		case r.Key != "" && !slices.ContainsFunc(h.Settings, func(s Setting) bool { return s.Key == r.Key }):
			return problem.Errorf("%w: line %d: %q is no parameter of the change", "%w：第 %d 行：%q 不是这次改动的参数", ErrDamaged, i+1, r.Key)
		case r.Step == stepPersist && h.Persist == "", r.File != "" && r.File != h.Persist:
			return problem.Errorf("%w: line %d: %q is not the file that the change writes", "%w：第 %d 行：%q 不是这次改动写入的文件", ErrDamaged, i+1, r.File)
		}
	}
	return nil
}

func (e *Changer) believeHeader(id int, h *Header) error {
	switch {
	case h.Version < 1:
		return problem.Errorf("there is no version %d", "没有版本 %d", h.Version)
	case h.ID != id:
		return problem.Errorf("it says that it is of change %d", "它说自己属于第 %d 次改动", h.ID)
	case h.Persist != "" && h.Persist != e.bootFile(id):
		return problem.Errorf("%q is not the file of change %d", "%q 不是第 %d 次改动的文件", h.Persist, id)
	case len(h.Settings) == 0 || h.Netns.Inode == 0 || h.Boot == "":
		return problem.New("its first line does not say what was changed, and where", "第一行没有说明在哪里改了什么")
	}
	for _, s := range h.Settings {
		if !plan.IsKey(s.Key) || !sysctl.Valid(s.Key) {
			return problem.Errorf("%q is no name of a parameter", "%q 不是参数名", s.Key)
		}
		if !plan.IsValue(s.Old) || !plan.IsValue(s.New) {
			return problem.Errorf("a value of %s is none that a plan could have", "%s 有一个计划中不可能出现的值", s.Key)
		}
	}
	return nil
}

// known reports whether this program writes such a step.
func (s step) known() bool {
	switch s {
	case stepBegin, stepWrite, stepApplied, stepPersist, stepConfirmed, stepNotPersist, stepRestore, stepKept, stepRestored:
		return true
	default:
		return false
	}
}

// own reads a file that only root and this user can have written. The error matches
// [ErrDamaged] for any other file.
func (f files) own(name string) ([]byte, error) {
	fd, err := f.Open(name, os.O_RDONLY|rawfile.NoFollow, 0)
	if err != nil {
		return nil, notRegular(name, err)
	}
	if err := f.ownedAlone(fd, false); err != nil {
		return nil, errors.Join(err, f.Close(fd))
	}
	return f.readAll(fd)
}

// notRegular turns the error for a symbolic link, which [rawfile.NoFollow] refuses,
// into one that says so.
func notRegular(name string, err error) error {
	if info, statErr := os.Lstat(name); statErr == nil && !info.Mode().IsRegular() {
		return problem.Errorf("%w: it is %s", "%w：它是 %s", ErrDamaged, rawfile.Kind(info.Mode()))
	}
	return err
}

// ownedAlone returns why other users may have written an open file.
func (f files) ownedAlone(fd int, dir bool) error {
	owner, mode, err := f.Stat(fd)
	switch {
	case err != nil:
		return err
	case dir != mode.IsDir() || !dir && !mode.IsRegular():
		return problem.Errorf("%w: it is not what it should be", "%w：它不是应有的样子", ErrDamaged)
	}
	if err := rawfile.Others(owner, mode); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// trusted refuses a state directory that other users can write to. If there is no
// such directory there are no journals.
func (e *Changer) trusted() error {
	if err := e.trustedWay(); err != nil {
		return e.distrust(err)
	}
	fd, err := e.o.Calls.Open(e.o.StateDir, os.O_RDONLY|rawfile.NoFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(e.files.ownedAlone(fd, true), e.o.Calls.Close(fd))
	}
	return e.distrust(err)
}

// trustedWay returns who else could replace the state directory: users who may write
// to a directory above it, unless that is sticky, and owners of a link on the path.
// The owner of "/" counts as root: in a user namespace root has another number.
func (e *Changer) trustedWay() error {
	if e.held {
		return nil // an open directory stays the same, wherever it is moved
	}
	dir, err := filepath.Abs(e.o.StateDir)
	if err != nil {
		return err
	}
	root := uint32(0)
	_, release, err := rawfile.Walk(filepath.Dir(dir), func(s rawfile.Step) error {
		if s.Path == "/" {
			root = s.Owner
		}
		switch {
		case s.Owner != 0 && s.Owner != root && int(s.Owner) != os.Geteuid():
			return problem.Errorf("%w: %s belongs to user %d", "%w：%s 属于用户 %d", ErrDamaged, s.Path, s.Owner)
		case !s.Link && s.Mode&0o022 != 0 && s.Mode&fs.ModeSticky == 0:
			return problem.Errorf("%w: others may write to %s (mode %04o)", "%w：其他用户可以写入 %s（权限 %04o）", ErrDamaged, s.Path, s.Mode.Perm())
		}
		return nil
	})
	if err == nil {
		release()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // then there is no state directory either
	}
	return err
}

// distrust returns the refusal of what is not to be trusted.
func (e *Changer) distrust(err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	return &problem.PermissionError{
		Op: "trust the journals in " + e.o.StateDir, Err: err,
		Hint: "nothing was changed. Give it to root and nobody else (chown root, chmod go-w), when you know who wrote what is in it",
		OpZh: "信任 " + e.o.StateDir + " 中的日志", HintZh: "什么也没改。先确认里面的内容是谁写的，再把它只交给 root（chown root、chmod go-w）",
	}
}
