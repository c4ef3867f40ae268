// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Reader is a program that reads files of kernel parameters.
type Reader uint8

const (
	// Systemd is systemd-sysctl(8), which sets parameters at boot.
	Systemd Reader = iota + 1
	// Procps is sysctl(8) with --system.
	Procps
)

// String returns the name of one program.
func (r Reader) String() string {
	if r == Systemd {
		return "systemd-sysctl"
	}
	return "sysctl --system"
}

// legacyFile is what sysctl -p reads. procps reads it last, systemd-sysctl
// reads it only through a link in one of the directories.
const legacyFile = "/etc/sysctl.conf"

// Directories returns where both programs look, the first of which wins when
// two have a file of the same name (sysctl.d(5); procps sysctl.c PreloadSystem).
// Older versions of procps look into /run first.
func Directories() []string {
	return []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"}
}

// File is a file of parameters.
type File struct {
	Path  string // as the machine calls it, links followed
	Lines []*Line
}

// Found is what there is to judge.
type Found struct {
	Files   []*File // each once, in the order in which they are read first
	Systemd []*File // what systemd-sysctl reads, in its order
	Procps  []*File // what sysctl --system reads, in its order; a file may come twice
	Boot    Reader  // which of them sets parameters at boot
	Gaps    []problem.Gap
}

// linesOf returns the lines of files in order.
func linesOf(files []*File) []*Line {
	var all []*Line
	for _, f := range files {
		all = append(all, f.Lines...)
	}
	return all
}

// Search reads what the programs would read on the machine whose file system
// is mounted at root; "/" is this machine. A file that is linked to is read
// where its link says and known by its own name. What cannot be read is a gap.
func Search(root string) *Found {
	s := searcher{root: root, files: map[string]*File{}, found: &Found{Boot: Procps}}
	for _, program := range []string{"/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"} {
		if _, err := os.Stat(s.real(program)); err == nil {
			s.found.Boot = Systemd
		}
	}
	names := map[string]string{}
	for _, dir := range Directories() {
		s.list(dir, names)
	}
	for _, base := range slices.Sorted(maps.Keys(names)) {
		f := s.read(names[base])
		if f == nil {
			continue
		}
		s.found.Procps = append(s.found.Procps, f)
		if !hidden(base) {
			s.found.Systemd = append(s.found.Systemd, f)
		}
	}
	if f := s.read(legacyFile); f != nil {
		s.found.Procps = append(s.found.Procps, f)
	}
	return s.found
}

// Given reads files and directories in the order given, as both programs do
// when they are called with files. Of a directory it takes what ends in .conf.
func Given(paths []string) (*Found, error) {
	s := searcher{root: "/", files: map[string]*File{}, found: &Found{Boot: Systemd}}
	for _, path := range paths {
		names := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			names, err = filepath.Glob(filepath.Join(path, "*.conf"))
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", path, err)
			}
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("audit %s: %w", name, err)
			}
			s.keep(name, data)
		}
	}
	s.found.Systemd, s.found.Procps = s.found.Files, s.found.Files
	return s.found, nil
}

// Searched reports whether a path is among those that [Search] looks at.
func Searched(name string) bool {
	name, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	name = filepath.ToSlash(name)
	return name == legacyFile || slices.Contains(Directories(), name) || slices.Contains(Directories(), path.Dir(name))
}

// Stream is a single file that is not on disk, such as standard input.
func Stream(name string, data []byte) *Found {
	files := []*File{{Path: name, Lines: Parse(name, data)}}
	return &Found{Files: files, Systemd: files, Procps: files, Boot: Systemd}
}

type searcher struct {
	root  string
	files map[string]*File // by path, links followed
	found *Found
}

// hidden files are passed over by systemd-sysctl (systemd
// src/basic/path-util.c hidden_or_backup_file), not by procps.
func hidden(base string) bool { return strings.HasPrefix(base, ".") }

// list adds the names of a directory that are not known yet.
func (s *searcher) list(dir string, names map[string]string) {
	entries, err := os.ReadDir(s.real(dir))
	if err != nil {
		s.gap(dir, err)
		return
	}
	for _, e := range entries {
		if _, known := names[e.Name()]; !known && strings.HasSuffix(e.Name(), ".conf") {
			names[e.Name()] = dir + "/" + e.Name()
		}
	}
}

// read returns a file, which may have been read under another name before, or
// nil when there is nothing to read: a link to /dev/null masks the file of the
// same name in the directories that follow.
func (s *searcher) read(name string) *File {
	path := s.follow(name)
	if path == "/dev/null" {
		return nil
	}
	if f := s.files[path]; f != nil {
		return f
	}
	info, err := os.Stat(s.real(path))
	if err != nil {
		s.gap(name, err)
		return nil
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	data, err := os.ReadFile(s.real(path))
	if err != nil {
		s.gap(name, err)
		return nil
	}
	return s.keep(path, data)
}

func (s *searcher) keep(path string, data []byte) *File {
	f := &File{Path: path, Lines: Parse(path, data)}
	s.files[path] = f
	s.found.Files = append(s.found.Files, f)
	return f
}

func (s *searcher) gap(source string, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		s.found.Gaps = append(s.found.Gaps, problem.Gap{Source: source, Reason: err.Error()})
	}
}

// real is where a path of that machine is on this one.
func (s *searcher) real(path string) string { return filepath.Join(s.root, filepath.FromSlash(path)) }

// follow resolves a symbolic link as that machine would.
func (s *searcher) follow(name string) string {
	for range 8 {
		target, err := os.Readlink(s.real(name))
		switch {
		case err != nil:
			return name
		case path.IsAbs(filepath.ToSlash(target)):
			name = path.Clean(filepath.ToSlash(target))
		default:
			name = path.Join(path.Dir(name), filepath.ToSlash(target))
		}
	}
	return name
}
