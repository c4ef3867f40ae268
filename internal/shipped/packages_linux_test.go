// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestShippedPackages builds the packages of two versions and installs, upgrades and
// removes them as users do.
func TestShippedPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program twice")
	}
	testnet.Require(t, testnet.Root)
	older, newer := packages(t, tree(t), first), packages(t, tree(t), second)
	for _, program := range []string{"tcpvitals", "tcpvitalsd"} {
		named := func(dist, ext string) string { return one(t, dist, program+"?[0v]*"+ext) }
		t.Run("deb of "+program, func(t *testing.T) { debLife(t, program, named(older, ".deb"), named(newer, ".deb")) })
		t.Run("rpm of "+program, func(t *testing.T) { rpmLife(t, program, named(older, ".rpm"), named(newer, ".rpm")) })
		t.Run("lists of "+program, func(t *testing.T) { sameFiles(t, program, newer) })
		t.Run("sbom of "+program, func(t *testing.T) { bill(t, program, named(newer, ".tar.gz"), named(newer, ".cdx.json")) })
		t.Run("lintian on "+program, func(t *testing.T) { lintian(t, named(newer, ".deb")) })
	}
	t.Run("waiting change", func(t *testing.T) { waitingChange(t, one(t, newer, "tcpvitals_*.deb")) })
	t.Run("image", func(t *testing.T) { container(t, one(t, newer, "*-image.tar")) })
	t.Run("completion", func(t *testing.T) { completions(t, one(t, newer, "tcpvitals-v*.tar.gz")) })
	t.Run("links", func(t *testing.T) { links(t, one(t, newer, "tcpvitals-v*.tar.gz")) })
	t.Run("archive of tcpvitalsd", func(t *testing.T) { unpacked(t, one(t, newer, "tcpvitalsd-*.tar.gz")) })
	t.Run("sums", func(t *testing.T) { call(t, "sh", "-c", `cd "$1" && sha256sum -c --strict SHA256SUMS`, "sh", newer) })
	t.Run("another place", func(t *testing.T) { elsewhere(t, newer) })
}

// dpkg is the command dpkg for a root directory, with its home directory inside.
func dpkg(root string, args ...string) []string {
	return append([]string{"dpkg", "--root=" + root, "--log=/tmp/dpkg.log"}, args...)
}

// kept is the directory that a program writes itself; it stays until the package is
// purged.
func kept(program string) string {
	if program == "tcpvitalsd" {
		return "var/lib/private/tcpvitalsd/kept"
	}
	return "var/lib/tcpvitals/tune/00001.journal"
}

// settings is the file of settings that the user has changed.
const settings = "etc/tcpvitals/tcpvitalsd.yaml"

// debLife installs, upgrades, removes and purges a package.
func debLife(t *testing.T, program, older, newer string) {
	need(t, "dpkg", "chroot")
	root := newRoot(t)
	initDpkg(t, root)
	own := []string{"var/lib/dpkg", "tmp/dpkg.log"}
	before := contents(t, root, own...)
	run := func(args ...string) string {
		t.Helper()
		all := dpkg(root, args...)
		return call(t, all[0], all[1:]...)
	}
	run("--install", older)
	says(t, root, program, first)
	if got := contents(t, root); got["usr/bin/"+program][:10] != "-rwxr-xr-x" {
		t.Errorf("the program has mode %q", got["usr/bin/"+program])
	}
	changed := program == "tcpvitalsd"
	if changed != exists(root, settings) {
		t.Errorf("settings are there: %v", !changed)
	}
	if changed {
		write(t, root, settings, "top: 3\n")
	}
	write(t, root, kept(program), "history")
	write(t, root, "etc/sysctl.d/99-tcpvitals-0001.conf", "net.ipv4.tcp_fin_timeout = 30\n")

	run("--install", newer)
	says(t, root, program, second)
	if !exists(root, kept(program)) || changed && !contains(t, root, settings, "top: 3\n") {
		t.Error("the upgrade took the history or the settings away")
	}
	run("--remove", program)
	if exists(root, "usr/bin/"+program) || exists(root, "usr/share/doc/"+program) || !exists(root, kept(program)) || changed && !exists(root, settings) {
		t.Error("remove left the program, or took the history or the settings away")
	}
	said := run("--purge", program)
	if program == "tcpvitals" && !strings.Contains(said, "kept, as somebody has confirmed it: /etc/sysctl.d/99-tcpvitals-0001.conf") {
		t.Errorf("purge does not name what it keeps: %s", said)
	}
	for _, left := range []string{"etc/sysctl.d/99-tcpvitals-0001.conf", "var/lib/private"} { // the package removes systemd's directory only if it is empty
		if err := os.Remove(filepath.Join(root, left)); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, contents(t, root, own...)); diff != "" {
		t.Errorf("purged, it leaves something (-before +after):\n%s", diff)
	}
	if left, err := filepath.Glob(filepath.Join(root, "var/lib/dpkg/info/tcpvitals*")); err != nil || len(left) > 0 {
		t.Errorf("dpkg still knows %q, %v", left, err)
	}
}

// initDpkg creates the files without which dpkg refuses to work.
func initDpkg(t *testing.T, root string) {
	t.Helper()
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, root, "var/lib/dpkg/status", "")
	write(t, root, "var/lib/dpkg/available", "")
}

// rpmLife installs, upgrades and removes a package. rpm's database knows nothing in
// this root directory, not even the shell, so rpm is told to ignore dependencies.
func rpmLife(t *testing.T, program, older, newer string) {
	need(t, "rpm")
	root := newRoot(t)
	own := []string{"var/lib/rpm", "usr/lib", "var/tmp"}
	before := contents(t, root, own...)
	rpm := func(args ...string) string {
		t.Helper()
		return call(t, "rpm", append([]string{"--root", root, "--dbpath", "/var/lib/rpm"}, args...)...)
	}
	rpm("--install", "--nodeps", older)
	says(t, root, program, first)
	changed := exists(root, settings)
	if changed {
		write(t, root, settings, "top: 3\n")
	}
	rpm("--upgrade", "--nodeps", newer)
	says(t, root, program, second)
	if changed && !contains(t, root, settings, "top: 3\n") {
		t.Error("the upgrade took the settings away")
	}
	// Only settings ("c") may differ from the package.
	for line := range strings.Lines(tried(t, "rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--verify", "--nodeps", program)) {
		if fields := strings.Fields(line); len(fields) != 3 || fields[1] != "c" || !changed {
			t.Errorf("what is installed is not what rpm knows: %s", line)
		}
	}
	rpm("--erase", program)
	if changed { // as if a user had changed the settings
		if err := os.RemoveAll(filepath.Join(root, "etc/tcpvitals")); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, contents(t, root, own...)); diff != "" {
		t.Errorf("erased, it leaves something (-before +after):\n%s", diff)
	}
}

// unpacked checks that an archive unpacked into /usr/local finds its own files there.
func unpacked(t *testing.T, archive string) {
	need(t, "tar")
	root := t.TempDir()
	call(t, "sh", "-c", `mkdir -p "$2/usr/local" && tar -xzf "$1" -C "$2/usr/local" --strip-components=1`, "sh", archive, root)
	unit, err := os.ReadFile(filepath.Join(root, "usr/local/lib/systemd/system/tcpvitalsd.service"))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, match := range inUnit.FindAllStringSubmatch(string(unit), -1) {
		calls++
		for _, name := range match[1:] {
			if !exists(root, name) {
				t.Errorf("%s names %s, which is not there", match[0], name)
			}
		}
	}
	if calls != 2 {
		t.Errorf("%d calls in %s", calls, unit)
	}
}

var inUnit = regexp.MustCompile(`(?m)^ExecStart(?:Pre)?=(/\S+) --config (/\S+)`)

// waitingChange checks that the program cannot be removed while it is needed to take a
// change back.
func waitingChange(t *testing.T, deb string) {
	need(t, "dpkg", "chroot", "unshare")
	root := newRoot(t)
	initDpkg(t, root)
	ns := testnet.New(t, testnet.Options{})
	// Each command has its own mount namespace, so that nothing stays mounted.
	inside := func(args ...string) ([]byte, error) {
		script := `mount -t proc proc "$0/proc" && exec "$@"`
		return ns.Command("unshare", append([]string{"-m", "sh", "-c", script, root}, args...)...).CombinedOutput()
	}
	must := func(args ...string) {
		t.Helper()
		if said, err := inside(args...); err != nil {
			t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, said)
		}
	}
	must(dpkg(root, "--install", deb)...)
	write(t, root, "tmp/x.plan", "#: tcpvitals-plan 1\nnet.ipv4.tcp_fin_timeout = 31\n")
	must("chroot", root, "tcpvitals", "tune", "apply", "/tmp/x.plan", "--yes", "--confirm-within", "5m")
	said, err := inside(dpkg(root, "--remove", "tcpvitals")...)
	if err == nil || !strings.Contains(string(said), "waits to be confirmed") {
		t.Errorf("removed while a change waits: %v: %s", err, said)
	}
	says(t, root, "tcpvitals", second)
	must("chroot", root, "tcpvitals", "tune", "rollback")
	must(dpkg(root, "--purge", "tcpvitals")...)
	if exists(root, "var/lib/tcpvitals") {
		t.Error("purge leaves /var/lib/tcpvitals")
	}
}

// lintian checks that lintian reports nothing about the package except what is
// overridden with a reason.
func lintian(t *testing.T, deb string) {
	need(t, "lintian")
	said, err := exec.CommandContext(t.Context(), "lintian", "--allow-root", "--profile", "debian", "--display-info", "--pedantic", "--fail-on", "error,warning,info,pedantic", deb).CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
}
