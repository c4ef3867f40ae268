// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestShippedPackages makes the packages of two versions and does with them what
// people do.
func TestShippedPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program twice")
	}
	testnet.Require(t, testnet.Root)
	older, newer := packages(t, tree(t), first), packages(t, tree(t), second)
	t.Run("deb", func(t *testing.T) { debLife(t, one(t, older, "*.deb"), one(t, newer, "*.deb")) })
	t.Run("rpm", func(t *testing.T) { rpmLife(t, one(t, older, "*.rpm"), one(t, newer, "*.rpm")) })
	t.Run("waiting change", func(t *testing.T) { waitingChange(t, one(t, newer, "*.deb")) })
	t.Run("apk and tar", func(t *testing.T) { sameFiles(t, newer) })
	t.Run("image", func(t *testing.T) { container(t, one(t, newer, "*-image.tar")) })
	t.Run("sbom", func(t *testing.T) { bill(t, newer) })
	t.Run("lintian", func(t *testing.T) { lintian(t, one(t, newer, "*.deb")) })
	t.Run("completion", func(t *testing.T) { completions(t, one(t, newer, "*.tar.gz")) })
	t.Run("links", func(t *testing.T) { links(t, one(t, newer, "*.tar.gz")) })
	t.Run("sums", func(t *testing.T) { call(t, "sh", "-c", `cd "$1" && sha256sum -c --strict SHA256SUMS`, "sh", newer) })
	t.Run("another place", func(t *testing.T) { elsewhere(t, newer) })
}

// dpkg calls it for a root, with a home of its own there.
func dpkg(root string, args ...string) []string {
	return append([]string{"dpkg", "--root=" + root, "--log=/tmp/dpkg.log"}, args...)
}

// debLife installs, upgrades, removes and purges.
func debLife(t *testing.T, older, newer string) {
	need(t, "dpkg", "chroot")
	root := newRoot(t)
	initDpkg(t, root)
	const kept = "var/lib/tcpvitals/tune/00001.journal"
	own := []string{"var/lib/dpkg", "tmp/dpkg.log"}
	before := contents(t, root, own...)

	install := dpkg(root, "--install", older)
	call(t, install[0], install[1:]...)
	says(t, root, first)
	if got := contents(t, root); got["usr/bin/tcpvitals"][:10] != "-rwxr-xr-x" {
		t.Errorf("the program has mode %q", got["usr/bin/tcpvitals"])
	}
	write(t, root, kept, "history")
	write(t, root, "etc/sysctl.d/99-tcpvitals-0001.conf", "net.ipv4.tcp_fin_timeout = 30\n")

	upgrade := dpkg(root, "--install", newer)
	call(t, upgrade[0], upgrade[1:]...)
	says(t, root, second)
	if !exists(root, kept) {
		t.Error("the upgrade took the history away")
	}
	remove := dpkg(root, "--remove", "tcpvitals")
	call(t, remove[0], remove[1:]...)
	if exists(root, "usr/bin/tcpvitals") || exists(root, "usr/share/doc/tcpvitals") || !exists(root, kept) {
		t.Error("remove left the program, or took the history away")
	}
	purge := dpkg(root, "--purge", "tcpvitals")
	said := call(t, purge[0], purge[1:]...)
	if !strings.Contains(said, "kept, as somebody has confirmed it: /etc/sysctl.d/99-tcpvitals-0001.conf") {
		t.Errorf("purge does not name what it keeps: %s", said)
	}
	if err := os.Remove(filepath.Join(root, "etc/sysctl.d/99-tcpvitals-0001.conf")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, contents(t, root, own...)); diff != "" {
		t.Errorf("purged, it leaves something (-before +after):\n%s", diff)
	}
	if left, err := filepath.Glob(filepath.Join(root, "var/lib/dpkg/info/tcpvitals*")); err != nil || len(left) > 0 {
		t.Errorf("dpkg still knows %q, %v", left, err)
	}
}

// initDpkg makes the files without which dpkg does nothing.
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

// rpmLife installs, upgrades and removes. Nothing of the root is known to rpm, not
// its shell either, so it is told not to ask.
func rpmLife(t *testing.T, older, newer string) {
	need(t, "rpm")
	root := newRoot(t)
	own := []string{"var/lib/rpm", "usr/lib", "var/tmp"}
	before := contents(t, root, own...)
	rpm := func(args ...string) string {
		return call(t, "rpm", append([]string{"--root", root, "--dbpath", "/var/lib/rpm"}, args...)...)
	}
	rpm("--install", "--nodeps", older)
	says(t, root, first)
	rpm("--upgrade", "--nodeps", newer)
	says(t, root, second)
	if said := rpm("--verify", "--nodeps", "tcpvitals"); said != "" {
		t.Errorf("what is installed is not what rpm knows: %s", said)
	}
	rpm("--erase", "tcpvitals")
	if diff := cmp.Diff(before, contents(t, root, own...)); diff != "" {
		t.Errorf("erased, it leaves something (-before +after):\n%s", diff)
	}
}

// waitingChange: the program does not go while it is needed to take a change back.
func waitingChange(t *testing.T, deb string) {
	need(t, "dpkg", "chroot", "unshare")
	root := newRoot(t)
	initDpkg(t, root)
	ns := testnet.New(t, testnet.Options{})
	// A mount namespace of its own for each command: nothing is left mounted.
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
	says(t, root, second)
	must("chroot", root, "tcpvitals", "tune", "rollback")
	must(dpkg(root, "--purge", "tcpvitals")...)
	if exists(root, "var/lib/tcpvitals") {
		t.Error("purge leaves /var/lib/tcpvitals")
	}
}

// lintian wants nothing of the package that is not overridden with a reason.
func lintian(t *testing.T, deb string) {
	need(t, "lintian")
	said, err := exec.CommandContext(t.Context(), "lintian", "--allow-root", "--profile", "debian", "--display-info", "--pedantic", "--fail-on", "error,warning,info,pedantic", deb).CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
}
