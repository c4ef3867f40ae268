// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// again lets a shell split the command of a finding into words, and runs them with a
// shorter window.
func (f *found) again(t *testing.T) (v verdict) {
	t.Helper()
	script := "tcpvitals() { printf '%s\\0' \"$@\"; }\n" + strings.NewReplacer("--window 10s", "--window 1s", "--trace 10s", "--trace 2s").Replace(f.Check)
	words, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil || len(words) == 0 {
		t.Fatalf("%s: %q: %v", f.Code, f.Check, err)
	}
	answerHere(t, &v, strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")...)
	return v
}

// twoSnapshots are of one namespace, more than a second apart.
func twoSnapshots(t *testing.T, ns *testnet.NS) []string {
	t.Helper()
	var args []string
	for _, name := range []string{"one", "other"} {
		file := filepath.Join(t.TempDir(), name)
		saveNow(t, ns, file)
		args = append(args, "--from", file)
		if len(args) == 2 {
			time.Sleep(1100 * time.Millisecond)
		}
	}
	return args
}

// TestMultipathCommands: the command of an MPTCP finding shows what the finding
// counted: inside the namespace by ss, from outside by doctor, with as long a window
// as the finding needs. Snapshots do not contain these connections.
func TestMultipathCommands(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := multipathPairs(t, ns, 14)
	for i, fd := range clients {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
		for n := 1; n > 0; { // until the end of the stream
			var err error
			n, err = unix.Read(servers[i], make([]byte, 8))
			must(t, err)
		}
	}
	f := doctorWhile(t, ns, func() {}, 2*time.Second).finding(t, "MP02", "notice")
	counted := f.evidence(t, "CLOSE_WAIT at both readings")
	if f.Check != "ss -Manp state close-wait" {
		t.Fatalf("in the namespace: %q", f.Check)
	}
	if _, err := exec.LookPath("ss"); err != nil {
		t.Log("no ss here, whose command is not run")
	} else {
		out, err := ns.Command("sh", "-c", f.Check).Output()
		if lines := strings.Count(string(out), "\n"); err != nil || float64(lines-1) != counted { // without the heading
			t.Errorf("%s: %v: %d lines for %g connections:\n%s", f.Check, err, lines, counted, out)
		}
	}
	f = doctorHere(t, "--netns", ns.Path(), "--window", "1s").finding(t, "MP02", "notice")
	same := f.again(t).finding(t, "MP02", "notice")
	if got := same.evidence(t, "CLOSE_WAIT at both readings"); got != counted {
		t.Errorf("%s shows %g, not %g", f.Check, got, counted)
	}
}

// TestRefusedCommands: the command of a finding of refused calls shows the
// destinations. For files, which cannot be traced, the command gives the same finding.
func TestRefusedCommands(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				fd := newSocket(t, ns)
				if err := unix.Connect(fd, endpoint(1, 8099)); !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EINPROGRESS) {
					t.Errorf("connect: %v", err)
				}
				_ = unix.Close(fd)
			}
		}
	}()
	defer func() { close(stop); <-done }()
	f := doctorHere(t, "--netns", ns.Path(), "--window", "1s").finding(t, "SY07", "info")
	traced := f.again(t)
	named := slices.ContainsFunc(traced.Findings, func(f found) bool {
		return f.Code == "SY06" && strings.Contains(f.Summary.En, "connect() to 127.0.0.1:8099 failed") && f.evidence(t, "failed") >= 10
	})
	if !named {
		t.Errorf("%s does not name it:\n%s", f.Check, traced)
	}
	f = doctorHere(t, twoSnapshots(t, ns)...).finding(t, "SY07", "info")
	f.again(t).finding(t, "SY07", "info")
}
