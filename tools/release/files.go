// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A file is a regular file to install.
type file struct {
	name string // path below the prefix, with slashes: bin/tcpvitals; settings are in etc, which is not below the prefix
	mode fs.FileMode
	data []byte
}

// files are those that `make install-NAME` has put into the program's directory, by
// name, and those that only a release has: the changelog, and the licences of linked
// modules.
func (j job) files() ([]file, error) {
	var all []file
	tree := filepath.Join(j.trees, j.program)
	err := filepath.WalkDir(tree, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		rel, err := filepath.Rel(tree, name)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, file{rel, modeOf(rel), data})
		return nil
	})
	if err != nil {
		return nil, err
	}
	changes, err := changelog(j)
	if err != nil {
		return nil, err
	}
	licences, err := j.copyright(all)
	if err != nil {
		return nil, err
	}
	all = append(all, file{j.docDir() + "CHANGELOG.md", 0o644, changes}, file{j.docDir() + "copyright", 0o644, licences})
	return byName(all), nil
}

// modeOf derives a file's mode from its name; the mode in the file system depends on
// the umask.
func modeOf(name string) fs.FileMode {
	if strings.HasPrefix(name, "bin/") || path.Ext(name) == ".sh" {
		return 0o755
	}
	return 0o644
}

func byName(files []file) []file {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files
}

// compressed is data compressed as by gzip -9n, without name and time.
func compressed(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
