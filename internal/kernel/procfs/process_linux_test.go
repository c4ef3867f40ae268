// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// madeProcess writes one process into a made proc tree.
func madeProcess(t *testing.T, root string, pid int, name string, uid int, links ...string) {
	t.Helper()
	dir := filepath.Join(root, fmt.Sprint(pid))
	if err := os.MkdirAll(filepath.Join(dir, "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	for fd, link := range links {
		if err := os.Symlink(link, filepath.Join(dir, "fd", fmt.Sprint(fd*3))); err != nil {
			t.Fatal(err)
		}
	}
	write := func(file, text string) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("stat", statLine(name, 0, uint64(pid)*10))
	write("status", fmt.Sprintf("Name:\t%s\nUid:\t%d\t%d\t%d\t%d\n", name, uid, uid, uid, uid))
	write("cmdline", name+"\x00-x\x00")
}

func madeTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	madeProcess(t, root, 100, "nginx", 0, "/dev/null", "socket:[11]", "socket:[12]", "socket:[11]")
	madeProcess(t, root, 7, "systemd", 0, "socket:[11]", "pipe:[13]")
	madeProcess(t, root, 101, "nginx", 33, "socket:[11]", "socket:[4294967295]")
	madeProcess(t, root, 200, "idle", 0)
	for _, other := range []string{"self", "net", "1x"} {
		if err := os.Mkdir(filepath.Join(root, other), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "999"), 0o755); err != nil { // exited: no fd
		t.Fatal(err)
	}
	return root
}

func TestScanMadeTree(t *testing.T) {
	p, err := At(madeTree(t)).ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		inode uint32
		first string
		pids  []int32
	}{
		{11, "systemd", []int32{7, 100, 101}},
		{12, "nginx", []int32{100}},
		{4294967295, "nginx", []int32{101}},
		{13, "", nil},
		{0, "", nil},
		{5, "", nil},
	}
	for _, tt := range tests {
		var pids []int32
		for proc := range p.All(tt.inode) {
			pids = append(pids, proc.PID)
		}
		if !slices.Equal(pids, tt.pids) {
			t.Errorf("inode %d held by %v, want %v", tt.inode, pids, tt.pids)
		}
		h, ok := p.Lookup(tt.inode)
		if ok != (tt.pids != nil) {
			t.Errorf("Lookup(%d) found %t", tt.inode, ok)
		}
		if ok && (h.Count != len(tt.pids) || h.First.Name != tt.first) {
			t.Errorf("Lookup(%d) = %+v of %d, want %s", tt.inode, h.First, h.Count, tt.first)
		}
	}
	if len(p.Gaps()) != 0 {
		t.Errorf("gaps %v, want none", p.Gaps())
	}
}

func TestScanWanted(t *testing.T) {
	want := func(inode uint32) bool { return inode == 12 }
	p, err := At(madeTree(t)).ScanProcesses(t.Context(), ProcessOptions{Want: want})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Lookup(12); !ok || p.Sockets() != 1 {
		t.Errorf("%d sockets kept, want inode 12 only", p.Sockets())
	}
}

func TestCommand(t *testing.T) {
	root := madeTree(t)
	p, err := At(root).ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, _ := p.Lookup(12)
	if cmd, err := p.Command(h.First); cmd != "nginx -x" || err != nil {
		t.Errorf("Command = %q, %v", cmd, err)
	}
	// The pid is given to another process.
	if err := os.WriteFile(filepath.Join(root, "100/stat"), []byte(statLine("bash", 0, 5)), 0o644); err != nil {
		t.Fatal(err)
	}
	if cmd, err := p.Command(h.First); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Command of a reused pid = %q, %v; want os.ErrNotExist", cmd, err)
	}
	if err := os.RemoveAll(filepath.Join(root, "100")); err != nil {
		t.Fatal(err)
	}
	if cmd, err := p.Command(h.First); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Command of an exited process = %q, %v; want os.ErrNotExist", cmd, err)
	}
}

func TestScanErrors(t *testing.T) {
	if _, err := At(filepath.Join(t.TempDir(), "none")).ScanProcesses(t.Context(), ProcessOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no tree: %v, want os.ErrNotExist", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Own().ScanProcesses(ctx, ProcessOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// sockets opens n sockets and returns their inodes.
func sockets(t *testing.T, n int) []uint32 {
	t.Helper()
	inodes := make([]uint32, n)
	for i := range inodes {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeFD(fd) })
		inodes[i] = inodeOf(t, fd)
	}
	return inodes
}

func inodeOf(t *testing.T, fd int) uint32 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return uint32(st.Ino)
}

// A process with more descriptors than one chunk, in a row and with a wide gap.
func TestScanLargeProcess(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 3*chunk {
		t.Skipf("needs %d descriptors, may have %d", 3*chunk, limit.Cur)
	}
	inodes := sockets(t, chunk+100)
	far, err := unix.FcntlInt(uintptr(openSocket(t)), unix.F_DUPFD_CLOEXEC, 3*chunk-10)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeFD(far) })
	inodes = append(inodes, inodeOf(t, far))

	p, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := p.Lookup(inodes[0])
	if h.First == nil || h.First.Name+"\n" != string(comm) {
		t.Errorf("holder is %+v, want %q", h.First, comm)
	}
	if cmd, err := p.Command(h.First); err != nil || !strings.HasPrefix(cmd, os.Args[0]) {
		t.Errorf("command line %q, %v; want %q", cmd, err, os.Args)
	}
	for i, inode := range inodes {
		if h, ok := p.Lookup(inode); !ok || h.First.PID != int32(os.Getpid()) {
			t.Fatalf("socket %d of %d: %+v, %t", i, len(inodes), h, ok)
		}
	}
}

func openSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeFD(fd) })
	return fd
}

// A small process whose only socket has a high number.
func TestScanSparseProcess(t *testing.T) {
	fd, err := unix.FcntlInt(uintptr(openSocket(t)), unix.F_DUPFD_CLOEXEC, 900)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeFD(fd) })
	file := os.NewFile(uintptr(fd), "socket")
	cmd := exec.Command("sleep", "600")
	cmd.ExtraFiles = make([]*os.File, 500) // nil: not open in the child
	cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	start(t, cmd)

	p, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var pids []int32
	for proc := range p.All(inodeOf(t, fd)) {
		pids = append(pids, proc.PID)
	}
	want := []int32{int32(os.Getpid()), int32(cmd.Process.Pid)}
	if slices.Sort(want); !slices.Equal(pids, want) {
		t.Errorf("socket shared with a child is held by %v, want %v", pids, want)
	}
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
}

// Processes that exit while they are read are no error and leave no gap.
func TestScanWhileProcessesExit(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	raw, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()

	before, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var spawned sync.WaitGroup
	for range 2 {
		spawned.Go(func() {
			for ctx.Err() == nil {
				cmd := exec.Command("/bin/true")
				cmd.ExtraFiles = []*os.File{raw}
				_ = cmd.Run() // only that it comes and goes counts
			}
		})
	}
	defer spawned.Wait()
	defer cancel()
	most := 0
	for range 60 {
		p, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
		if err != nil {
			t.Fatal(err)
		}
		holders, own := 0, false
		for proc := range p.All(inodeOf(t, int(raw.Fd()))) {
			holders++
			own = own || proc.PID == int32(os.Getpid())
		}
		if !own {
			t.Fatalf("own listener has %d holders, not this process", holders)
		}
		most = max(most, holders)
		if len(p.Gaps()) != len(before.Gaps()) {
			t.Fatalf("gaps %v, were %v", p.Gaps(), before.Gaps())
		}
	}
	t.Logf("saw the socket in up to %d processes at once", most)
}

// TestNobodyHelper runs as user nobody inside TestScanWithoutPermission.
func TestNobodyHelper(t *testing.T) {
	if os.Getenv("TCPVITALS_TEST_NOBODY") == "" {
		return // not a test by itself: it is what the child of TestScanWithoutPermission runs
	}
	own := inodeOf(t, openSocket(t))
	p, err := At(os.Getenv("TCPVITALS_TEST_NOBODY")).ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := p.Lookup(own); !ok || h.First.PID != int32(os.Getpid()) {
		t.Errorf("own socket held by %+v, %t", h.First, ok)
	}
	for _, gap := range p.Gaps() {
		fmt.Println("GAP", gap.Source, knowledge.GapReason(gap))
	}
}

// asNobody runs TestNobodyHelper as user nobody, without any capability, on a
// proc tree, and returns what it prints.
func asNobody(t *testing.T, root string) string {
	t.Helper()
	testnet.Require(t, testnet.Root)
	// The test binary may stand in a directory that is closed to others.
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "procfs-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "procfs.test")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(bin, self, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-test.run=^TestNobodyHelper$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TCPVITALS_TEST_NOBODY="+root, "TMPDIR=/tmp", "GOCOVERDIR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
	return string(out)
}

func TestScanWithoutPermission(t *testing.T) {
	out := asNobody(t, "/proc")
	if n := strings.Count(out, "GAP "); n != 1 || !strings.Contains(out, "GAP /proc/PID/fd") ||
		!strings.Contains(out, "CAP_SYS_PTRACE") {
		t.Errorf("want one gap that names CAP_SYS_PTRACE, got:\n%s", out)
	}
}

// A proc tree that hides processes of others says so, not that there are none.
func TestScanHiddenProcesses(t *testing.T) {
	testnet.Require(t, testnet.Root)
	root, err := os.MkdirTemp("/tmp", "procfs-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(root) })
	if err := unix.Mount("proc", root, "proc", 0, "hidepid=2"); err != nil {
		t.Skipf("needs to mount a proc tree of its own: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
	out := asNobody(t, root)
	if n := strings.Count(out, "GAP "); n != 1 || !strings.Contains(out, "GAP "+root+" mounted with hidepid=") {
		t.Errorf("want one gap that names hidepid, got:\n%s", out)
	}
	if gaps := At(root).HiddenProcesses(); len(gaps) != 0 {
		t.Errorf("as root: gaps %v, want none", gaps)
	}
}
