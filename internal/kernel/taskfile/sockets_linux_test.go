// SPDX-License-Identifier: Apache-2.0

package taskfile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

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

// child holds a socket, prints its inode and what it sees of itself, and waits.
func child() {
	inode, closeIt, err := hold()
	if err != nil {
		panic(err)
	}
	defer closeIt()
	own := -1
	if found, err := Sockets(context.Background()); err == nil {
		own = 0
		for _, p := range found.Pairs {
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

// load skips the test if the machine allows no eBPF programs, or fails it if
// CI_REQUIRE says that it should.
func load(t *testing.T) *procfs.Listed {
	t.Helper()
	testnet.Require(t, testnet.BPF)
	found, err := Sockets(t.Context())
	if err != nil {
		t.Fatal(err) // the kernel accepts programs, but not this one
	}
	return found
}

// TestAsProcfs compares with /proc/PID/fd, for this process and for others that share
// a socket or have some of their own.
func TestAsProcfs(t *testing.T) {
	inode, closeAll, err := hold()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	other := start(t, nil)
	mine := map[int32]bool{int32(os.Getpid()): true, int32(other.cmd.Process.Pid): true}

	found := load(t)
	byKernel, err := procfs.Own().JoinProcesses(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	byLinks, err := procfs.Own().ScanProcesses(t.Context(), procfs.ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unread := map[int32]bool{}
	for _, p := range found.Processes {
		unread[p.PID] = true
	}
	for pid := range mine {
		if !unread[pid] {
			t.Errorf("%d is not told by name: %+v", pid, found.Processes)
		}
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

// TestManyReads: entries that do not fit into one read of the kernel's iterator come
// with the next one, each exactly once.
func TestManyReads(t *testing.T) {
	const n = 9000 // 72,000 bytes
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < n+100 {
		t.Skipf("needs %d descriptors, may have %d", n+100, limit.Cur)
	}
	want := map[uint32]int{}
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			t.Fatal(err)
		}
		want[uint32(st.Ino)] = 1
	}
	got := map[uint32]int{}
	for _, p := range load(t).Pairs {
		if p.PID == int32(os.Getpid()) && want[p.Inode] > 0 {
			got[p.Inode]++
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d sockets found, %d opened, or some of them twice", len(got), len(want))
	}
}

// TestNames: a process has the name that /proc shows, whatever it calls itself.
func TestNames(t *testing.T) {
	inode, closeAll, err := hold()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	const comm = "/proc/self/comm" // the name of the main thread, which is that of the process
	was, err := os.ReadFile(comm)
	if err != nil {
		t.Fatal(err)
	}
	rename := func(name string) {
		if err := os.WriteFile(comm, []byte(name), 0); err != nil {
			t.Fatal(err)
		}
	}
	defer rename(strings.TrimSuffix(string(was), "\n"))
	for _, name := range []string{"a", "fifteen letters", "x) S 1 (", "new\nline", "\x1b[31m", "\xff"} {
		rename(name)
		byKernel, byLinks := holderBy(t, inode)
		if byKernel != byLinks || byKernel.Name != name {
			t.Errorf("called %q, which is %+v by the kernel, %+v by links", name, byKernel, byLinks)
		}
	}
}

// holderBy returns the process that has a socket open, according to the kernel's
// program and according to the links in /proc.
func holderBy(t *testing.T, inode uint32) (byKernel, byLinks procfs.Process) {
	t.Helper()
	joined, err := procfs.Own().JoinProcesses(t.Context(), load(t))
	if err != nil {
		t.Fatal(err)
	}
	scanned, err := procfs.Own().ScanProcesses(t.Context(), procfs.ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return holderIn(joined, inode), holderIn(scanned, inode)
}

func holderIn(p *procfs.Processes, inode uint32) procfs.Process {
	if h, ok := p.Lookup(inode); ok {
		return *h.First
	}
	return procfs.Process{}
}

// TestRing: a socket that only an io_uring holds, without a descriptor, has the same
// owner as by links: none if the kernel does not show what rings hold.
func TestRing(t *testing.T) {
	load(t)
	inode, ring := ringWithSocket(t)
	byKernel, byLinks := holderBy(t, inode)
	if byKernel != byLinks {
		t.Errorf("%+v by the kernel, %+v by links", byKernel, byLinks)
	}
	if byKernel.PID == 0 {
		shown, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(ring))
		if err != nil || strings.Contains(string(shown), fmt.Sprintf("socket:[%d]", inode)) {
			t.Errorf("the ring shows it, and it has no owner: %v\n%s", err, shown)
		}
	}
}

// ringWithSocket gives a socket to a ring and closes its descriptor.
func ringWithSocket(t *testing.T) (inode uint32, ring int) {
	t.Helper()
	var params [120]byte // struct io_uring_params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errno == unix.ENOSYS || errno == unix.EPERM {
		t.Skipf("io_uring is switched off here (kernel.io_uring_disabled, or not built): %v", errno)
	}
	if errno != 0 {
		t.Fatal(errno)
	}
	ring = int(fd)
	t.Cleanup(func() { _ = unix.Close(ring) })
	held, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(held, &st); err != nil {
		t.Fatal(err)
	}
	const registerFiles = 2 // IORING_REGISTER_FILES of include/uapi/linux/io_uring.h
	fds := [1]int32{int32(held)}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, fd, registerFiles, uintptr(unsafe.Pointer(&fds)), 1, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	if err := unix.Close(held); err != nil {
		t.Fatal(err)
	}
	return uint32(st.Ino), ring
}

// TestRecords: the result is the same at whatever points the reads split the records.
func TestRecords(t *testing.T) {
	var raw []byte
	add := func(words ...uint32) {
		for _, w := range words {
			raw = binary.NativeEndian.AppendUint32(raw, w)
		}
	}
	describe := func(pid uint32, start uint64, name string, ring uint64) {
		add(0, pid)
		raw = binary.NativeEndian.AppendUint64(raw, start)
		raw = append(raw, (name + strings.Repeat("\x00", nameSize))[:nameSize]...)
		raw = binary.NativeEndian.AppendUint64(raw, ring)
	}
	describe(7, 123*tick+tick-1, "nginx", 0)
	add(11, 7, 12, 7)
	describe(9, 5*tick, "sixteen letters!", 4)
	describe(9, 5*tick, "sixteen letters!", 0)
	add(13, 9)
	nginx, other := procfs.Process{PID: 7, Name: "nginx", Start: 123}, procfs.Process{PID: 9, Name: "sixteen letters!", Start: 5}
	want := &procfs.Listed{
		Pairs:     []procfs.Pair{{Inode: 11, PID: 7}, {Inode: 12, PID: 7}, {Inode: 13, PID: 9}},
		Processes: []procfs.Process{nginx, other},
		Rings:     []procfs.Ring{{Process: other, FD: 3}},
	}
	for size := 1; size <= len(raw); size++ {
		got, err := read(t.Context(), &cut{raw, size})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("in reads of %d: %+v, %v; want %+v", size, got, err, want)
		}
	}
}

// cut returns a few bytes at a time and reports in between that there are more.
type cut struct {
	left []byte
	size int
}

func (c *cut) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.left[:min(c.size, len(c.left))])
	c.left = c.left[n:]
	return n, unix.EAGAIN
}

// TestPIDNamespace runs in a pid namespace: pids are those of that namespace.
func TestPIDNamespace(t *testing.T) {
	testnet.Require(t, testnet.Root)
	load(t)
	c := start(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID})
	if c.own != 2 { // it has the socket open twice
		t.Errorf("the child finds itself %d times, want 2", c.own)
	}
	pid, found := int32(c.cmd.Process.Pid), false
	for _, p := range load(t).Pairs {
		found = found || p.Inode == c.inode && p.PID == pid
	}
	if !found {
		t.Errorf("the child is not seen as %d from outside", pid)
	}
}

// TestTimeNamespace: in a time namespace, the start times of processes are those that
// its /proc shows.
func TestTimeNamespace(t *testing.T) {
	testnet.Require(t, testnet.Root)
	testnet.Require(t, testnet.BPF)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inside := func(command ...string) (string, error) {
		// --fork is needed: before Linux 6.3 exec does not enter the time namespace,
		// and a process that has not entered it may not start threads (fs/exec.c,
		// kernel/fork.c).
		words := append([]string{"--time", "--fork", "--boottime", "100000"}, command...)
		out, err := exec.CommandContext(t.Context(), "unshare", words...).CombinedOutput()
		return string(out), err
	}
	if out, err := inside("true"); err != nil {
		t.Skipf("no time namespaces here, or an unshare(1) that knows none: %v, %s", err, out)
	}
	out, err := inside(self, "-test.run", "^TestNames$", "-test.v")
	if err != nil || !strings.Contains(out, "--- PASS: TestNames") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestWithout: a missing right is named.
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

// start runs this program as a child that holds a socket.
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
		found, err := Sockets(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		n = len(found.Pairs)
	}
	b.ReportMetric(float64(n), "sockets")
}
