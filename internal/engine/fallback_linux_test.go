// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// sandboxed in the environment makes this test binary a process that may open
// no netlink socket and prints its census.
const sandboxed = "TCPVITALS_TEST_SANDBOXED"

// fewFiles is the value for a process that may open at most 20 files and counts all
// namespaces.
const fewFiles = "few-files"

func TestMain(m *testing.M) {
	if os.Getenv(sandboxed) != "" {
		os.Exit(sandboxedCensus())
	}
	if os.Getenv(asNobody) != "" {
		os.Exit(nobodysGaps())
	}
	if path := os.Getenv(enters); path != "" {
		runtime.LockOSThread() // the thread must be the first of this process
		enterAndLeave(path)
		os.Exit(1)
	}
	testnet.Main(m)
}

// answer is what the child process reports about its census.
type answer struct {
	Engine         string
	Exact          bool
	Gaps           []problem.Gap
	Listening      uint64
	ElsewhereKnown bool
}

func sandboxedCensus() int {
	runtime.LockOSThread()
	var o engine.Options
	if os.Getenv(sandboxed) == fewFiles {
		o.Netns = "all"
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 20, Max: 20}); err != nil {
			return 2
		}
	} else if err := refuseNetlink(); err != nil {
		return 2
	}
	host, err := engine.Open(o)
	if err != nil {
		return 1
	}
	c, err := engine.Census(context.Background(), host, nil)
	if err != nil {
		return 1
	}
	said := answer{c.Engine, c.Exact, c.Gaps, c.Of(tcp.Listen).Total, c.OtherNamespaces != nil}
	if json.NewEncoder(os.Stdout).Encode(said) != nil {
		return 1
	}
	return 0
}

// refuseNetlink installs a seccomp filter for all threads that answers
// socket(AF_NETLINK, …) with EPERM, as container sandboxes do.
func refuseNetlink() error {
	const (
		offNumber = 0  // struct seccomp_data.nr
		offArg0   = 16 // .args[0], low half
	)
	load := func(off uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
	}
	unless := func(value uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jf: skip}
	}
	verdict := func(value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
	}
	program := []unix.SockFilter{
		load(offNumber), unless(unix.SYS_BPF, 1), verdict(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)),
		unless(unix.SYS_SOCKET, 3),
		load(offArg0), unless(unix.AF_NETLINK, 1),
		verdict(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)),
		verdict(unix.SECCOMP_RET_ALLOW),
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return errno
	}
	return nil
}

// TestProcfsAnswersInASandbox: if sock_diag is refused, /proc gives the same counts,
// and the answer says why.
func TestProcfsAnswersInASandbox(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	var c answer
	for range 10 { // on a busy machine not all other namespaces may be counted in time
		if c = answerInASandbox(t, ns); c.ElsewhereKnown {
			break
		}
	}
	if c.Engine != "procfs" || !c.Exact || c.Listening != 1 || !c.ElsewhereKnown {
		t.Errorf("answer %+v, want one listener, exactly, by procfs", c)
	}
	told := slices.ContainsFunc(c.Gaps, func(g problem.Gap) bool {
		return g.Source == "sock_diag" && strings.Contains(string(g.Args), "sandbox")
	})
	if !told {
		t.Errorf("gaps %v do not say why sock_diag did not answer", c.Gaps)
	}
}

// answerInASandbox counts in a process that may not use netlink, beside one listener.
func answerInASandbox(t *testing.T, ns *testnet.NS) (c answer) {
	t.Helper()
	var out []byte
	var err error
	ns.Do(func() {
		fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		defer unix.Close(fd)
		if err = unix.Listen(fd, 1); err != nil {
			return
		}
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), sandboxed+"=1")
		out, err = child.Output()
	})
	if err == nil {
		err = json.Unmarshal(out, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCensusWithFewFiles: the walk in the kernel needs a descriptor for each map and
// program; if there are too few, another engine answers.
func TestCensusWithFewFiles(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	var out []byte
	var err error
	ns.Do(func() {
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), sandboxed+"="+fewFiles)
		out, err = child.Output()
	})
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var c answer
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatal(err)
	}
	if c.Engine == "" || c.Engine == "hashwalk" {
		t.Errorf("answer %+v of a process with 20 descriptors", c)
	}
}
