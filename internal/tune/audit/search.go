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

// String returns the name of the program.
func (r Reader) String() string {
	if r == Systemd {
		return "systemd-sysctl"
	}
	return "sysctl --system"
}

// legacyFile is the file that sysctl -p reads. procps reads it last; systemd-sysctl
// reads it only through a link in one of the directories.
const legacyFile = "/etc/sysctl.conf"

// Directories returns the directories in which both programs look. If two have a file
// of the same name, the first directory wins (sysctl.d(5); procps sysctl.c
// PreloadSystem). Older versions of procps look into /run first.
func Directories() []string {
	return []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"}
}

// File is a file of parameters.
type File struct {
	Path    string // path on the machine, with links followed
	Lines   []*Line
	Ignores []Ignore
}

// Found is the set of files and lines to be judged.
type Found struct {
	Files   []*File // each file once, in the order of first reading
	Systemd []*File // files that systemd-sysctl reads, in its order
	Procps  []*File // files that sysctl --system reads, in its order; a file may occur twice
	Boot    Reader  // the program that sets parameters at boot
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

// Limits for the files of a machine: systemd and procps have some ten files of some
// kilobytes.
const (
	maxFile  = 1 << 20
	maxFiles = 10_000 // files per directory
	maxLines = 20_000 // lines per file
	maxBytes = 32 << 20
)

// Search reads the files that the two programs would read on the machine whose file
// system is mounted at root; "/" is this machine. A link is followed, but never out
// of root; the file keeps the name of the link. What cannot be read is a gap.
func Search(root string) (*Found, error) {
	s := searcher{files: map[string]*File{}, found: &Found{Boot: Procps}}
	var err error
	if s.root, err = openRoot(root); err != nil {
		return nil, err
	}
	defer func() { _ = s.root.Close() }() // the directory is only read
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

// Given reads files and directories in the given order, as both programs do if files
// are named. In a directory it reads the files that end in .conf; one that cannot be
// read is a gap. A named file that cannot be read is an error. No link is followed
// out of a directory, except out of the directories that this machine itself uses.
func Given(paths []string) (*Found, error) {
	s := searcher{files: map[string]*File{}, found: &Found{Boot: Systemd}, given: true}
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
	defer func() { _ = s.root.Close() }() // the directory is only read
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

// Searched reports whether [Search] looks at a path.
func Searched(name string) bool {
	name, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	name = filepath.ToSlash(name)
	return name == legacyFile || slices.Contains(Directories(), name) || slices.Contains(Directories(), path.Dir(name))
}

// tooMany returns an error if a file has more lines than files of parameters have;
// each line may become a finding.
func tooMany(data []byte) error {
	if bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r")) > maxLines {
		return problem.Errorf("it has more than %d lines: it is no file of parameters", "超过 %d 行：这不是参数文件", maxLines)
	}
	return nil
}

// Stream returns a single file that is not on disk, such as standard input.
func Stream(name string, data []byte) *Found {
	if err := tooMany(data); err != nil {
		return &Found{Boot: Systemd, Gaps: []problem.Gap{problem.Failed(name, err)}}
	}
	f, gaps := filledIn(name, data)
	files := []*File{f}
	return &Found{Files: files, Systemd: files, Procps: files, Boot: Systemd, Gaps: gaps}
}

type searcher struct {
	root   *userfile.Root
	prefix string           // prefix for paths in root when they are shown
	files  map[string]*File // by path, with links followed
	bytes  int
	found  *Found
	given  bool // the user names the files
}

// hidden reports whether systemd-sysctl ignores a file because it is hidden (systemd
// src/basic/path-util.c hidden_or_backup_file); procps does not.
func hidden(base string) bool { return strings.HasPrefix(base, ".") }

// list adds the names in a directory that are not known yet.
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

// read returns a file, which may have been read before under another name. It returns
// nil if there is nothing to read: a link to /dev/null masks files of the same name
// in later directories.
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

// told returns a path as it is shown to the user.
func (s *searcher) told(name string) string {
	if s.prefix == "" {
		return name
	}
	return filepath.Join(s.prefix, filepath.FromSlash(name))
}

func (s *searcher) keep(path string, data []byte) *File {
	s.bytes += len(data)
	f := &File{Path: path, Lines: Parse(path, data), Ignores: ParseIgnores(data)}
	if s.given && !Searched(path) { // where the programs read it, nothing fills it in
		var gaps []problem.Gap
		f, gaps = filledIn(path, data)
		s.found.Gaps = append(s.found.Gaps, gaps...)
	}
	s.files[path] = f
	s.found.Files = append(s.found.Files, f)
	return f
}

func (s *searcher) gap(source string, err error) {
	if !userfile.IsMissing(err) {
		s.found.Gaps = append(s.found.Gaps, problem.Failed(source, err))
	}
}
