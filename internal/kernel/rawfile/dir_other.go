// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rawfile

import "os"

// A Dir is a directory.
type Dir struct{ path string }

// OpenDir fails where there is no such directory.
func OpenDir(path string) (*Dir, error) {
	_, err := os.Stat(path)
	return &Dir{path + "/"}, err
}

// Names returns what is in the directory, sorted.
func (d *Dir) Names() (all []string) {
	entries, _ := os.ReadDir(d.path) // the names that came before an error
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// Parameter reads a file.
func (d *Dir) Parameter(name string) ([]byte, error) { return os.ReadFile(d.path + name) }

// ReadAll reads a file.
func (d *Dir) ReadAll(name string) ([]byte, error) { return os.ReadFile(d.path + name) }

// Close does nothing.
func (*Dir) Close() {}
