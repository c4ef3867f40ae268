// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestRights removes each right and each file of the kernel in turn. Every command
// answers, falls back, or is refused with the right exit code; none hangs, and each
// refusal gives the reason.
func TestRights(t *testing.T) {
	testnet.Require(t, testnet.Root)
	if _, err := exec.LookPath("setpriv"); err != nil {
		testnet.Skip(t, testnet.Tools, "setpriv is not installed, which drops rights")
	}
	ns := testnet.New(t, testnet.Options{})
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // nobody must be able to enter them
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "tcpvitals")
	self, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "x.plan"), []byte("#: tcpvitals-plan 1\nnet.ipv4.tcp_fin_timeout = 31\n"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	ns.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for name, without := range takenAway() {
			t.Run(name, func(t *testing.T) {
				state := filepath.Join(dir, "state")
				for _, c := range rightsCommands(dir, state) {
					code, said := callWith(t, without, program, c.args)
					// An error without a kind is acceptable only if nothing works.
					poor := name == "/proc" || name == "/proc/sys" || name == "descriptors"
					// Others may give this host something to warn of; an error is written.
					state := c.args[0] == "check" && code <= 2 && said == ""
					if !slices.Contains(c.codes, code) && (code != 1 || !poor) && !state {
						t.Errorf("%s: exit code %d, want one of %v: %s", strings.Join(c.args, " "), code, c.codes, said)
					}
					if (code == 5 || code == 6) && len(said) < 20 {
						t.Errorf("%s: refused with %q", strings.Join(c.args, " "), said)
					}
				}
			})
		}
	})
}

// takenAway are ways to start a program with something missing, by name.
func takenAway() map[string][]string {
	all := map[string][]string{
		"nothing":       nil,
		"all":           {"setpriv", "--bounding-set", "-all", "--inh-caps", "-all"},
		"root":          {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"},
		"the processes": {"unshare", "-m", "sh", "-c", `mount -t proc -o hidepid=2 proc /proc 2>/dev/null; exec setpriv --reuid 65534 --clear-groups "$@"`, "sh"},
		"/sys":          {"unshare", "-m", "sh", "-c", `mount -t tmpfs tmpfs /sys; exec "$@"`, "sh"},
		"/proc":         {"unshare", "-m", "sh", "-c", `mount -t tmpfs tmpfs /proc; exec "$@"`, "sh"},
		"/proc/sys":     {"unshare", "-m", "sh", "-c", `mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; exec "$@"`, "sh"},
		"descriptors":   {"sh", "-c", `ulimit -n 16; exec "$@"`, "sh"},
		"locked memory": {"sh", "-c", `ulimit -l 0; exec "$@"`, "sh"},
	}
	for _, c := range []string{"sys_ptrace", "net_admin", "sys_admin", "bpf", "perfmon", "dac_override", "dac_read_search", "sys_resource"} {
		all[c] = []string{"setpriv", "--bounding-set", "-" + c, "--inh-caps", "-" + c}
	}
	return all
}

// A rightsCommand is a command with the exit codes that are right whatever is missing:
// success, partial data, findings, refused, not possible here.
type rightsCommand struct {
	args  []string
	codes []int
}

func rightsCommands(dir, state string) []rightsCommand {
	return []rightsCommand{
		{[]string{"census"}, []int{0, 3}},
		{[]string{"census", "--netns", "all"}, []int{0, 3, 5, 6}},
		{[]string{"census", "--by", "process"}, []int{0, 3, 5, 6}},
		{[]string{"census", "--engine", "hashwalk"}, []int{0, 3, 5, 6}},
		{[]string{"census", "--engine", "procfs"}, []int{0, 3, 6}},
		{[]string{"list", "-c", "+process,unit,command"}, []int{0, 3, 5, 6}},
		{[]string{"doctor", "--window", "0s"}, []int{0, 3, 5, 6}},
		{[]string{"queues"}, []int{0, 3, 5, 6}},
		{[]string{"ports"}, []int{0, 3, 5, 6}},
		{[]string{"check"}, []int{0, 3}},
		{[]string{"snapshot", "save", "-"}, []int{0, 3, 5, 6}},
		{[]string{"kill", "--yes", "--max", "5", "sport = :1 and state established"}, []int{3, 5, 6, 7}},
		{[]string{"tune", "plan", "--set", "net.ipv4.tcp_fin_timeout=31"}, []int{0, 3, 5, 6, 8}},
		{[]string{"tune", "apply", "-y", filepath.Join(dir, "x.plan"), "--state-dir", state}, []int{0, 5, 6}},
		{[]string{"tune", "status", "--state-dir", state}, []int{0, 3, 5, 6}},
		{[]string{"tune", "rollback", "--state-dir", state}, []int{0, 5, 6}},
		{[]string{"tune", "audit", "/etc/sysctl.conf"}, []int{0, 3, 4}},
		{[]string{"explain"}, []int{0, 3}},
		{[]string{"trace", "--summary", "100ms"}, []int{0, 3, 5, 6}},
		{[]string{"trace", "--for", "100ms", "-o", "csv"}, []int{0, 3, 5, 6}},
		{[]string{"census", "state time-wait", "--by", "process", "--trace", "100ms", "--extrapolate"}, []int{0, 3, 5, 6}},
		{[]string{"lab", "list"}, []int{0}},
	}
}

// callWith starts the program with something taken away.
func callWith(t *testing.T, without []string, program string, args []string) (code int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	line := append(slices.Clone(without), program)
	line = append(line, args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.WaitDelay = time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	_ = cmd.Run() // the exit code tells
	if ctx.Err() != nil {
		t.Errorf("%s hangs", strings.Join(args, " "))
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}
