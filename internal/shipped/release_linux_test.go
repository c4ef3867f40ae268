// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bill compares the SBOM with the program that it describes.
func bill(t *testing.T, name, archive, told string) {
	dir := t.TempDir()
	call(t, "tar", "-xzf", archive, "-C", dir, "--strip-components=1")
	program := filepath.Join(dir, "bin", name)
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	type component struct {
		Name, Version, Purl string
		Hashes              []struct{ Content string }
		Licenses            []struct {
			License    struct{ ID string }
			Expression string
		}
	}
	var got struct {
		BomFormat, SpecVersion string
		Metadata               struct {
			Timestamp string
			Component component
		}
		Components []component
	}
	text, err := os.ReadFile(told)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(data)); len(got.Metadata.Component.Hashes) != 1 || got.Metadata.Component.Hashes[0].Content != sum {
		t.Errorf("it is of %v, the program is %s", got.Metadata.Component.Hashes, sum)
	}
	want := []string{"pkg:golang/std@" + strings.TrimPrefix(runtime.Version(), "go")}
	for _, dep := range info.Deps {
		if strings.HasPrefix(dep.Path, "github.com/tcpvitals/") { // a module of this project
			continue
		}
		want = append(want, "pkg:golang/"+dep.Path+"@"+dep.Version)
	}
	var names []string
	for _, c := range got.Components {
		names = append(names, c.Purl)
		if len(c.Licenses) != 1 || c.Licenses[0].License.ID+c.Licenses[0].Expression == "" {
			t.Errorf("%s has no licence", c.Purl)
		}
	}
	if diff := cmp.Diff(want, names); diff != "" || len(want) < 5 {
		t.Errorf("components (-linked +told):\n%s", diff)
	}
	if got.BomFormat != "CycloneDX" || got.SpecVersion != "1.6" || got.Metadata.Timestamp != "2025-12-01T00:00:00Z" {
		t.Errorf("%s %s of %s", got.BomFormat, got.SpecVersion, got.Metadata.Timestamp)
	}
}

// TestShippedRelease makes a release in a repository of its own. Each step is refused
// until the previous one is done, and at the end nothing has been pushed.
func TestShippedRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program twice")
	}
	need(t, "go", "make", "git", "install")
	dir := filepath.Join(t.TempDir(), "source")
	copyTree(t, tree(t), dir)
	git := func(args ...string) {
		t.Helper()
		call(t, "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "init.defaultBranch=main", "-c", "tag.gpgSign=false", "-c", "commit.gpgSign=false"}, args...)...)
	}
	release := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), "make", "release", "SYSTEMS=linux/"+runtime.GOARCH, "PROGRAMS=tcpvitals") // one system and one program are enough for this test
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "MAKEFLAGS=")
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
	refused := func(why string) {
		t.Helper()
		if said, err := release(); err == nil || !strings.Contains(said, why) {
			t.Errorf("want it refused, as %s: %v: %s", why, err, said)
		}
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-q", "-m", "everything")
	refused("no tag of this very state")
	git("tag", "v0.9.0")
	refused("the fragments are not those of v0.9.0 yet")
	git("tag", "-d", "v0.9.0")
	call(t, "make", "-C", dir, "changelog", "VERSION=v0.9.0")
	git("commit", "-q", "-m", "changelog: v0.9.0")
	git("tag", "v0.9.0")
	write(t, dir, "left", "")
	refused("files that are not committed")
	if err := os.Remove(filepath.Join(dir, "left")); err != nil {
		t.Fatal(err)
	}
	said, err := release()
	offline(t, said)
	if err != nil || !strings.Contains(said, "Nothing has left this machine") {
		t.Fatalf("release: %v: %s", err, said)
	}
	changes := call(t, "sh", "-c", `tar -xzOf "$1" --wildcards '*/CHANGELOG.md'`, "sh", one(t, filepath.Join(dir, "dist"), "tcpvitals-v*.tar.gz"))
	if !strings.HasPrefix(changes, "# Changelog\n\n## 0.9.0, 20") || !strings.Contains(changes, "\n### Feature: ") {
		t.Errorf("the changelog begins with %.80q", changes)
	}
}

// copyTree copies the files that git has or would add, as they are in the working
// tree.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	call(t, "sh", "-c", `mkdir -p "$2" && cd "$1" && git ls-files -z -co --exclude-standard | xargs -0 sh -c 'cp --parents -- "$@" "$0"' "$2"`, "sh", from, to)
}
