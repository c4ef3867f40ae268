// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var library = regexp.MustCompile(`/\S+\.so\S*`)

// newRoot makes the smallest root directory in which package scripts run: busybox as
// the shell, with its libraries.
func newRoot(t *testing.T) string {
	t.Helper()
	need(t, "busybox", "ldd", "chroot")
	root := t.TempDir()
	for _, dir := range systemDirs() {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range systemDirs() { // otherwise dpkg would attribute the directory to the last package and remove it
		write(t, root, filepath.Join(dir, "of-another-package"), "")
	}
	call(t, "mknod", "-m", "666", filepath.Join(root, "dev/null"), "c", "1", "3")
	busybox := strings.TrimSpace(call(t, "which", "busybox"))
	libraries := []string{}
	if said := call(t, "sh", "-c", `ldd "$1" || true`, "sh", busybox); !strings.Contains(said, "not a dynamic") {
		libraries = library.FindAllString(said, -1)
	}
	for _, name := range libraries {
		copyFile(t, name, filepath.Join(root, name))
	}
	for _, name := range []string{"sh", "rm", "grep", "mount", "["} {
		copyFile(t, busybox, filepath.Join(root, "bin", name))
	}
	return root
}

// systemDirs are directories that exist on every machine and belong to no single
// package.
func systemDirs() []string {
	return []string{
		"bin", "dev", "etc/sysctl.d", "proc", "tmp", "usr/bin", "usr/lib/systemd/system", "usr/share/bash-completion/completions", "usr/share/doc", "usr/share/fish/vendor_completions.d",
		"usr/share/man/man1", "usr/share/man/zh_CN/man1", "usr/share/zsh/site-functions", "usr/share/zsh/vendor-completions", "usr/share/lintian/overrides", "var/lib",
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// contents are the files and directories below a root directory with their contents,
// except the directories of package managers.
func contents(t *testing.T, root string, but ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if slices.Contains(but, rel) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all[rel] = info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			all[rel] += fmt.Sprintf(" %x", sha256.Sum256(data))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// says checks the version that the installed program prints.
func says(t *testing.T, root, program, version string) {
	t.Helper()
	args, want := []string{"version"}, "tcpvitals "+version+" "
	if program == "tcpvitalsd" {
		args, want = []string{"--version"}, "tcpvitalsd version "+version+"\n"
	}
	if said := call(t, "chroot", append([]string{root, "/usr/bin/" + program}, args...)...); !strings.HasPrefix(said, want) {
		t.Errorf("installed is %q, want %s", said, version)
	}
}

// write writes a file in a root directory.
func write(t *testing.T, root, name, text string) {
	t.Helper()
	name = filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// contains reports whether a file in a root directory has exactly this text.
func contains(t *testing.T, root, name, text string) bool {
	t.Helper()
	said, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Error(err)
	}
	return string(said) == text
}

// exists reports whether a root directory has a file.
func exists(root, name string) bool {
	_, err := os.Lstat(filepath.Join(root, name))
	return err == nil
}
