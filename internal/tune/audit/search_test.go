// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// machine makes the file system of a machine with systemd.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["usr/lib/systemd/systemd-sysctl"] = ""
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// search is [Search] of a root that can be read.
func search(t *testing.T, root string) *Found {
	t.Helper()
	found, err := Search(root)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSearchOfNoRoot: an unreadable root is an error, not a machine without files.
func TestSearchOfNoRoot(t *testing.T) {
	dir := machine(t, map[string]string{"a": ""})
	for _, name := range []string{filepath.Join(dir, "nowhere"), filepath.Join(dir, "a"), filepath.Join(dir, "a", "b"), ""} {
		found, err := Search(name)
		if input, ok := errors.AsType[*problem.InputError](err); !ok || input.Name != name || found != nil {
			t.Errorf("%q: %v, %v", name, found, err)
		}
	}
}

func paths(files []*File) []string {
	all := []string{}
	for _, f := range files {
		all = append(all, f.Path)
	}
	return all
}

func TestSearchFollowsLinksInsideTheRoot(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	root := machine(t, map[string]string{
		"etc/sysctl.conf": "a.b = 1\n", "usr/lib/sysctl.d/50-a.conf": "a.b = 2\n", "usr/lib/sysctl.d/60-b.conf": "a.b = 3\n",
		"etc/sysctl.d/zz.conf": "a.b = 4\n", "opt/real.conf": "a.b = 5\n",
	})
	for name, target := range map[string]string{
		"99-sysctl.conf": "../sysctl.conf", "50-a.conf": "/dev/null", "70-c.conf": "/opt/real.conf",
	} {
		if err := os.Symlink(target, filepath.Join(root, "etc/sysctl.d", name)); err != nil {
			t.Fatal(err)
		}
	}
	found := search(t, root)
	if diff := cmp.Diff([]string{"/usr/lib/sysctl.d/60-b.conf", "/opt/real.conf", "/etc/sysctl.conf", "/etc/sysctl.d/zz.conf"}, paths(found.Systemd)); diff != "" {
		t.Errorf("systemd (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(paths(found.Systemd), "/etc/sysctl.conf"), paths(found.Procps)); diff != "" {
		t.Errorf("procps (-want +got):\n%s", diff)
	}
	if len(found.Gaps) > 0 || found.Boot != Systemd {
		t.Errorf("got %+v", found)
	}
}

// TestProgramsDiffer: a file that systemd-sysctl does not read is reported once, and
// each key for which the two programs get different values is reported.
func TestProgramsDiffer(t *testing.T) {
	root := machine(t, map[string]string{
		"etc/sysctl.conf":      "net.core.somaxconn = 8192\nnet.ipv4.tcp_retries2 = 9\n",
		"etc/sysctl.d/10.conf": "net.ipv4.tcp_retries2 = 8\n",
	})
	got := brief(Judge(Input{Found: search(t, root)}))
	want := []string{
		"1 DIFFERS : systemd-sysctl does not read this file: nothing of it is set at boot, only by sysctl -p and sysctl --system",
		"2 DIFFERS net.ipv4.tcp_retries2: systemd-sysctl sets 8 (/etc/sysctl.d/10.conf:1), sysctl --system sets 9 (/etc/sysctl.conf:2)",
	}
	for i, line := range want {
		if i >= len(got) || !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("no %q in %q", line, got)
		}
	}
}

// TestOverridingAFileIsNoMistake: overriding a file is the purpose of the directories.
func TestOverridingAFileIsNoMistake(t *testing.T) {
	root := machine(t, map[string]string{
		"usr/lib/sysctl.d/50-default.conf": "net.ipv4.tcp_retries2 = 9\n",
		"etc/sysctl.d/99-local.conf":       "net.ipv4.tcp_retries2 = 8\n",
	})
	got := Judge(Input{Found: search(t, root)})
	if len(got) != 1 || got[0].Code != Duplicate || got[0].Severity >= Duplicate.severity() || got[0].File != "/usr/lib/sysctl.d/50-default.conf" {
		t.Errorf("got %+v", got)
	}
}

func TestGiven(t *testing.T) {
	root := machine(t, map[string]string{"d/20.conf": "a.b = 2\n", "d/10.conf": "a.b = 1\n", "d/readme": "x\n", "e.txt": "a.b = 3\n"})
	found, err := Given([]string{filepath.Join(root, "e.txt"), filepath.Join(root, "d")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(root, "e.txt"), filepath.Join(root, "d", "10.conf"), filepath.Join(root, "d", "20.conf")}
	if diff := cmp.Diff(want, paths(found.Systemd)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := Given([]string{filepath.Join(root, "nowhere")}); err == nil {
		t.Error("a file that is not there is no error")
	}
	if !Searched("/etc/sysctl.conf") || !Searched("/etc/sysctl.d/x.conf") || Searched("/srv/x.conf") {
		t.Error("what is looked at")
	}
}

// TestSearchHoldsTheRoot: links in the audited root do not lead to files of the
// auditing machine, and something that is not a regular file is a gap.
func TestSearchHoldsTheRoot(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	outside := machine(t, map[string]string{"secret/a.conf": "PASSWORD hunter2\n", "creds": "AWS_KEY = AKIA\n"})
	root := machine(t, map[string]string{"etc/keep.conf": "x = 1\n", "etc/large.conf": strings.Repeat("#", maxFile+1)})
	for name, target := range map[string]string{
		"etc/sysctl.d": outside + "/secret", "usr/lib/sysctl.d": "../../../../../../../.." + outside + "/secret", "x": outside, "run/sysctl.d": "/x/secret", "etc/sysctl.conf": "/x/creds",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if found := search(t, root); len(found.Files) > 0 {
		t.Errorf("read %q", paths(found.Files))
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Remove(filepath.Join(root, "etc/sysctl.d")))
	must(os.Mkdir(filepath.Join(root, "etc/sysctl.d"), 0o755))
	must(os.Symlink("/dev/zero", filepath.Join(root, "etc/sysctl.d/z.conf")))
	must(os.Symlink("../large.conf", filepath.Join(root, "etc/sysctl.d/y.conf")))
	must(os.Symlink(outside+"/creds", filepath.Join(root, "etc/sysctl.d/c.conf")))
	must(os.Symlink("../keep.conf", filepath.Join(root, "etc/sysctl.d/k.conf")))
	must(os.Mkdir(filepath.Join(root, "etc/sysctl.d/d.conf"), 0o755))
	found := search(t, root)
	if got := paths(found.Files); len(got) != 1 || got[0] != "/etc/keep.conf" || len(found.Gaps) != 2 {
		t.Errorf("of the machine: read %q, gaps %v", got, found.Gaps)
	}
	found, err := Given([]string{filepath.Join(root, "etc/sysctl.d")})
	if err != nil || len(found.Files) != 0 || len(found.Gaps) != 5 {
		t.Errorf("of a directory: read %q, gaps %v, %v", paths(found.Files), found.Gaps, err)
	}
	if _, err := Given([]string{filepath.Join(root, "etc/sysctl.d/z.conf")}); err == nil || !strings.Contains(err.Error(), "device") {
		t.Errorf("of a device: %v", err)
	}
	if keys := (&parameters{map[string][]string{}}).keys("../../etc/*"); len(keys) > 0 {
		t.Errorf("a pattern lists %q", keys)
	}
}
