// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameFiles compares the files of each package with those that make install-tcpvitals
// or install-tcpvitalsd writes. apk packages cannot be installed here, so only their
// list of files is checked.
func sameFiles(t *testing.T, name, dist string) {
	of := name + "?[0v]"
	need(t, "tar", "dpkg-deb", "rpm")
	installed := t.TempDir()
	program := filepath.Join(t.TempDir(), name)
	copyFile(t, os.Args[0], program)
	call(t, "make", "-C", tree(t), "install-"+name, "DESTDIR="+installed, "PREFIX=/usr", "BINARY="+program, "SERVICE="+program)
	doc := "usr/share/doc/" + name
	want := []string{doc + "/CHANGELOG.md", doc + "/copyright"}
	for name, about := range contents(t, installed) {
		if !strings.HasPrefix(about, "d") {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	lists := map[string]string{
		"apk":    call(t, "tar", "--warning=no-unknown-keyword", "-tzf", one(t, dist, of+"*.apk")),
		"rpm":    call(t, "rpm", "-qpl", one(t, dist, of+"*.rpm")),
		"tar.gz": call(t, "tar", "-tzf", one(t, dist, of+"*.tar.gz")),
		"deb":    call(t, "sh", "-c", `dpkg-deb --fsys-tarfile "$1" | tar -t`, "sh", one(t, dist, of+"*.deb")),
	}
	for format, list := range lists {
		if diff := cmp.Diff(want, plainNames(format, list)); diff != "" {
			t.Errorf("%s (-installed +packed):\n%s", format, diff)
		}
	}
	info := call(t, "tar", "--warning=no-unknown-keyword", "-xzOf", one(t, dist, of+"*.apk"), ".PKGINFO")
	for _, line := range []string{"pkgname = " + name, "pkgver = 0.9.1_rc1-r0", "arch = " + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH], "license = Apache-2.0"} {
		if !strings.Contains(info, line+"\n") {
			t.Errorf("apk: no line %q in\n%s", line, info)
		}
	}
}

// plainNames are the files of a list, under the names that make install uses.
func plainNames(format, list string) (names []string) {
	said := strings.Fields(list)
	for _, name := range said {
		name = strings.TrimPrefix(strings.TrimPrefix(name, "."), "/")
		if format == "tar.gz" {
			_, name, _ = strings.Cut(name, "/")
			if !strings.HasPrefix(name, "etc/") {
				name = "usr/" + name
			}
		}
		directory := slices.ContainsFunc(said, func(other string) bool {
			return strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(other, "."), "/"), name+"/")
		})
		ofFormat := strings.HasPrefix(name, "PKGINFO") || strings.Contains(name, "changelog.Debian") || strings.Contains(name, "/lintian/") || strings.HasPrefix(name, "pre-") || strings.HasPrefix(name, "post-")
		if directory || strings.HasSuffix(name, "/") || name == "" || ofFormat {
			continue
		}
		name = strings.Replace(name, "zsh/vendor-completions", "zsh/site-functions", 1)
		name = strings.Replace(name, "changelog.gz", "CHANGELOG.md", 1)
		names = append(names, strings.TrimSuffix(name, ".gz"))
	}
	slices.Sort(names)
	return names
}

var link = regexp.MustCompile(`\]\(([^)#\s:]+)(?:#[^)]*)?\)`)

// links checks that every installed page links only to installed files.
func links(t *testing.T, archive string) {
	dir := t.TempDir()
	call(t, "tar", "-xzf", archive, "-C", dir, "--strip-components=1")
	pages := 0
	for name := range contents(t, dir) {
		if filepath.Ext(name) != ".md" || strings.HasSuffix(name, "template.md") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], "internal/lab/scenario/") || match[1] == "changelog/README.md" { // these are links into the source tree, for readers who have it
				continue
			}
			if target := filepath.Join(filepath.Dir(name), match[1]); !exists(dir, target) {
				t.Errorf("%s links to %s, which is not installed", name, match[1])
			}
		}
	}
	if pages < 20 {
		t.Errorf("only %d pages are installed", pages)
	}
}

// elsewhere builds the packages again in another directory, as another user, with
// another umask, time zone and locale. The packages must be the same, byte for byte.
func elsewhere(t *testing.T, dist string) {
	there := filepath.Join(t.TempDir(), "another", "place")
	copyTree(t, tree(t), there)
	call(t, "chmod", "-R", "go-rwx", there)
	again := packages(t, there, second, "TZ=Asia/Shanghai", "LC_ALL=C.UTF-8", "USER=somebody", "GOAMD64=v2")
	sums := func(dir string) string {
		text, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if diff := cmp.Diff(sums(dist), sums(again)); diff != "" {
		t.Errorf("made elsewhere, they differ:\n%s", diff)
	}
}
