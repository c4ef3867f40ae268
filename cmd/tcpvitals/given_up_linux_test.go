// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// static builds the program without C, as it is released.
func static(t *testing.T) string {
	t.Helper()
	if testnet.WithoutC() {
		return os.Args[0]
	}
	program := filepath.Join(t.TempDir(), "tcpvitals")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("it cannot be built here: %v: %s", err, out)
	}
	return program
}

// rightsOf reads the capabilities of every thread of a process (proc_pid_status(5)),
// by name; values that differ between threads are joined.
func rightsOf(t *testing.T, pid int) map[string]string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("no thread of %d: %v", pid, err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(line, ":")
			if value = strings.TrimSpace(value); strings.HasPrefix(name, "Cap") || name == "NoNewPrivs" {
				if known, ok := found[name]; ok && known != value {
					value = known + " and " + value
				}
				found[name] = value
			}
		}
	}
	return found
}

// TestRightsGivenUp: a running trace permanently drops, in all of its threads, the
// capabilities that it does not need, and continues to see connections and to name
// owners.
func TestRightsGivenUp(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	program := static(t)
	file := filepath.Join(t.TempDir(), "x.trace")
	ns := testnet.New(t, testnet.Options{})
	for _, tt := range []struct {
		args []string
		may  string // CAP_DAC_READ_SEARCH (4), CAP_DAC_OVERRIDE (2), CAP_SYS_ADMIN (200000), CAP_SYS_PTRACE (80000)
	}{
		{nil, "0000000000000004"},
		{[]string{"--save", file}, "0000000000000006"},
		{[]string{"--netns", testnet.New(t, testnet.Options{}).Path()}, "0000000000280004"},
	} {
		cmd := ns.Command(program, append([]string{"trace", "--limit", "1", "-c", "reason,closer", "reason = closed-first"}, tt.args...)...)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := cmd.Process.Pid
		var got map[string]string
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if got = rightsOf(t, pid); got["NoNewPrivs"] == "1" && got["CapPrm"] == tt.may {
				break
			}
		}
		want := map[string]string{
			"CapInh": "0000000000000000", "CapPrm": tt.may, "CapEff": tt.may, "CapBnd": tt.may, "CapAmb": "0000000000000000", "NoNewPrivs": "1",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %v, want %v: %s", tt.args, got, want, &said)
		}
		if tt.args != nil && tt.args[0] == "--netns" {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			continue
		}
		seen := make(chan string)
		go func() {
			var rows strings.Builder
			for lines := bufio.NewScanner(out); lines.Scan(); {
				rows.WriteString(lines.Text() + "\n")
			}
			seen <- rows.String()
		}()
		ns.Do(func() { closeOne(t) })
		rows := <-seen
		if err := cmd.Wait(); err != nil || !strings.Contains(rows, "closed-first") || !strings.Contains(rows, "tcpvitals.test") {
			t.Errorf("%v: %v: %s%s", tt.args, err, rows, &said)
		}
	}
	if st, err := os.Stat(file); err != nil || st.Size() == 0 {
		t.Errorf("the trace was not saved: %v", err)
	}
}

// closeOne makes a connection that this process closes.
func closeOne(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Error(err)
		return
	}
	s, err := l.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	_ = c.Close()
	_, _ = s.Read(make([]byte, 1))
	_ = s.Close()
}
