// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
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
	Path    string // as the machine calls it, links followed
	Lines   []*Line
	Ignores []Ignore
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

// What the files of a machine may be at most: systemd and procps have some ten
// of some kilobytes.
const (
	maxFile  = 1 << 20
	maxFiles = 10_000 // in a directory
	maxLines = 20_000 // in a file
	maxBytes = 32 << 20
)

// Search reads what the programs would read on the machine whose file system
// is mounted at root; "/" is this machine. A file that is linked to is read
// where its link says and known by its own name; no link leads out of root. What
// cannot be read is a gap. A root that cannot is a [*problem.InputError] or a
// [*problem.PermissionError]: nothing is known of such a machine.
func Search(root string) (*Found, error) {
	s := searcher{files: map[string]*File{}, found: &Found{Boot: Procps}}
	var err error
	if s.root, err = openRoot(root); err != nil {
		return nil, err
	}
	defer func() { _ = s.root.Close() }() // nothing was written
	for _, program := range []string{"/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"} {
		if s.root.Exists(program) {
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
	return s.found, nil
}

func openRoot(name string) (*userfile.Root, error) {
	root, err := userfile.OpenRoot(name)
	if err != nil {
		return nil, problem.Unreadable(name, err)
	}
	return root, nil
}

// Given reads files and directories in the order given, as both programs do
// when they are called with files. Of a directory it takes what ends in .conf;
// a file there that cannot be read is a gap, one that is named an error. No link
// is followed out of a directory, but of one that this machine reads itself.
func Given(paths []string) (*Found, error) {
	s := searcher{files: map[string]*File{}, found: &Found{Boot: Systemd}}
	for _, name := range paths {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if err := s.directory(name); err != nil {
				return nil, err
			}
			continue
		}
		data, err := userfile.Read(name, maxFile)
		if err != nil {
			return nil, problem.Errorf("audit %w", "检查 %w", err)
		}
		if err := tooMany(data); err != nil {
			return nil, &problem.InputError{Name: name, Msg: err.Error(), Zh: problem.Wording(err, true)}
		}
		s.keep(name, data)
	}
	s.found.Systemd, s.found.Procps = s.found.Files, s.found.Files
	return s.found, nil
}

// directory reads the files of a directory.
func (s *searcher) directory(dir string) (err error) {
	top, within := dir, true
	if Searched(dir) {
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
		top, within = "/", false
	}
	if s.root, err = openRoot(top); err != nil {
		return err
	}
	defer func() { _ = s.root.Close() }() // nothing was written
	s.root.Within, s.prefix = within, ""
	if within {
		s.prefix, dir = dir, "/"
	}
	names := map[string]string{}
	s.list(dir, names)
	for _, base := range slices.Sorted(maps.Keys(names)) {
		s.read(names[base])
	}
	return nil
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

// tooMany says that something has more lines than files of parameters have; each
// may become a finding.
func tooMany(data []byte) error {
	if bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r")) > maxLines {
		return problem.Errorf("it has more than %d lines: it is no file of parameters", "超过 %d 行：这不是参数文件", maxLines)
	}
	return nil
}

// Stream is a single file that is not on disk, such as standard input.
func Stream(name string, data []byte) *Found {
	if err := tooMany(data); err != nil {
		return &Found{Boot: Systemd, Gaps: []problem.Gap{problem.Failed(name, err)}}
	}
	files := []*File{{Path: name, Lines: Parse(name, data), Ignores: ParseIgnores(data)}}
	return &Found{Files: files, Systemd: files, Procps: files, Boot: Systemd}
}

type searcher struct {
	root   *userfile.Root
	prefix string           // what paths in root have in front of them when they are told
	files  map[string]*File // by path, links followed
	bytes  int
	found  *Found
}

// hidden files are passed over by systemd-sysctl (systemd
// src/basic/path-util.c hidden_or_backup_file), not by procps.
func hidden(base string) bool { return strings.HasPrefix(base, ".") }

// list adds the names of a directory that are not known yet.
func (s *searcher) list(dir string, names map[string]string) {
	entries, err := s.root.List(dir, maxFiles)
	if err != nil {
		s.gap(s.told(dir), err)
		return
	}
	for _, name := range entries {
		if _, known := names[name]; !known && strings.HasSuffix(name, ".conf") {
			names[name] = path.Join(dir, name)
		}
	}
}

// read returns a file, which may have been read under another name before, or
// nil when there is nothing to read: a link to /dev/null masks the file of the
// same name in the directories that follow.
func (s *searcher) read(name string) *File {
	at, err := s.root.Resolve(name)
	if err != nil {
		s.gap(s.told(name), err)
		return nil
	}
	if at == "/dev/null" {
		return nil
	}
	if f := s.files[s.told(at)]; f != nil {
		return f
	}
	data, err := s.root.Read(at, maxFile)
	if err == nil && s.bytes+len(data) > maxBytes {
		err = problem.Errorf("the files before it have %d MB together, which is more than they ever have", "它之前的文件合计已有 %d MB，远超通常大小", maxBytes>>20)
	}
	if err == nil {
		err = tooMany(data)
	}
	if err != nil {
		s.gap(s.told(name), err)
		return nil
	}
	return s.keep(s.told(at), data)
}

// told is how a path is told.
func (s *searcher) told(name string) string {
	if s.prefix == "" {
		return name
	}
	return filepath.Join(s.prefix, filepath.FromSlash(name))
}

func (s *searcher) keep(path string, data []byte) *File {
	s.bytes += len(data)
	f := &File{Path: path, Lines: Parse(path, data), Ignores: ParseIgnores(data)}
	s.files[path] = f
	s.found.Files = append(s.found.Files, f)
	return f
}

func (s *searcher) gap(source string, err error) {
	if !userfile.IsMissing(err) {
		s.found.Gaps = append(s.found.Gaps, problem.Failed(source, err))
	}
}
