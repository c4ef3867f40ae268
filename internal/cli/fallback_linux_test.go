// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// unverified runs a command while the kernel loads no eBPF program, as if its verifier
// refused all: bpf(BPF_PROG_LOAD) returns EACCES.
func unverified() {
	if err := refusePrograms(); err != nil {
		fmt.Fprintln(os.Stderr, "seccomp:", err)
		os.Exit(99)
	}
	program, err := exec.LookPath(os.Args[1])
	if err == nil {
		err = syscall.Exec(program, os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(99)
}

func refusePrograms() error {
	const (
		number, argument = 0, 16 // struct seccomp_data.nr, .args[0]
		progLoad         = 5     // BPF_PROG_LOAD
	)
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	unless := func(value uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jf: skip}
	}
	program := []unix.SockFilter{
		load(number), unless(unix.SYS_BPF, 3), load(argument), unless(progLoad, 1),
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	if errno != 0 {
		return errno
	}
	return nil
}

// A counted is the part of a census that all engines must agree on, and the engine
// that answered.
type counted struct {
	Engine string
	Exact  bool
	Total  int
	Groups []struct {
		Key   map[string]string
		Count int
	}
	Gaps []struct{ Source, Reason string }
}

// holdMany puts so many sockets into a namespace that counting inside the kernel is
// the cheapest way, and returns the namespace's path.
func holdMany(t *testing.T) string {
	t.Helper()
	hold := exec.Command("tcpvitals", "lab", "hold", "time-wait", "-n", "200000")
	hold.Stderr = os.Stderr
	out, err := hold.StdoutPipe()
	must(t, err)
	must(t, hold.Start())
	t.Cleanup(func() {
		_ = hold.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, out)
		_ = hold.Wait()
	})
	path := regexp.MustCompile(`netns=(\S+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := path.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	t.Fatal("the sockets were not made")
	return ""
}

// TestFallback removes, one after the other, the things that counting inside the
// kernel needs. Each time the next engine gives the same answer and says what was
// missing, --explain says so in advance, and a user who requests this engine only gets
// an error with the exit code of its kind.
func TestFallback(t *testing.T) {
	for _, right := range []testnet.Right{testnet.Root, testnet.Netns, testnet.BPF} {
		testnet.Require(t, right)
	}
	if os.Getenv(bootVariable) != "" {
		t.Skip("an emulated processor takes minutes to make 200,000 sockets; TestBoot has what is missing there")
	}
	ns := holdMany(t)
	run := func(prefix []string, args ...string) (code int, out, problems string) {
		all := append(append([]string{"--net=" + ns}, prefix...), args...)
		cmd := exec.Command("nsenter", all...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(stdout), stderr.String()
	}
	census := func(prefix []string, args ...string) (c counted) {
		t.Helper()
		code, out, problems := run(prefix, append([]string{"census", "-o", "json"}, args...)...)
		if code != 0 || json.Unmarshal([]byte(out), &c) != nil {
			t.Fatalf("%v: exit code %d: %s%s", args, code, out, problems)
		}
		return c
	}
	whole := census([]string{"tcpvitals"})
	if whole.Engine != "hashwalk" || !whole.Exact || whole.Total < 200_000 || len(whole.Gaps) > 0 {
		t.Fatalf("with everything: %+v", whole)
	}
	without := func(capabilities string) []string {
		return []string{"setpriv", "--inh-caps=-all", "--bounding-set=" + capabilities, "tcpvitals"}
	}
	for name, tt := range map[string]struct {
		prefix []string
		reason string
		code   int
	}{
		"no capability":  {without("-bpf,-perfmon,-sys_admin"), `needs CAP_BPF and CAP_PERFMON`, 5},
		"no CAP_BPF":     {without("-bpf,-sys_admin"), `needs CAP_BPF\b[^&]*$`, 5},
		"no CAP_PERFMON": {without("-perfmon,-sys_admin"), `needs CAP_PERFMON`, 5},
		"no types": {
			[]string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs none /sys/kernel/btf && exec "$@"`, "sh", "tcpvitals"},
			`the kernel does not tell its types`, 6,
		},
		"every program refused": {[]string{"unverified", "tcpvitals"}, `refuses the program`, 6},
	} {
		t.Run(name, func(t *testing.T) {
			reason := regexp.MustCompile(tt.reason)
			c := census(tt.prefix)
			if c.Engine != "sock_diag" || !c.Exact || len(c.Gaps) != 1 || c.Gaps[0].Source != "hashwalk" || !reason.MatchString(c.Gaps[0].Reason) {
				t.Errorf("by %s, exact %v, gaps %v", c.Engine, c.Exact, c.Gaps)
			}
			if diff := cmp.Diff(whole.Groups, c.Groups); diff != "" || c.Total != whole.Total {
				t.Errorf("-hashwalk +%s\n%s", c.Engine, diff)
			}
			if _, out, _ := run(tt.prefix, "census"); !reason.MatchString(strings.Join(strings.Fields(out), " ")) {
				t.Errorf("the table does not tell why:\n%s", out)
			}
			for _, args := range [][]string{{"--engine", "hashwalk"}, {"--sample", "1/64"}} {
				code, out, problems := run(tt.prefix, append([]string{"census"}, args...)...)
				if code != tt.code || out != "" || !reason.MatchString(problems) && !reason.MatchString(strings.Split(problems, "\n")[0]) {
					t.Errorf("%v: exit code %d: %s%s", args, code, out, problems)
				}
			}
			if name == "every program refused" {
				return // a plan does not know that
			}
			if code, out, _ := run(tt.prefix, "census", "--explain"); code != 0 || !reason.MatchString(strings.Join(strings.Fields(out), " ")) {
				t.Errorf("--explain: exit code %d\n%s", code, out)
			}
		})
	}
	t.Run("file capabilities", func(t *testing.T) {
		nobody := []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
		program := copyOfProgram(t)
		c := census(append(nobody, program))
		if c.Engine != "sock_diag" || len(c.Gaps) != 1 || !strings.Contains(c.Gaps[0].Reason, "CAP_BPF and CAP_PERFMON") {
			t.Errorf("without capabilities: by %s, gaps %v", c.Engine, c.Gaps)
		}
		setcap, err := exec.LookPath("setcap")
		if err != nil {
			testnet.Skip(t, testnet.BPF, "setcap is not installed")
		}
		if out, err := exec.Command(setcap, "cap_bpf,cap_perfmon+ep", program).CombinedOutput(); err != nil {
			testnet.Skip(t, testnet.BPF, "setcap: "+err.Error()+": "+string(out))
		}
		for _, args := range [][]string{nil, {"--engine", "hashwalk"}, {"--by", "state", "--netns", "self"}} {
			c = census(append(nobody, program), args...)
			if c.Engine != "hashwalk" || !c.Exact || c.Total != whole.Total || len(c.Gaps) > 0 {
				t.Errorf("%v: %+v", args, c)
			}
		}
	})
}

// copyOfProgram is a copy of tcpvitals that everyone may run.
func copyOfProgram(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tcpvitals")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	text, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	path := filepath.Join(dir, "tcpvitals")
	must(t, os.WriteFile(path, text, 0o755))
	return path
}
