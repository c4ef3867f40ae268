// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// leakAt makes n connections to a port. Their clients close, and a process with the
// given name does not.
func leakAt(t *testing.T, ns *testnet.NS, name string, port, n int) (pid int) {
	t.Helper()
	listener := listenOn(t, ns, endpoint(1, port), n)
	var clients []int
	for range n {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(1, port)))
		clients = append(clients, fd)
	}
	pid = adopt(t, name, acceptOpen(t, listener, n)...)
	letGo(t, clients)
	await(t, "the peers have closed", func() bool { return len(rowsOf(t, ns, tcp.CloseWait)) >= n })
	return pid
}

// TestDoctorTwoOfOneName: of two processes called java, one leaks. The finding names
// its pid and port, and the finding's command shows only its connections.
func TestDoctorTwoOfOneName(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	innocent := leakAt(t, ns, "java", 8081, 4)
	guilty := leakAt(t, ns, "java", 8080, 120)
	await(t, "all are there", func() bool { return len(rowsOf(t, ns, tcp.CloseWait)) == 124 })
	v := doctorWhile(t, ns, func() {}, time.Second)
	f := v.finding(t, "CW01", "warning")
	f.about(t, fmt.Sprintf("java[%d]", guilty), "java", guilty)
	f.says(t, fmt.Sprintf("java[%d]", guilty), "has not closed 120 connections on :8080 that its peers closed over 1")
	if want := startTicks(t, guilty); f.StartTicks != want {
		t.Errorf("it started at %d ticks, want %d", f.StartTicks, want)
	}
	for _, other := range v.Findings {
		if other.Code == "CW01" && other.PID == innocent && other.Severity != "info" {
			t.Errorf("the innocent one is accused: %+v", other)
		}
	}
	if n := listedBy(t, ns, f.Check); n != 120 {
		t.Errorf("%s lists %d, want 120", f.Check, n)
	}
	if n := listedBy(t, ns, f.Emergency+" --dry-run"); n != 120 {
		t.Errorf("%s would close %d, want 120", f.Emergency, n)
	}
}

// TestDoctorHostileName: a printed command, pasted into a shell, runs this program and
// nothing else, whatever a process is called.
func TestDoctorHostileName(t *testing.T) {
	t.Parallel()
	for i, name := range []string{`';id>PWNED;'`, "$(id>PWNED)", "`id>PWNED`", "a\nid>PWNED", "\x1b[2K\x1b[1A", "bad\xff\xfe"} {
		t.Run(strconv.Quote(name), func(t *testing.T) {
			ns := testnet.New(t, testnet.Options{})
			leakAt(t, ns, name, 8080+i, 12)
			f := doctorWhile(t, ns, func() {}, time.Second).finding(t, "CW01", "notice")
			if f.Process != name && utf8.ValidString(name) {
				t.Errorf("the process is %q", f.Process)
			}
			if n := listedBy(t, ns, f.Check); n != 12 {
				t.Errorf("%s lists %d, want 12", f.Check, n)
			}
			if n := listedBy(t, ns, f.Emergency+" --dry-run"); n != 12 {
				t.Errorf("%s would close %d, want 12", f.Emergency, n)
			}
		})
	}
}

// TestDoctorNamelessProcess: a process may have an empty name. It is still one process
// with a pid, and its name is not mistaken for a word of the program.
func TestDoctorNamelessProcess(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	pid := leakAt(t, ns, "", 8080, 120)
	f := doctorWhile(t, ns, func() {}, time.Second).finding(t, "CW01", "warning")
	f.about(t, fmt.Sprintf(`""[%d]`, pid), "", pid)
	if n := listedBy(t, ns, f.Check); n != 120 {
		t.Errorf("%s lists %d, want 120", f.Check, n)
	}
	var doc struct {
		Groups []struct{ Key struct{ PID int } }
	}
	answer(t, ns, &doc, "census", "state close-wait", "--by", "pid")
	if len(doc.Groups) != 1 || doc.Groups[0].Key.PID != pid {
		t.Errorf("census: %+v", doc)
	}
}

// listedBy pastes a command into a shell in which the program only prints its
// arguments, runs the program with these, and returns how many sockets it lists.
func listedBy(t *testing.T, ns *testnet.NS, check string) int {
	t.Helper()
	dir := t.TempDir()
	program := "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\0' \"$word\"; done\n"
	must(t, os.WriteFile(filepath.Join(dir, "tcpvitals"), []byte(program), 0o700))
	cmd := exec.CommandContext(t.Context(), "sh", "-c", check)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	must(t, err)
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("%s left %v", check, left)
	}
	words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	var doc struct {
		Sockets []struct{}
		Total   int
	}
	answer(t, ns, &doc, words...)
	return max(len(doc.Sockets), doc.Total)
}

// startTicks is the start time of a process according to the kernel.
func startTicks(t *testing.T, pid int) uint64 {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	n, err := strconv.ParseUint(fields[22-3], 10, 64)
	must(t, err)
	return n
}

// TestDoctorTwoListenersOfOnePort: a finding stands below the listener that causes it,
// not below another one on the same port.
func TestDoctorTwoListenersOfOnePort(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	full := listenOn(t, ns, endpoint(1, 8080), 1)
	idle := listenOn(t, ns, endpoint(2, 8080), 64)
	fullPID, idlePID := adopt(t, "full", full), adopt(t, "idle", idle)
	for range 2 { // a queue with a limit of one holds two
		must(t, connect(t, ns, openSocket(t, ns), endpoint(1, 8080)))
	}
	var gone []int
	for range 5 {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(2, 8080)))
		gone = append(gone, fd)
	}
	letGo(t, gone)
	await(t, "five clients have closed", func() bool { return len(rowsOf(t, ns, tcp.CloseWait)) == 5 })
	v := doctorWhile(t, ns, func() {}, time.Second)
	at := func(subject string, all []found) *found {
		for i := range all {
			if all[i].Subject == subject {
				return &all[i]
			}
		}
		return nil
	}
	q := at("127.0.0.1:8080", v.Findings)
	if q == nil || q.Code != "AQ01" || q.Severity != "critical" || q.PID != fullPID {
		t.Fatalf("the full one is not found:\n%s", v)
	}
	for _, e := range q.Explains {
		if e.Finding.Subject != "127.0.0.1:8080" {
			t.Errorf("%s of %s is put down to 127.0.0.1", e.Finding.Code, e.Finding.Subject)
		}
	}
	other := at("127.0.0.2:8080", v.Findings)
	if other == nil || other.PID != idlePID {
		t.Errorf("nothing of its own about 127.0.0.2:\n%s", v)
	}
}
