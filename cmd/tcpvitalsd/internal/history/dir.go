// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ErrInUse is matched if another program writes the directory.
var ErrInUse = problem.New("another program keeps its history in this directory", "另一个程序正在此目录中保存历史")

// ErrEmpty is matched if a directory has no history.
var ErrEmpty = problem.New("there is no history", "没有历史")

// A directory is the directory of a history, locked by one program.
type directory struct {
	name string
	root *os.Root
	lock *os.File
}

// hold creates the directory if it does not exist, and locks it for writing. The
// kernel releases the lock when the program ends, however it ends.
func hold(name string) (*directory, error) {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return nil, problem.Errorf("making the history's directory: %w", "创建历史目录：%w", err)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, problem.Errorf("opening the history's directory: %w", "打开历史目录：%w", err)
	}
	d := &directory{name: name, root: root}
	if err := errors.Join(d.ours(), d.checkVersion(true)); err != nil {
		d.release()
		return nil, err
	}
	if err := d.take(); err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// ours checks that no other user can write the directory, because the database trusts
// its content.
func (d *directory) ours() error {
	f, err := d.root.Open(".")
	if err != nil {
		return problem.Errorf("opening the history's directory: %w", "打开历史目录：%w", err)
	}
	defer f.Close() // the file is only read
	owner, mode, err := rawfile.System{}.Stat(int(f.Fd()))
	if err != nil {
		return err
	}
	if err := rawfile.Others(owner, mode); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return nil
}

func (d *directory) take() error {
	f, err := d.root.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return problem.Errorf("the history's directory cannot be written: %w", "无法写入历史目录：%w", err)
	}
	d.lock = f
	switch ok, err := (rawfile.System{}).TryLock(int(f.Fd())); {
	case err != nil:
		return fmt.Errorf("locking %s: %w", f.Name(), err)
	case !ok:
		return fmt.Errorf("%s: %w", d.name, ErrInUse)
	}
	return nil
}

func (d *directory) release() {
	if d.lock != nil {
		_ = d.lock.Close() // nothing was written to it
	}
	_ = d.root.Close() // likewise
}

// names lists what is in the directory.
func (d *directory) names() ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, problem.Errorf("reading the history's directory: %w", "读取历史目录：%w", err)
	}
	return entries, nil
}

// beginning reads the first bytes of a small file.
func (d *directory) beginning(name string) ([]byte, error) {
	f, err := rawfile.RegularIn(d.root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the file is only read
	return io.ReadAll(io.LimitReader(f, 64))
}

// room reports whether so many bytes can be written.
func (d *directory) room(bytes int) (err error) {
	const name = "room"
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), d.root.Remove(name)) }()
	_, err = f.Write(make([]byte, bytes))
	return err
}
