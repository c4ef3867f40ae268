// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// tuner is this test binary as tcpvitals, inside a namespace of the test's own.
type tuner struct {
	t     *testing.T
	ns    *testnet.NS
	dir   string
	shell string
}

func newTuner(t *testing.T) *tuner {
	u := &tuner{t: t, ns: testnet.New(t, testnet.Options{}), dir: t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(u.dir, "etc"), 0o755))
	// testscript makes a program of the test binary that is called so.
	self, err := os.Executable()
	must(t, err)
	u.shell = filepath.Join(u.dir, "tcpvitals")
	must(t, os.Symlink(self, u.shell))
	return u
}

// run runs a command of tune and returns what it printed.
func (u *tuner) run(stdin string, args ...string) (out string, code int) {
	u.t.Helper()
	args = append([]string{"tune"}, args...)
	if args[1] != "plan" {
		args = append(args, "--state-dir="+u.dir+"/state", "--etc-dir="+u.dir+"/etc")
	}
	cmd := u.ns.Command(u.shell, args...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "TZ=UTC")
	var text bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &text, &text
	_ = cmd.Run()
	return text.String(), cmd.ProcessState.ExitCode()
}

func (u *tuner) want(code int, fragment, stdin string, args ...string) string {
	u.t.Helper()
	out, got := u.run(stdin, args...)
	if got != code || !strings.Contains(out, fragment) {
		u.t.Fatalf("%q: exit code %d, want %d\n%s\nwant %q", args, got, code, out, fragment)
	}
	return out
}

// TestTuneLife: plan, apply, confirm, verify, rollback, as a person would.
func TestTuneLife(t *testing.T) {
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	must(t, os.WriteFile(filepath.Join(u.dir, "etc", "99-zz.conf"), []byte("net.core.somaxconn = 512\n"), 0o600))
	text := u.want(0, "net.core.somaxconn = 8192", "", "plan", "--set", "net.core.somaxconn=8192")
	must(t, os.WriteFile(plan, []byte(text), 0o600))

	u.want(1, "nothing was changed: the answer was not yes", "n\n", "apply", plan)
	if got := u.ns.Sysctl("net.core.somaxconn"); got != "4096" {
		t.Fatalf("declined, and it is %s", got)
	}
	out := u.want(0, "applied as change 1. Reverts at ", "y\n", "apply", plan, "--confirm-within", "60s")
	for _, fragment := range []string{"net.core.somaxconn  4096 -> 8192  read back 8192", "99-zz.conf:1 sets net.core.somaxconn = 512 and is read later: at boot it will win"} {
		if !strings.Contains(out, fragment) {
			t.Errorf("no %q in\n%s", fragment, out)
		}
	}
	u.want(0, "now 8192, the new value", "", "status")
	u.want(0, "99-tcpvitals-0001.conf sets it at boot", "", "confirm", "1")
	u.want(0, "confirmed, set at boot by", "", "status")
	u.want(0, "not asked for", "", "verify", "1")
	u.ns.SetSysctl("net.core.somaxconn", "777")
	u.want(0, "777, which somebody else has set", "", "status")
	u.want(1, "with --force the command goes on", "", "rollback")
	u.want(0, "change 1 is taken back", "", "rollback", "--force")
	if got := u.ns.Sysctl("net.core.somaxconn"); got != "4096" {
		t.Errorf("rolled back to %s", got)
	}
	if _, err := os.Stat(filepath.Join(u.dir, "etc", "99-tcpvitals-0001.conf")); err == nil {
		t.Error("the file is still there")
	}
	u.want(1, "no change is in force", "", "rollback")
	u.want(0, "rolled back", "", "log", "1")
	u.want(2, "there is no change 9", "", "log", "9")
}

// TestTuneChangedSince: a plan is not applied over what somebody else has set.
func TestTuneChangedSince(t *testing.T) {
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	must(t, os.WriteFile(plan, []byte(u.want(0, "", "", "plan", "--set", "net.core.somaxconn=8192")), 0o600))
	u.ns.SetSysctl("net.core.somaxconn", "5000")
	u.want(1, "it was 4096 when the plan was made and is 5000 now", "", "apply", plan, "--yes")
	u.want(0, "5000 -> 8192", "", "apply", plan, "--yes", "--force")
	u.want(0, "taken back", "", "rollback")
	if got := u.ns.Sysctl("net.core.somaxconn"); got != "5000" {
		t.Errorf("rolled back to %s", got)
	}
}

// TestTuneFindings: a finding of doctor becomes a plan, and is judged again.
func TestTuneFindings(t *testing.T) {
	u := newTuner(t)
	u.ns.SetSysctl("net.ipv4.tcp_fin_timeout", "90") // FW03: means something else than it says
	plan := filepath.Join(u.dir, "fw.plan")
	text := u.want(0, "#: finding FW03", "", "plan", "--from-doctor")
	must(t, os.WriteFile(plan, []byte(text), 0o600))
	u.want(0, "(FW03", "", "apply", plan, "--yes")
	u.want(0, "helped", "", "verify", "1")
	u.ns.SetSysctl("net.ipv4.tcp_fin_timeout", "90")
	u.want(0, "not in force", "", "verify", "1")
	u.want(0, "No finding here asks for a change", "", "plan", "--for", "nat-gateway")
}
