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

// A file is one regular file to be installed.
type file struct {
	name string // below the prefix, with slashes: bin/tcpvitals; settings are in etc, which is below none
	mode fs.FileMode
	data []byte
}

// files are what `make install-NAME` has put into the program's tree, by name, and
// with it what only a release has: the changelog, and the licences of what is linked in.
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

// modeOf does not ask the file system, where an umask could have had its say.
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

// compressed is data as gzip -9n writes it: without name and time.
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
