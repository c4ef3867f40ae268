// SPDX-License-Identifier: Apache-2.0

package taskfile

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	testnet.Main(m)
}

// childVariable tells the test program that another one has started it.
const childVariable = "TASKFILE_TEST_CHILD"

// child holds a socket, says its inode and what it sees of itself, and waits.
func child() {
	inode, closeIt, err := hold()
	if err != nil {
		panic(err)
	}
	defer closeIt()
	own := -1
	if pairs, err := Sockets(context.Background()); err == nil {
		own = 0
		for _, p := range pairs {
			if p.Inode == inode && int(p.PID) == os.Getpid() {
				own++
			}
		}
	}
	_, _ = os.Stdout.WriteString(strconv.Itoa(int(inode)) + " " + strconv.Itoa(own) + "\n")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// hold opens two descriptors of one socket.
func hold() (inode uint32, closeAll func(), err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return 0, nil, err
	}
	var st unix.Stat_t
	err = unix.Fstat(int(f.Fd()), &st)
	return uint32(st.Ino), func() { _ = f.Close(); _ = l.Close() }, err
}

// load skips where no program may be loaded, except where that is a failure.
func load(t *testing.T) []procfs.Pair {
	t.Helper()
	pairs, err := Sockets(t.Context())
	if err != nil {
		testnet.Skip(t, testnet.BPF, err.Error())
	}
	return pairs
}

// TestAsProcfs compares with reading /proc/PID/fd, in this process and in
// others that share a socket or have some of their own.
func TestAsProcfs(t *testing.T) {
	inode, closeAll, err := hold()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	other := start(t, nil)
	mine := map[int32]bool{int32(os.Getpid()): true, int32(other.cmd.Process.Pid): true}

	byKernel, err := procfs.JoinProcesses(t.Context(), load(t))
	if err != nil {
		t.Fatal(err)
	}
	byLinks, err := procfs.ScanProcesses(t.Context(), procfs.ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []uint32{inode, other.inode} {
		var got, want []procfs.Process
		for p := range byKernel.All(i) {
			got = append(got, *p)
		}
		for p := range byLinks.All(i) {
			want = append(want, *p)
		}
		if len(want) == 0 || !slices.Equal(got, want) || !mine[want[0].PID] {
			t.Errorf("socket %d: %+v by the kernel, %+v by links", i, got, want)
		}
	}
}

// TestPIDNamespace asks from within a pid namespace: pids are told as there.
func TestPIDNamespace(t *testing.T) {
	testnet.Require(t, testnet.Root)
	load(t)
	c := start(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID})
	if c.own != 2 { // it has the socket twice
		t.Errorf("the child finds itself %d times, want 2", c.own)
	}
	pid, found := int32(c.cmd.Process.Pid), false
	for _, p := range load(t) {
		found = found || p.Inode == c.inode && p.PID == pid
	}
	if !found {
		t.Errorf("the child is not seen as %d from outside", pid)
	}
}

// TestWithout sees that a right that is missing is named.
func TestWithout(t *testing.T) {
	testnet.Require(t, testnet.Root)
	c := start(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
	if c.own != -1 {
		t.Errorf("nobody may load a program: %d", c.own)
	}
}

func TestCancelled(t *testing.T) {
	load(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Sockets(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type started struct {
	cmd   *exec.Cmd
	inode uint32
	own   int
}

// start runs this program once more, as a child that holds a socket.
func start(t *testing.T, attr *syscall.SysProcAttr) started {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cmd.Dir, cmd.SysProcAttr, cmd.Stderr = "/", attr, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 2 {
		t.Fatalf("%q %v", line, err)
	}
	inode, _ := strconv.Atoi(words[0])
	own, _ := strconv.Atoi(words[1])
	return started{cmd, uint32(inode), own}
}

func BenchmarkSockets(b *testing.B) {
	n := 0
	for b.Loop() {
		pairs, err := Sockets(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		n = len(pairs)
	}
	b.ReportMetric(float64(n), "sockets")
}
