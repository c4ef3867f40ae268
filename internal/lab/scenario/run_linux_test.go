// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// LAB_REPEAT is how often every scenario is run. LAB_SLOW, if set, includes scenarios
// that wait for a minute. LAB_WIRE chooses the wire. LAB_PARALLEL is how many
// scenarios are run at the same time, for a machine that is too slow for the usual
// number: there an unexpected result is checked by running the scenario again alone,
// and scenarios that need a quick machine may be impossible.
const (
	repeatVariable = "LAB_REPEAT"
	slowVariable   = "LAB_SLOW"
	wireVariable   = "LAB_WIRE" // tun or veth
	slowMachine    = "LAB_PARALLEL"
)

func repeats() int {
	if n, err := strconv.Atoi(os.Getenv(repeatVariable)); err == nil {
		return n
	}
	return 2
}

// parallel is the value of LAB_PARALLEL, or 0 for the usual number.
func parallel() int {
	n, err := strconv.Atoi(os.Getenv(slowMachine))
	if err != nil {
		return 0
	}
	return n
}

// TestEveryVerdict runs every scenario repeatedly, for both families, on the available
// wires. The verdict must always be the expected one, and every observation must be as
// the script says.
func TestEveryVerdict(t *testing.T) {
	var all []*Scenario
	for _, s := range All() {
		if s.Slow == 0 || os.Getenv(slowVariable) != "" {
			all = append(all, s)
		}
	}
	kind, err := wire.ParseKind(cmp.Or(os.Getenv(wireVariable), "auto"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range repeats() {
		begin := time.Now()
		n := 0
		var surprising []*Scenario
		RunAll(t.Context(), all, Options{Wire: kind}, parallel(), func(r *Result) {
			n++
			if parallel() > 0 && !r.AsExpected() {
				surprising = append(surprising, r.Scenario)
				return
			}
			check(t, r, i == 0)
		})
		for _, s := range slices.Compact(surprising) {
			onceMore(t, s, kind, i == 0)
		}
		t.Logf("%d runs in %.2f s", n, time.Since(begin).Seconds())
	}
}

// onceMore handles an unexpected result on a machine that is too slow for many
// scenarios at once. It runs the scenario alone, for both families; one of three runs
// must give the expected result.
func onceMore(t *testing.T, s *Scenario, kind wire.Kind, first bool) {
	t.Helper()
	for _, family := range s.Families {
		r := Run(t.Context(), s, Options{Wire: kind, Family: family})
		for try := 1; try < 3 && !r.AsExpected(); try++ {
			r = Run(t.Context(), s, Options{Wire: kind, Family: family})
		}
		check(t, r, first)
	}
}

// check reports an unexpected verdict, with the trace. It logs an impossible scenario
// only the first time, so that such lines do not hide a failure.
func check(t *testing.T, r *Result, first bool) {
	t.Helper()
	if noRight(r.Err) {
		testnet.Skip(t, testnet.Netns, r.Err.Error())
	}
	if r.Verdict == NotPossible && mayLack(r) {
		if !first {
			return
		}
		t.Logf("%s %v: %s", r.Scenario.Name, r.Family, r.Why.En)
		return
	}
	if r.AsExpected() {
		return
	}
	t.Errorf("%s %v: %v, expected %v: %s", r.Scenario.Name, r.Family, r.Verdict, r.Scenario.Expected, r.Why.En)
	for _, e := range r.Trace {
		t.Logf("%3d %8.2f ms %-6s %-6v %s %s %+v %v", e.Line, float64(e.At.Microseconds())/1000, e.Flow, e.End, e.Text, e.Result, e.Segment, e.States)
	}
}

func noRight(err error) bool {
	denied, ok := errors.AsType[*problem.PermissionError](err)
	return ok && denied.Op == "make a network namespace"
}

// mayLack reports whether a scenario may be impossible here: a sysctl that it needs is
// missing, it needs a second user id and there is only one, or it needs a quick
// machine and this one is not.
func mayLack(r *Result) bool {
	if strings.Contains(r.Why.En, "this machine took") {
		return os.Getenv(slowMachine) != ""
	}
	return len(r.Scenario.Needs) > 0 || r.Scenario.Name == "time-wait-owner" && os.Getenv(insideVariable) != ""
}

// insideVariable tells the test program that another test program has started it in a
// namespace.
const insideVariable = "LAB_TEST_INSIDE"

// again returns a command that runs one test of this program again.
func again(t *testing.T, test string) *exec.Cmd {
	t.Helper()
	self := filepath.Join(t.TempDir(), "scenario.test")
	copyFile(t, "/proc/self/exe", self)
	cmd := exec.Command(self, "-test.run=^"+test+"$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), insideVariable+"=1", slowVariable+"=")
	return cmd
}

// copyFile makes an executable copy that every user can run. Go's own test binary is
// in a directory that others may not enter.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(to); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

const nobody = 65534

// asNobody makes a command run as nobody. If contained is set, it also becomes root of
// a new user namespace.
func asNobody(cmd *exec.Cmd, contained bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if contained {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER,
			Credential:  &syscall.Credential{NoSetGroups: true},
			UidMappings: []syscall.SysProcIDMap{{HostID: nobody, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: nobody, Size: 1}},
		}
	}
}

// TestNobody: nobody, as root of a user namespace, gets the same verdicts.
func TestNobody(t *testing.T) {
	testnet.Require(t, testnet.Root)
	testnet.Require(t, testnet.UserNS)
	cmd := again(t, "TestEveryVerdict")
	asNobody(cmd, true)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestEveryVerdict") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInsideNoRight is run by TestForbidden, as a user without any right.
func TestInsideNoRight(t *testing.T) {
	if os.Getenv(insideVariable) == "" {
		return // TestForbidden runs this test as a user without any right; alone it does nothing
	}
	s, err := Find("listen")
	if err != nil {
		t.Fatal(err)
	}
	r := Run(t.Context(), s, Options{})
	if r.Verdict != NotPossible || r.Trace != nil {
		t.Errorf("got %v with %d events", r.Verdict, len(r.Trace))
	}
	fmt.Println("why:", r.Why.En)
}

func TestForbidden(t *testing.T) {
	testnet.Require(t, testnet.Root)
	tests := []struct {
		name, shell, want string
		contained         bool
	}{
		{"no right", "", "why: make a network namespace: operation not permitted (needs CAP_SYS_ADMIN)", false},
		{"limit reached", "echo 0 > /proc/sys/user/max_net_namespaces", "user.max_net_namespaces", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.contained {
				testnet.Require(t, testnet.UserNS)
			}
			cmd := again(t, "TestInsideNoRight")
			if tt.shell != "" {
				cmd.Args = append([]string{"sh", "-c", tt.shell + ` && exec "$0" "$@"`}, cmd.Args...)
				cmd.Path = "/bin/sh"
			}
			asNobody(cmd, tt.contained)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("%v, want %q\n%s", err, tt.want, out)
			}
		})
	}
}

// TestHostIsNotTouched: the "host" is a network namespace without other activity, so
// every counter must keep its value, and a mount namespace into which no other test
// mounts anything.
func TestHostIsNotTouched(t *testing.T) {
	host := testnet.New(t, testnet.Options{PrivateHash: 1024})
	before := hostState(t, host)
	cmd := again(t, "TestEveryVerdict")
	dir := t.TempDir()
	mounts := func(when string) string { return filepath.Join(dir, when) }
	script := `cat /proc/self/mounts > "$0" || exit; after=$1; shift; "$@"; code=$?; cat /proc/self/mounts > "$after"; exit $code`
	inside := host.Command("unshare", append([]string{"--mount", "sh", "-c", script, mounts("before"), mounts("after"), cmd.Path}, cmd.Args[1:]...)...)
	inside.Env, inside.Dir = cmd.Env, cmd.Dir
	out, err := inside.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestEveryVerdict") {
		t.Fatalf("%v\n%s", err, out)
	}
	after := hostState(t, host)
	before["mounts"], after["mounts"] = read(t, mounts("before")), read(t, mounts("after"))
	if diff := gocmp.Diff(before, after); diff != "" || before["mounts"] == "" {
		t.Errorf("the lab changed its host (-before +after):\n%s", diff)
	}
	if len(before) < 300 {
		t.Errorf("only %d properties of the host were compared", len(before))
	}
}

// hostState reads everything on the host that a faulty scenario might change.
func hostState(t *testing.T, host *testnet.NS) map[string]string {
	t.Helper()
	state := make(map[string]string)
	host.Do(func() {
		for _, file := range []string{"dev", "route", "ipv6_route", "fib_trie", "if_inet6", "netstat", "snmp", "snmp6", "sockstat", "tcp", "tcp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if err != nil {
				t.Errorf("read %s: %v", file, err)
			}
			state[file] = ownLines(file, string(text))
		}
		err := filepath.WalkDir("/proc/sys/net", func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				if text, err := os.ReadFile(path); err == nil {
					state[path] = string(text)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	return state
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ownLines omits the numbers of sockstat that are for the whole machine.
func ownLines(file, text string) string {
	if file != "sockstat" {
		return text
	}
	var own []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		for i := 1; i+1 < len(words); i += 2 {
			if words[i] == "inuse" || words[i] == "tw" {
				own = append(own, words[0]+words[i]+words[i+1])
			}
		}
	}
	return strings.Join(own, " ")
}

func TestNoTUN(t *testing.T) {
	s, err := Find("linger-zero") // a scenario that measures no time
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "tun")
	r := Run(t.Context(), s, Options{TunDevice: missing})
	check(t, r, true)
	if r.Wire != wire.Veth {
		t.Errorf("went over %v", r.Wire)
	}
	r = Run(t.Context(), s, Options{TunDevice: missing, Wire: wire.TUN})
	if r.Verdict != NotPossible || !strings.Contains(r.Why.En, missing) || !strings.Contains(r.Why.En, "veth") {
		t.Errorf("got %v, %s", r.Verdict, r.Why.En)
	}
}

// own parses a script written in a test.
func own(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse("own.tcp", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTroubleInAScript(t *testing.T) {
	tests := []struct {
		name, text string
		want       Verdict
		why        string
	}{
		{"unknown sysctl", "sysctl tcp_no_such_thing 1\n", NotPossible, "own.tcp:1: sysctl tcp_no_such_thing 1: sysctl tcp_no_such_thing is not supported here"},
		{"needed sysctl", "needs: net.ipv4.tcp_no_such_thing\n\nkernel listen\n", NotPossible, "sysctl net.ipv4.tcp_no_such_thing is not supported here"},
		{"unknown counter", "kernel listen\ncounter NoSuchCounter +1\n", NotPossible, "counter NoSuchCounter is not supported here"},
		{"sysctl of the machine", "sysctl kernel.hostname x\n", Failed, "only those of net. belong to a network namespace"},
		{"refused value", "sysctl tcp_tw_reuse 99\n", Failed, "own.tcp:1: sysctl tcp_tw_reuse 99: "},
		{"no such socket", "kernel listen\n\nkernel b: close\n", Failed, `own.tcp:3: kernel b: close: the kernel has no socket called "b"`},
		{"nothing held", "kernel listen\ndeliver x\n", Failed, `the network holds no segment called "x"`},
		{"story goes wrong", "kernel listen\npeer SYN\nexpect RST\nproves state SYN_RECV\n", Failed, "own.tcp:3: expect RST: segment of a: expected RST, got SYN,ACK"},
		{"every check proves", "kernel listen\npeer SYN\nexpect SYN,ACK\nstate SYN_RECV\n", Holds, "all 2 observations prove it"},
		{"a check fails", "kernel listen\npeer SYN\nexpect RST\n", Refuted, "line 3: segment of a: expected RST"},
		{"leaves data unread", "kernel listen\npeer opens\npeer ACK \"abcd\"\nproves kernel read \"ab\"\n", Refuted, `expected "ab" and nothing more, got "ab" and 2 bytes more`},
		{"looks at nothing", "kernel listen\n", Failed, "the script looks at nothing"},
		{"blocks for ever", "kernel listen\npeer opens\nkernel read blocks 1s fails EAGAIN\n", Failed, "could block for ever"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Run(t.Context(), own(t, tt.text), Options{})
			if noRight(r.Err) {
				testnet.Skip(t, testnet.Netns, r.Err.Error())
			}
			if r.Verdict != tt.want || !strings.Contains(r.Why.En, tt.why) {
				t.Errorf("got %v, %q", r.Verdict, r.Why.En)
			}
		})
	}
}

// TestFailedRunHasItsTrace: a failed run returns the trace up to the failure and names
// file, line and verb.
func TestFailedRunHasItsTrace(t *testing.T) {
	r := Run(t.Context(), own(t, "kernel listen\npeer SYN\nexpect SYN,ACK\nkernel accept\nproves state ESTABLISHED\n"), Options{})
	if noRight(r.Err) {
		testnet.Skip(t, testnet.Netns, r.Err.Error())
	}
	failed, ok := errors.AsType[*script.RunError](r.Err)
	if !ok || failed.File != "own.tcp" || failed.Line != 4 || failed.Text != "kernel accept" {
		t.Fatalf("got %v", r.Err)
	}
	var kinds []record.Kind
	for _, e := range r.Trace {
		kinds = append(kinds, e.Kind)
	}
	if want := []record.Kind{record.Call, record.Segment, record.Segment, record.Call}; !gocmp.Equal(want, kinds) {
		t.Errorf("trace of %v, want %v", kinds, want)
	}
}

func TestInterrupted(t *testing.T) {
	for name, text := range map[string]string{
		"wait":    "kernel listen\nwait 50s\n",
		"expect":  "kernel listen\nexpect SYN within 50s\n",
		"state":   "kernel listen\nstate ESTABLISHED within 50s\n",
		"nothing": "kernel listen\nexpect nothing for 50s\n",
		"blocked": "kernel listen\npeer opens\nkernel set SO_LINGER 50\nkernel close blocks 49s..51s\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			begin := time.Now()
			r := Run(ctx, own(t, text), Options{})
			if noRight(r.Err) {
				testnet.Skip(t, testnet.Netns, r.Err.Error())
			}
			if took := time.Since(begin); r.Verdict != Failed || !errors.Is(r.Err, context.DeadlineExceeded) || took > 40*time.Second {
				t.Errorf("got %v, %v after %v", r.Verdict, r.Err, took)
			}
		})
	}
}

// TestRunAllInOrder: RunAll passes the results on in order, however long each takes.
func TestRunAllInOrder(t *testing.T) {
	slow, quick := own(t, "kernel listen\nwait 200ms\nrows LISTEN 1\n"), own(t, "kernel listen\nrows LISTEN 1\n")
	slow.Name, quick.Name = "slow", "quick"
	var got []string
	RunAll(t.Context(), []*Scenario{quick, slow, quick}, Options{}, 2, func(r *Result) {
		if noRight(r.Err) {
			testnet.Skip(t, testnet.Netns, r.Err.Error())
		}
		got = append(got, fmt.Sprintf("%s %v %v", r.Scenario.Name, r.Family, r.Verdict))
	})
	want := []string{"quick ipv4 holds", "quick ipv6 holds", "slow ipv4 holds", "slow ipv6 holds", "quick ipv4 holds", "quick ipv6 holds"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
