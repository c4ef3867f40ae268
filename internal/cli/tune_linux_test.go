// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// tuner runs this test binary as tcpvitals inside the test's namespace.
type tuner struct {
	t     *testing.T
	ns    *testnet.NS
	dir   string
	shell string
}

func newTuner(t *testing.T) *tuner {
	u := &tuner{t: t, ns: testnet.New(t, testnet.Options{}), dir: t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(u.dir, "etc"), 0o755))
	// testscript makes a program of the test binary under that name.
	self, err := os.Executable()
	must(t, err)
	u.shell = filepath.Join(u.dir, "tcpvitals")
	must(t, os.Symlink(self, u.shell))
	return u
}

// endGuards ends guards that still wait for a deadline by this machine's clock, which
// another time namespace has passed.
func (u *tuner) endGuards() {
	u.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(u.t, err)
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(line), "--state-dir="+u.dir+"/state\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		must(u.t, err)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended already
	}
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
	t.Parallel()
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
	u.want(0, "change 1 was confirmed before", "", "confirm", "1") // a playbook runs it twice
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
	u.want(0, "change 1 was taken back before", "", "rollback", "1") // a playbook runs it twice
	u.want(0, `"changes": []`, "", "rollback", "1", "-o", "json")
	u.want(0, "rolled back", "", "log", "1")
	u.want(2, "there is no change 9", "", "log", "9")
}

// TestTuneInChinese: with a Chinese locale every sentence of tune about a change is
// Chinese. Names, values and commands stay.
func TestTuneInChinese(t *testing.T) {
	t.Parallel()
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	must(t, os.WriteFile(filepath.Join(u.dir, "etc", "10-a.conf"), []byte("net.core.somaxconn = 512\n"), 0o600))
	text := u.want(0, "", "", "plan", "--set", "net.core.somaxconn=8192", "--lang", "zh")
	must(t, os.WriteFile(plan, []byte(text), 0o600))
	english := regexp.MustCompile(`[A-Za-z]{2,}( [a-z]{2,}){2,}`)
	command := regexp.MustCompile(`tcpvitals( [a-z]+)+( \d+)?|sysctl (--system|-p)`)
	zhEnding := func(code int, fragment, stdin string, args ...string) {
		t.Helper()
		out := u.want(code, fragment, stdin, append(args, "--lang", "zh")...)
		for line := range strings.Lines(out) {
			if words := english.FindString(command.ReplaceAllString(line, "")); words != "" {
				t.Errorf("%v: %q is English in %s", args, words, line)
			}
		}
	}
	zh := func(fragment, stdin string, args ...string) { t.Helper(); zhEnding(0, fragment, stdin, args...) }
	zh("没有生效的改动", "", "status")
	zh("这里从未做过改动", "", "log")
	zh("没有等待确认的改动", "", "confirm")
	zh("已作为改动 1 应用。将在 ", "y\n", "apply", plan, "--confirm-within", "60s")
	zh("未确认则在 ", "", "status")
	zh("改动 1 已确认；启动时由 ", "", "confirm", "1")
	zh("已确认，启动时由 ", "", "status")
	zh("没有诊断结论要求", "", "verify", "1")
	u.ns.SetSysctl("net.core.somaxconn", "777")
	zh("777，由他人设置", "", "status")
	zh("改动 1 已撤回", "", "rollback", "--force")
	zh("已撤回", "", "log", "1")
	zh("改动 1 之前已撤回", "", "rollback", "1")
	zhEnding(1, "第 1 次改动的状态是“已撤回”", "", "confirm", "1")
	must(t, os.WriteFile(plan, []byte("#: tcpvitals-plan 1\n#: accept-risk net.ipv4.tcp_syncookies\nnet.ipv4.tcp_syncookies = 0\n"), 0o600))
	zhEnding(1, "计划已接受的风险：net.ipv4.tcp_syncookies = 0：", "n\n", "apply", plan)
	zh("无需改动：每个值都与计划一致", "", "apply", sameAsNow(t, u))
}

// sameAsNow is a plan with the present values.
func sameAsNow(t *testing.T, u *tuner) string {
	t.Helper()
	name := filepath.Join(u.dir, "same.plan")
	now := u.ns.Sysctl("net.core.somaxconn")
	u.ns.SetSysctl("net.core.somaxconn", "5000")
	text := u.want(0, "", "", "plan", "--set", "net.core.somaxconn="+now)
	must(t, os.WriteFile(name, []byte(text), 0o600))
	u.ns.SetSysctl("net.core.somaxconn", now)
	return name
}

// TestTuneDocuments: in JSON, a command that changes something reports the state
// afterwards, and whether there was nothing to do.
func TestTuneDocuments(t *testing.T) {
	t.Parallel()
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	must(t, os.WriteFile(filepath.Join(u.dir, "etc", "99-zz.conf"), []byte("net.core.somaxconn = 512\n"), 0o600))
	must(t, os.WriteFile(plan, []byte(u.want(0, "", "", "plan", "--set", "net.core.somaxconn=8192")), 0o600))
	type document struct {
		Schema, Kind string
		Changes      []struct {
			ID     int
			State  string
			Values []struct{ Key, Old, New, Now, Is string }
		}
		Conflicts []struct {
			File       string
			Line       int
			WinsAtBoot bool `json:"wins_at_boot"`
		}
		Kept []string
	}
	ask := func(code int, args ...string) (d document) {
		t.Helper()
		out, got := u.run("", append(args, "-o", "json")...)
		if err := json.Unmarshal([]byte(out), &d); err != nil || got != code || d.Schema != "tcpvitals.tune/1" || d.Kind != args[0] {
			t.Fatalf("%q: exit code %d, %v\n%s", args, got, err, out)
		}
		return d
	}
	u.want(2, "no question can be asked", "", "apply", plan, "-o", "json")
	d := ask(0, "apply", plan, "--yes")
	if len(d.Changes) != 1 || d.Changes[0].State != "applied" || len(d.Changes[0].Values) != 1 || d.Changes[0].Values[0].Now != "8192" ||
		len(d.Conflicts) != 1 || !d.Conflicts[0].WinsAtBoot || d.Conflicts[0].Line != 1 {
		t.Errorf("apply: %+v", d)
	}
	if d := ask(0, "apply", plan, "--yes"); len(d.Changes) != 0 {
		t.Errorf("apply again: %+v", d)
	}
	if d := ask(0, "confirm"); len(d.Changes) != 1 || d.Changes[0].State != "confirmed" || len(d.Conflicts) != 1 {
		t.Errorf("confirm: %+v", d)
	}
	if d := ask(0, "confirm", "1"); len(d.Changes) != 0 {
		t.Errorf("confirmed once more: %+v", d)
	}
	if d := ask(0, "confirm"); len(d.Changes) != 0 {
		t.Errorf("confirm again: %+v", d)
	}
	u.ns.SetSysctl("net.core.somaxconn", "777")
	u.want(1, "with --force the command goes on", "", "rollback", "-o", "json")
	if d := ask(0, "rollback", "--force"); len(d.Changes) != 1 || d.Changes[0].State != "rolled back" || len(d.Conflicts) != 0 || d.Changes[0].Values[0].Now != "4096" {
		t.Errorf("rollback: %+v", d)
	}
}

// TestTunePreview: directly above the question are the number of parameters to set and
// each risk that the plan accepts; a plan cannot hide these.
func TestTunePreview(t *testing.T) {
	t.Parallel()
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	write := func(text string) { must(t, os.WriteFile(plan, []byte("#: tcpvitals-plan 1\n"+text), 0o600)) }
	write("#: finding AQ01 " + strings.Repeat("long ", 700) + "\nnet.core.somaxconn = 8192\n#: accept-risk net.ipv4.tcp_syncookies\nnet.ipv4.tcp_syncookies = 0\nnet.ipv4.tcp_fin_timeout = 60\n")
	out := u.want(1, "nothing was changed", "n\n", "apply", plan)
	last := out[strings.LastIndex(out, "\n2 parameters")+1:]
	if !strings.HasPrefix(last, "2 parameters, 1 risk accepted by the plan\n  risk accepted by the plan: net.ipv4.tcp_syncookies = 0: ") ||
		strings.Count(last, "\n") > 3 || !strings.Contains(last, "\nApply? [y/N] ") {
		t.Errorf("above the question:\n%s", last)
	}
	for line := range strings.Lines(out) {
		if len(line) > 400 {
			t.Errorf("a line of %d bytes: %.80s...", len(line), line)
		}
	}
	write("net.core.somaxconn = 8192\n")
	u.want(1, "\n1 parameter\nApply? [y/N] ", "n\n", "apply", plan)
	write("#: finding X a\x1b[2K\x1b[1A\nnet.core.somaxconn = 8192\n")
	out = u.want(2, "web.plan:2: the control character \\x1b is invisible", "n\n", "apply", plan)
	if strings.ContainsAny(out, "\x1b") {
		t.Errorf("the error itself has it: %q", out)
	}
	u.want(0, "no change is in force", "", "status")
}

// TestTuneChangedSince: a plan is not applied to values that somebody else has changed
// since.
func TestTuneChangedSince(t *testing.T) {
	t.Parallel()
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

// TestTuneFindings: a finding of doctor becomes a plan, and the plan is judged again.
func TestTuneFindings(t *testing.T) {
	t.Parallel()
	u := newTuner(t)
	u.ns.SetSysctl("net.ipv4.tcp_fin_timeout", "90") // finding FW03: the parameter does not do what its name says
	plan := filepath.Join(u.dir, "fw.plan")
	text := u.want(0, "#: finding FW03", "", "plan", "--from-doctor")
	must(t, os.WriteFile(plan, []byte(text), 0o600))
	u.want(0, "(FW03", "", "apply", plan, "--yes")
	u.want(0, "helped", "", "verify", "1")
	u.ns.SetSysctl("net.ipv4.tcp_fin_timeout", "90")
	u.want(0, "not in force", "", "verify", "1")
	u.want(0, "No finding here asks for a change", "", "plan", "--for", "nat-gateway")
}

// TestTuneCompletion: completion offers the numbers that a command takes, with what
// they set.
func TestTuneCompletion(t *testing.T) {
	u := newTuner(t)
	plan := u.want(0, "net.ipv4.tcp_fin_timeout = 30", "", "plan", "--set", "net.ipv4.tcp_fin_timeout=30")
	u.want(0, "change 1", plan, "apply", "-", "--yes")
	complete := func(command string) string {
		t.Helper()
		cmd := u.ns.Command(u.shell, "__complete", "tune", command, "--state-dir="+u.dir+"/state", "--etc-dir="+u.dir+"/etc", "")
		out, err := cmd.Output()
		must(t, err)
		return string(out)
	}
	const offer = "1\tapplied: net.ipv4.tcp_fin_timeout\n"
	for _, command := range []string{"confirm", "rollback", "verify", "log"} {
		if got := complete(command); !strings.HasPrefix(got, offer) {
			t.Errorf("%s: %q", command, got)
		}
	}
	u.want(0, "", "", "rollback", "1")
	for command, offered := range map[string]bool{"confirm": false, "rollback": false, "log": true} {
		if got := complete(command); strings.HasPrefix(got, "1\t") != offered {
			t.Errorf("%s of what is taken back: %q", command, got)
		}
	}
}

// TestTuneClocksOfTheKernel: the deadline is by CLOCK_BOOTTIME, which a time namespace
// can shift (time_namespaces(7)). Time during sleep counts, and a jump of another
// clock does not.
func TestTuneClocksOfTheKernel(t *testing.T) {
	t.Parallel()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip("no unshare(1)")
	}
	if out, err := exec.Command(unshare, "--time", "--boottime", "1", "true").CombinedOutput(); err != nil {
		t.Skipf("no time namespaces: %v %s", err, out)
	}
	u := newTuner(t)
	plan := filepath.Join(u.dir, "web.plan")
	must(t, os.WriteFile(plan, []byte("#: tcpvitals-plan 1\nnet.core.somaxconn = 8192\n"), 0o600))
	u.want(0, "applied as change 1", "y\n", "apply", plan, "--confirm-within", "10m")
	t.Cleanup(func() { u.run("y\n", "rollback", "1"); u.endGuards() })
	later := func(clock string, args ...string) string {
		args = append([]string{"--time", "--" + clock, "700", u.shell, "tune"}, append(args, "--state-dir="+u.dir+"/state", "--etc-dir="+u.dir+"/etc")...)
		cmd := u.ns.Command(unshare, args...)
		cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "TZ=UTC")
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	if out := later("monotonic", "status"); !strings.Contains(out, "now 8192, the new value") || strings.Contains(out, "expired") {
		t.Errorf("700 s of CLOCK_MONOTONIC later:\n%s", out)
	}
	if got := u.ns.Sysctl("net.core.somaxconn"); got != "8192" {
		t.Fatalf("a clock that is not meant took the change back: %s", got)
	}
	out := later("boottime", "confirm", "1")
	if got := u.ns.Sysctl("net.core.somaxconn"); got != "4096" || !strings.Contains(out, "expired") {
		t.Errorf("700 s of CLOCK_BOOTTIME later it is %s:\n%s", got, out)
	}
}
