// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// verdict is the part of doctor's answer that the tests use.
type verdict struct {
	Findings  []found
	NotJudged []struct {
		Code    string
		Missing []struct {
			Fact   string
			Reason struct{ En string }
		}
	} `json:"not_judged"`
	Passed []string
	Gaps   []struct{ Source, Reason string }

	in *testnet.NS // where it was found, and nothing has happened since; nil if elsewhere
}

// found is a finding.
type found struct {
	Code, Severity, Subject, Process, Unit, Also, Check, Emergency string

	PID        int
	StartTicks uint64 `json:"start_ticks"`
	NetnsInode uint64 `json:"netns_inode"`
	Summary    struct{ En string }
	Detail     []struct{ En string }
	Evidence   []struct {
		Name  string
		Value float64
	}
	Changes  []struct{ Key, Value string }
	Explains []struct{ Finding found }
}

// doctorOf runs doctor inside a namespace.
func doctorOf(t *testing.T, ns *testnet.NS, args ...string) (v verdict) {
	t.Helper()
	answer(t, ns, &v, append([]string{"doctor"}, args...)...)
	if !slices.Contains(args, "--from") && !slices.Contains(args, "--trace") {
		v.in = ns
	}
	return v
}

// doctorWhile runs doctor with a window and calls happens in the middle of it.
func doctorWhile(t *testing.T, ns *testnet.NS, happens func(), window time.Duration) (v verdict) {
	t.Helper()
	answerBetween(t, ns, &v, happens, window, "doctor")
	v.in = ns
	return v
}

// doctorBetween runs doctor on two snapshots and calls make between them.
func doctorBetween(t *testing.T, ns *testnet.NS, make func()) (v verdict) {
	t.Helper()
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	saveNow(t, ns, before)
	make()
	time.Sleep(1100 * time.Millisecond) // long enough that the rules accept it as a window
	saveNow(t, ns, after)
	return doctorOf(t, ns, "--from", before, "--from", after)
}

// saveNow is saveIn with the real time.
func saveNow(t *testing.T, ns *testnet.NS, file string) {
	t.Helper()
	ns.Do(func() {
		env := cli.System("v0.0.0-test")
		env.Stdout, env.Stderr = io.Discard, io.Discard
		if code := cli.Main(context.Background(), env, []string{"snapshot", "save", file}); code != 0 && code != 3 {
			t.Fatalf("snapshot save: exit code %d", code)
		}
	})
}

// doctorHere runs doctor in the thread's own namespace: outside of the namespaces of
// tests, parameters of the whole host may be visible.
func doctorHere(t *testing.T, args ...string) (v verdict) {
	t.Helper()
	answerHere(t, &v, append([]string{"doctor"}, args...)...)
	return v
}

// String is the answer for the log of a failed test.
func (v verdict) String() string {
	var b strings.Builder
	for i := range v.Findings {
		v.Findings[i].write(&b, "")
	}
	for _, n := range v.NotJudged {
		fmt.Fprintf(&b, "not judged: %s: %s: %s\n", n.Code, n.Missing[0].Fact, n.Missing[0].Reason.En)
	}
	return b.String()
}

func (f *found) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%s %s %q %s[%d]: %s %v\n", indent, f.Severity, f.Code, f.Subject, f.Process, f.PID, f.Summary.En, f.Changes)
	for _, d := range f.Detail {
		fmt.Fprintf(b, "%s    %s\n", indent, d.En)
	}
	for i := range f.Explains {
		f.Explains[i].Finding.write(b, indent+"  explains ")
	}
}

// finding returns the only finding of a rule; no other finding may explain it. The
// commands that it and those below it print must show what they counted.
func (v verdict) finding(t *testing.T, code, severity string) found {
	t.Helper()
	at := slices.IndexFunc(v.Findings, func(f found) bool { return f.Code == code })
	if at < 0 {
		t.Fatalf("no %s:\n%s", code, v)
	}
	if got := v.Findings[at].Severity; got != severity {
		t.Errorf("%s is %s, want %s:\n%s", code, got, severity, v)
	}
	if t.Failed() {
		t.Logf("%s", v)
	}
	v.Findings[at].counted(t, v.in)
	return v.Findings[at]
}

// counted runs the command of a finding, if it counts sockets, and those of the findings
// below it, in the namespace where they were found.
func (f *found) counted(t *testing.T, ns *testnet.NS) {
	t.Helper()
	if ns == nil {
		return
	}
	for i := range f.Explains {
		f.Explains[i].Finding.counted(t, ns)
	}
	if strings.HasPrefix(f.Check, "tcpvitals list ") || strings.HasPrefix(f.Check, "tcpvitals census ") {
		ns.Do(func() { f.shows(t, []string{"here"}) })
	}
}

// silent checks that rules had all their facts and found nothing.
func (v verdict) silent(t *testing.T, codes ...string) {
	t.Helper()
	for _, code := range codes {
		if !slices.Contains(v.Passed, code) {
			t.Errorf("%s did not pass:\n%s", code, v)
		}
	}
}

// unjudged returns why a rule could not be judged, as FACT: REASON.
func (v verdict) unjudged(t *testing.T, code string) string {
	t.Helper()
	for _, n := range v.NotJudged {
		if n.Code != code {
			continue
		}
		var all []string
		for _, m := range n.Missing {
			all = append(all, m.Fact+": "+m.Reason.En)
		}
		return strings.Join(all, "; ")
	}
	t.Errorf("%s was judged:\n%s", code, v)
	return ""
}

// about checks the subject of a finding, without the service of its process, and the
// owner.
func (f *found) about(t *testing.T, subject, process string, pid int) {
	t.Helper()
	if got, _, _ := strings.Cut(f.Subject, " ("); got != subject || f.Process != process || f.PID != pid {
		t.Errorf("%s is about %q of %s[%d], want %q of %s[%d]", f.Code, f.Subject, f.Process, f.PID, subject, process, pid)
	}
}

// says checks that the summary or the detail contains words.
func (f *found) says(t *testing.T, words ...string) {
	t.Helper()
	all := f.Summary.En
	for _, d := range f.Detail {
		all += "\n" + d.En
	}
	for _, w := range words {
		if !strings.Contains(all, w) {
			t.Errorf("%s does not say %q:\n%s", f.Code, w, all)
		}
	}
}

// proposes checks that a finding proposes exactly these kernel parameters, each KEY or
// KEY=VALUE.
func (f *found) proposes(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, c := range f.Changes {
		got = append(got, strings.TrimSuffix(c.Key+"="+c.Value, "="))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s proposes %v, want %v", f.Code, got, want)
	}
}

// explains checks that a finding has findings of these rules below it.
func (f *found) explains(t *testing.T, codes ...string) {
	t.Helper()
	for _, code := range codes {
		if !slices.ContainsFunc(f.Explains, func(e struct{ Finding found }) bool { return e.Finding.Code == code }) {
			t.Errorf("%s does not explain %s", f.Code, code)
		}
	}
}

// evidence returns a number of the finding's evidence.
func (f *found) evidence(t *testing.T, name string) float64 {
	t.Helper()
	for _, e := range f.Evidence {
		if e.Name == name {
			return e.Value
		}
	}
	t.Errorf("%s has no evidence %q: %v", f.Code, name, f.Evidence)
	return 0
}

// adopt passes sockets to a new process with a name; this process closes them.
func adopt(t *testing.T, name string, fds ...int) (pid int) {
	t.Helper()
	pid, _ = share(t, name, fds...)
	letGo(t, fds)
	return pid
}

// share starts a process with a name that also has the sockets open, until end is
// called.
func share(t *testing.T, name string, fds ...int) (pid int, end func()) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	return shareWith(t, cmd, cmd.Start, name, fds)
}

// shareWith is share with a given command of this program and a function that starts
// it.
func shareWith(t *testing.T, cmd *exec.Cmd, start func() error, name string, fds []int) (pid int, end func()) {
	t.Helper()
	cmd.Args = []string{"actor", name}
	stdin, err := cmd.StdinPipe()
	must(t, err)
	for _, fd := range fds {
		twin, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		must(t, err)
		file := os.NewFile(uintptr(twin), "socket")
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	must(t, start())
	end = sync.OnceFunc(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	t.Cleanup(end)
	awaitName(t, cmd.Process.Pid, name)
	return cmd.Process.Pid, end
}

// letGo closes sockets, but keeps their descriptor numbers in use until the test ends,
// which closes the numbers again.
func letGo(t *testing.T, fds []int) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	for _, fd := range fds {
		must(t, unix.Dup3(int(null.Fd()), fd, unix.O_CLOEXEC))
	}
}

// awaitName waits until a process has set its name.
func awaitName(t *testing.T, pid int, name string) {
	t.Helper()
	await(t, fmt.Sprintf("process %d calls itself %s", pid, name), func() bool {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return strings.TrimSpace(string(comm)) == name
	})
}

// acceptOpen waits for that many connections, accepts them and keeps them open until
// the test ends.
func acceptOpen(t *testing.T, listener, n int) (fds []int) {
	t.Helper()
	for len(fds) < n {
		await(t, "a connection to accept", func() bool {
			fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			if errors.Is(err, unix.EAGAIN) {
				return false
			}
			must(t, err)
			t.Cleanup(func() { _ = unix.Close(fd) })
			fds = append(fds, fd)
			return true
		})
	}
	return fds
}
