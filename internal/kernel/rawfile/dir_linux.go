// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// A Dir is an open directory of the kernel's files, such as parameters. Opening a file in it skips the
// look-up of the path, which is slow if there are many network namespaces: each has
// its own net/ipv4, and all of these have the same name (fs/proc/proc_sysctl.c
// proc_sys_compare).
type Dir struct {
	fd   int
	path string // with a final slash
	buf  []byte
}

// OpenDir opens a directory, which the caller closes.
func OpenDir(path string) (*Dir, error) {
	fd, err := System{}.Open(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &Dir{fd: fd, path: path + "/", buf: make([]byte, firstRead)}, nil
}

// Names returns the names in the directory, sorted, as far as they can be read.
func (d *Dir) Names() (all []string) {
	for {
		names, err := System{}.Names(d.fd)
		if err != nil || len(names) == 0 {
			slices.Sort(all)
			return all
		}
		all = append(all, names...)
	}
}

// Parameter reads a file that returns its whole content to the first read with enough
// room, as files below /proc/sys do (fs/proc/proc_sysctl.c proc_sys_call_handler).
// The result is valid until the next call.
func (d *Dir) Parameter(name string) ([]byte, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY)
	if err != nil {
		return nil, at("open", d.path+name, err)
	}
	defer unix.Close(fd)
	n, err := read(fd, d.buf)
	if n == len(d.buf) {
		return ReadAll(d.path + name)
	}
	return d.buf[:n], at("read", d.path+name, err)
}

// ReadAll reads any file of the directory. The result is valid until the next call.
func (d *Dir) ReadAll(name string) ([]byte, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY)
	if err != nil {
		return nil, at("open", d.path+name, err)
	}
	defer unix.Close(fd)
	for got := 0; ; {
		n, err := read(fd, d.buf[got:])
		got += n
		if n == 0 {
			return d.buf[:got], at("read", d.path+name, err)
		}
		if got == len(d.buf) {
			d.buf = append(d.buf, make([]byte, len(d.buf))...)
		}
	}
}

// Close closes the directory.
func (d *Dir) Close() { _ = unix.Close(d.fd) }
