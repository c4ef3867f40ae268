// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// The versions that the tests build: one, and the next.
const (
	first  = "v0.9.0"
	second = "v0.9.1-rc.1"
)

// epoch is the time of the commit that the builds claim.
const epoch = "1764547200"

// need skips the test if a program is missing, or fails it if CI_REQUIRE names
// packagers.
func need(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			testnet.Skip(t, testnet.Packagers, err.Error())
		}
	}
}

// tree is the top directory of the source tree.
func tree(t *testing.T) string {
	t.Helper()
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// packages builds the packages of one version, for this test's own architecture, in a
// new directory, and returns the directory.
func packages(t *testing.T, source, version string, env ...string) string {
	t.Helper()
	need(t, "go", "make", "git", "install")
	out := filepath.Join(t.TempDir(), "dist")
	cmd := exec.CommandContext(t.Context(), "make", "packages", "SYSTEMS=linux/"+runtime.GOARCH, "VERSION="+version, "OUT="+out, "SOURCE_DATE_EPOCH="+epoch)
	cmd.Dir = source
	cmd.Env = append(append(os.Environ(), "MAKEFLAGS="), env...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		offline(t, string(said))
		t.Fatalf("make packages: %v\n%s", err, said)
	}
	return out
}

// offline skips the test if a build failed because something must be downloaded first.
func offline(t *testing.T, said string) {
	t.Helper()
	if strings.Contains(said, "dial tcp") {
		testnet.Skip(t, testnet.Packagers, "what makes packages cannot be downloaded: "+said)
	}
}

// one returns the only file in dir that matches a pattern.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s in %s: %q, %v", pattern, dir, names, err)
	}
	return names[0]
}

// tried runs a command that may fail, and returns its output.
func tried(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", name, err)
	}
	return string(out)
}

// call runs a command that must succeed, and returns its output.
func call(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
