// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

const nobody = 65534

// program copies this program, as tcpvitals, to a directory in which everyone may run
// it.
func program(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "doctor")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // for everyone, that is the point
	self, err := os.Executable()
	must(t, err)
	text, err := os.ReadFile(self)
	must(t, err)
	name := filepath.Join(dir, "tcpvitals")
	must(t, os.WriteFile(name, text, 0o755)) //nolint:gosec // as above
	return name
}

// verdictOf runs doctor as another process. Exit code 3 is a partial answer.
func verdictOf(t *testing.T, ns *testnet.NS, attr *syscall.SysProcAttr) (v verdict, code int) {
	t.Helper()
	cmd := ns.Command(program(t), "doctor", "-o", "json")
	cmd.SysProcAttr = attr
	cmd.Dir, cmd.Env = "/", []string{"LANG=C"}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case exited:
		code = exit.ExitCode()
	case err != nil:
		testnet.Skip(t, testnet.Root, "run a process of another user: "+err.Error())
	}
	if code != 0 && code != 3 {
		t.Fatalf("exit code %d: %s", code, problems.String())
	}
	must(t, json.Unmarshal(out, &v))
	return v, code
}

// TestDoctorWithoutRoot: the user nobody sees the same sockets and parameters, but not
// the owners.
func TestDoctorWithoutRoot(t *testing.T) {
	ns := overfilled(t)
	v, code := verdictOf(t, ns, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}})
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:8080", "", 0)
	f.says(t, "6 waiting, limit 5", "raise the application's backlog; somaxconn would change nothing")
	want := 3
	if f.Unit != "" { // where the tests run in a unit, the socket's cgroup names it
		want = 0
	}
	if unseen := func(g struct{ Source, Reason string }) bool { return g.Source == "/proc/PID/fd" }; code != want || !slices.ContainsFunc(v.Gaps, unseen) {
		t.Errorf("exit code %d, want %d; not seen: %v", code, want, v.Gaps)
	}
}

// overfilled makes a listener of this process with a full queue.
func overfilled(t *testing.T) *testnet.NS {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	listenOn(t, ns, endpoint(1, 8080), 5)
	connectTo(t, ns, endpoint(1, 8080), 7)
	return ns
}

// TestDoctorInContainer: root of a user namespace, in a network namespace, learns
// which facts only the host shows.
func TestDoctorInContainer(t *testing.T) {
	testnet.Require(t, testnet.UserNS)
	ns := testnet.New(t, testnet.Options{})
	v, _ := verdictOf(t, ns, &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: nobody, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: nobody, Size: 1}},
		Credential:  &syscall.Credential{NoSetGroups: true},
	})
	for rule, fact := range map[string]string{"OR01": "net.ipv4.tcp_max_orphans", "ME01": "net.ipv4.tcp_mem"} {
		if why := v.unjudged(t, rule); !strings.Contains(why, fact+": only the host's own network namespace shows it") {
			t.Errorf("%s: %s", rule, why)
		}
	}
}

// TestDoctorWithoutConntrack: facts that the kernel does not have are reported as
// missing, and drops that cannot be counted are not reported as zero.
func TestDoctorWithoutConntrack(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	var v verdict
	ns.Do(func() {
		hideConntrack(t)
		v = doctorHere(t)
	})
	if why := v.unjudged(t, "CT01"); !strings.Contains(why, "conntrack is not loaded here") {
		t.Error(why)
	}
}

// hideConntrack mounts an empty directory over the parameters of conntrack, if there
// are any, for this thread only.
func hideConntrack(t *testing.T) {
	t.Helper()
	const dir = "/proc/sys/net/netfilter"
	if _, err := os.Stat(dir + "/nf_conntrack_max"); err != nil {
		return
	}
	must(t, unix.Unshare(unix.CLONE_NEWNS))
	must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	must(t, unix.Mount("none", dir, "tmpfs", unix.MS_RDONLY, ""))
}

// TestDoctorPastedListing: rows of netstat have queues and addresses, but no
// parameters and no second reading.
func TestDoctorPastedListing(t *testing.T) {
	text := `Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN
tcp        0      0 10.0.0.1:80             198.51.100.7:41000      TIME_WAIT
tcp        1      0 10.0.0.1:80             198.51.100.8:41000      CLOSE_WAIT
tcp        0      0 10.0.0.1:80             198.51.100.9:41000      SYN_RECV
`
	stdout, stderr, code := run([]byte(text), "doctor", "-", "-o", "json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var v verdict
	must(t, json.Unmarshal([]byte(stdout), &v))
	const noFacts = ": a listing has no counters and no kernel parameters"
	for rule, why := range map[string]string{
		"TW02": "TCP.tw" + noFacts,
		"TW03": "net.ipv4.ip_local_port_range" + noFacts,
		"SY03": "net.ipv4.tcp_syncookies" + noFacts,
		"CT01": "net.netfilter.nf_conntrack_count" + noFacts,
		"CW01": "owners of CLOSE_WAIT: this source does not show it of single sockets",
		"AQ01": "backlog: this source does not show the limit of an accept queue: sock_diag and ss do",
		"SY02": "window: one reading only: look twice with --window 10s",
	} {
		if got := v.unjudged(t, rule); !strings.HasPrefix(got, why) {
			t.Errorf("%s: %s, want %s", rule, got, why)
		}
	}
	v.finding(t, "TW01", "info")
}
