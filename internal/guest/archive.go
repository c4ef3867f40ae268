// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An archive writes an initramfs: cpio in the "newc" format, not compressed
// (Documentation/driver-api/early-userspace/buffer-format.rst). It adds directories as
// needed. close returns the first error.
type archive struct {
	w    *bufio.Writer
	file *os.File
	size int
	ino  int
	seen map[string]bool
	err  error
}

// File types in the mode field, as in struct stat.
const (
	modeDir     = 0o040000
	modeChar    = 0o020000
	modeRegular = 0o100000
	modeLink    = 0o120000
)

func newArchive(path string) (*archive, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &archive{w: bufio.NewWriterSize(file, 1<<20), file: file, seen: map[string]bool{".": true}}, nil
}

// entry writes one file, owned by root.
func (a *archive) entry(name string, mode uint32, data []byte, major, minor int) {
	a.ino++
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.ino, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
	a.write([]byte(header))
	a.write(data)
}

// write writes data and pads it to a multiple of four bytes.
func (a *archive) write(data []byte) {
	if a.err != nil {
		return
	}
	if _, a.err = a.w.Write(data); a.err != nil {
		return
	}
	pad := -len(data) & 3
	_, a.err = a.w.Write(make([]byte, pad))
	a.size += len(data) + pad
}

// new reports whether a path is not yet in the archive, and adds the directories above
// it.
func (a *archive) new(path string) (name string, ok bool) {
	name = strings.TrimPrefix(filepath.Clean(path), "/")
	if a.seen[name] {
		return name, false
	}
	a.dir(filepath.Dir(name))
	a.seen[name] = true
	return name, true
}

func (a *archive) dir(path string) {
	if name, ok := a.new(path); ok {
		a.entry(name, modeDir|0o755, nil, 0, 0)
	}
}

func (a *archive) device(path string, major, minor int) {
	if name, ok := a.new(path); ok {
		a.entry(name, modeChar|0o600, nil, major, minor)
	}
}

func (a *archive) data(path string, data []byte, perm fs.FileMode) {
	if name, ok := a.new(path); ok {
		a.entry(name, modeRegular|uint32(perm), data, 0, 0)
	}
}

func (a *archive) link(path, target string) {
	if name, ok := a.new(path); ok {
		a.entry(name, modeLink|0o777, []byte(target), 0, 0)
	}
}

// copy adds a file of this machine, following links.
func (a *archive) copy(path, from string) {
	data, err := os.ReadFile(from)
	if err != nil && a.err == nil {
		a.err = err
	}
	perm := fs.FileMode(0o644)
	if info, err := os.Stat(from); err == nil {
		perm = info.Mode().Perm()
	}
	a.data(path, data, perm)
}

// close ends the archive and returns the first error of any write.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, nil, 0, 0)
	if err := a.w.Flush(); a.err == nil {
		a.err = err
	}
	if err := a.file.Close(); a.err == nil {
		a.err = err
	}
	return a.err
}
