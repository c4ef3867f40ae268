// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A situation is a way in which a network namespace can exist.
type situation struct {
	name string
	// hold makes something keep the namespace until the test ends. end releases it
	// earlier.
	hold func(t *testing.T, ns *testnet.NS) (end func())
	made uint64 // number of listeners in it, different for each situation
	net  testnet.Options
}

// situations are those in which something refers to the namespace.
func situations() []situation {
	return []situation{
		{name: "a process", hold: livedIn, made: 1},
		{name: "a thread", hold: threadIn, made: 2},
		{name: "a thread whose process has lost its first", hold: lateThreadIn, made: 3},
		{name: "a mount without a process", hold: mounted, made: 4},
		{name: "a mount in another mount namespace", hold: mountedElsewhere, made: 5},
		{name: "a descriptor of this process", hold: func(*testing.T, *testnet.NS) func() { return nil }, made: 6},
		{name: "a descriptor of another process", hold: openElsewhere, made: 7},
		{name: "a process of another user namespace", hold: livedInByOtherUsers, made: 8},
		{name: "a process of another pid namespace", hold: livedInByOtherPIDs, made: 9},
		{name: "a process, with a table of connections of its own", hold: livedIn, made: 10, net: testnet.Options{PrivateHash: 1 << 10}},
	}
}

// child starts a process that lives until the test ends.
func child(t *testing.T, cmd *exec.Cmd, start func() error) (end func()) {
	t.Helper()
	if err := start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	t.Cleanup(end)
	return end
}

// ready starts a process and waits until the process says that it is ready.
func ready(t *testing.T, cmd *exec.Cmd) (end func()) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	end = child(t, cmd, cmd.Start)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("child says %q, %v", line, err)
	}
	return end
}

func livedIn(t *testing.T, ns *testnet.NS) func() {
	cmd := ns.Command("sleep", "600")
	end := child(t, cmd.Cmd, cmd.Start)
	ns.Release()
	return end
}

func threadIn(t *testing.T, ns *testnet.NS) func() {
	entered, leave := make(chan int), make(chan struct{})
	go ns.Do(func() { entered <- unix.Gettid(); <-leave })
	task := fmt.Sprintf("/proc/self/task/%d", <-entered)
	end := sync.OnceFunc(func() {
		close(leave)
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(task); err != nil {
				return
			}
		}
		t.Error("the thread does not end")
	})
	t.Cleanup(end)
	ns.Release()
	return end
}

// enters in the environment makes this test binary a process whose first thread ends
// while another thread stays in the network namespace at that path.
const enters = "TCPVITALS_TEST_ENTERS"

// enterAndLeave is that process.
func enterAndLeave(path string) {
	debug.SetGCPercent(-1) // no collection may wait for the thread that ends
	entered := make(chan error)
	go func() {
		runtime.LockOSThread()
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			_ = unix.Close(fd)
		}
		entered <- err
		for unix.Getpid() > 0 { // until it is killed
			_ = unix.Nanosleep(&unix.Timespec{Sec: 600}, nil)
		}
	}()
	if err := <-entered; err != nil {
		return
	}
	_, _ = os.Stdout.WriteString("ready\n")
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // ends this thread, the first one: see TestMain
}

func lateThreadIn(t *testing.T, ns *testnet.NS) func() {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), enters+"="+ns.Path())
	end := ready(t, cmd)
	ns.Release()
	return end
}

func mounted(t *testing.T, ns *testnet.NS) func() {
	file := mountPoint(t)
	if err := unix.Mount(ns.Path(), file, "", unix.MS_BIND, ""); err != nil {
		testnet.Skip(t, testnet.Netns, "mount the file of a namespace: "+err.Error())
	}
	end := func() { _ = unix.Unmount(file, unix.MNT_DETACH) }
	t.Cleanup(end)
	ns.Release()
	return end
}

func mountPoint(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "namespace")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func mountedElsewhere(t *testing.T, ns *testnet.NS) func() {
	cmd := exec.Command("sh", "-c", `mount --bind "$0" "$1" && echo ready && exec sleep 600`, ns.Path(), mountPoint(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // Go makes the mounts of the new namespace private
	end := ready(t, cmd)
	ns.Release()
	return end
}

func openElsewhere(t *testing.T, ns *testnet.NS) func() {
	cmd := exec.Command("sh", "-c", `exec 9<"$0" && echo ready && exec sleep 600`, ns.Path())
	end := ready(t, cmd)
	ns.Release()
	return end
}

func livedInByOtherUsers(t *testing.T, ns *testnet.NS) func() {
	testnet.Require(t, testnet.UserNS)
	cmd := ns.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 100_000, Size: 1000}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 100_000, Size: 1000}},
	}
	end := child(t, cmd.Cmd, cmd.Start)
	ns.Release()
	return end
}

func livedInByOtherPIDs(t *testing.T, ns *testnet.NS) func() {
	cmd := ns.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	end := child(t, cmd.Cmd, cmd.Start)
	ns.Release()
	return end
}

// connectIn makes a connection to a listener of the namespace, which nobody accepts:
// two sockets.
func connectIn(t *testing.T, ns *testnet.NS, to *net.TCPListener) {
	t.Helper()
	ns.Do(func() {
		c, err := net.Dial("tcp4", to.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	})
}

// listenIn makes n listeners until the test ends, and returns one of them.
func listenIn(t *testing.T, ns *testnet.NS, n uint64) (one *net.TCPListener) {
	t.Helper()
	ns.Do(func() {
		for range n {
			l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			one = l
		}
	})
	return one
}

// openBy opens the namespace of a socket; nothing else need refer to that namespace.
func openBy(t *testing.T, l *net.TCPListener) {
	t.Helper()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		const siocgskns = 0x894C // include/uapi/linux/sockios.h
		ns, err := unix.IoctlRetInt(int(fd), siocgskns)
		if err != nil {
			t.Errorf("open the namespace of a socket: %v", err)
			return
		}
		t.Cleanup(func() { _ = unix.Close(ns) })
	})
	if err != nil {
		t.Error(err)
	}
}

// byNamespace counts the sockets of each namespace with one engine.
func byNamespace(t *testing.T, name string) (map[uint64]uint64, *engine.Report) {
	t.Helper()
	return countedOf(t, engine.Options{Engine: name, Netns: "all"})
}

// countedOf counts the sockets of each namespace.
func countedOf(t *testing.T, o engine.Options) (map[uint64]uint64, *engine.Report) {
	t.Helper()
	keys, err := query.ParseKeys("netns-inode")
	if err != nil {
		t.Fatal(err)
	}
	found := map[uint64]uint64{}
	report, err := opened(t, o).Count(t.Context(), engine.Counting{Keys: keys},
		func(s *socket.Socket, n engine.Counted) { found[s.Netns.Inode] += n.Sockets })
	if err != nil {
		t.Fatalf("%s: %v", o.Engine, err)
	}
	return found, report
}

// TestEnginesFindTheSameNamespaces: every engine counts the sockets of a network
// namespace, listeners and connections, in whatever way the namespace exists.
func TestEnginesFindTheSameNamespaces(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	want := map[uint64]situation{}
	for _, s := range situations() {
		ns := testnet.New(t, s.net)
		connectIn(t, ns, listenIn(t, ns, s.made))
		s.hold(t, ns)
		want[ns.Inode()] = s
	}
	inode, path := ofUser(t)
	theirs := situation{name: "a process, owned by another user namespace", made: 11}
	connectAt(t, path, theirs.made)
	want[inode] = theirs
	for _, name := range engine.Names() {
		found, _ := byNamespace(t, name)
		for inode, s := range want {
			if found[inode] != s.made+2 {
				t.Errorf("%s finds %d sockets in the namespace of %s, want %d", name, found[inode], s.name, s.made+2)
			}
		}
	}
}

// TestNamespaceLeavesMeanwhile: what referred to a namespace has gone when its turn
// comes. That is reported; but if something else refers to the namespace by then, it
// is read.
func TestNamespaceLeavesMeanwhile(t *testing.T) {
	testnet.Require(t, testnet.Netns)
	for _, s := range situations() {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, opened again: %v", s.name, again), func(t *testing.T) { leavesMeanwhile(t, s, again) })
		}
	}
}

func leavesMeanwhile(t *testing.T, s situation, again bool) {
	early, late := testnet.New(t, s.net), testnet.New(t, s.net)
	if early.Inode() > late.Inode() { // namespaces are read in the order of their inodes
		early, late = late, early
	}
	listenIn(t, early, 1)
	listener := listenIn(t, late, s.made)
	inode, end := late.Inode(), s.hold(t, late)
	if end == nil {
		return // this process itself holds it
	}
	seen := uint64(0)
	scan := engine.Scan{Fields: socket.FieldsOf(socket.FieldNetnsInode)}
	report, err := each(t.Context(), opened(t, engine.Options{Netns: "all"}), scan, func(row *socket.Socket) bool {
		switch row.Netns.Inode {
		case early.Inode():
			end()
			if again {
				openBy(t, listener)
			}
		case inode:
			seen++
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(report.Gaps, func(g problem.Gap) bool {
		nothing := g.Code == problem.NetnsHeld || strings.Contains(g.Reason+string(g.Args), "it cannot be reached any more")
		return strings.HasPrefix(g.Source, "network namespace ") && nothing
	})
	switch {
	case again && seen != s.made:
		t.Errorf("%d of %d sockets seen; gaps %v", seen, s.made, report.Gaps)
	case !again && seen != 0:
		t.Errorf("%d sockets seen where nothing leads", seen)
	case !again && !told:
		t.Errorf("it is not told: %v", report.Gaps)
	}
}

// TestPlanKnowsForeignSockets: a namespace shares its table of connections with all
// others, and root learns how full the table is.
func TestPlanKnowsForeignSockets(t *testing.T) {
	testnet.Require(t, testnet.Root)
	const made = 3000
	stock := newStock(t, labtest.Counts{tcp.TimeWait: made}, socket.IPv4)
	stock.fresh()
	small := testnet.New(t, testnet.Options{})
	host, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	small.Do(func() {
		p, err := host.Explain(t.Context(), engine.Counting{})
		if err != nil {
			t.Fatal(err)
		}
		// Wanted includes the open sockets of the whole host, also those left by
		// earlier tests; TIME_WAIT is not in it.
		if p.Size.Sockets < p.Size.Wanted+made {
			t.Errorf("%+v; want %d sockets in the table that are not wanted", p.Size, made)
		}
	})
}

// TestPlanKnowsOwnTable: sockets of the host are not in the table of a namespace that
// has one of its own; a walk of that namespace alone finds its connections there.
func TestPlanKnowsOwnTable(t *testing.T) {
	testnet.Require(t, testnet.Root)
	const buckets, made = 1 << 9, 7
	stock := newStock(t, labtest.Counts{tcp.TimeWait: 3000}, socket.IPv4)
	stock.fresh()
	own := testnet.New(t, testnet.Options{PrivateHash: buckets})
	connectIn(t, own, listenIn(t, own, made-2))
	host := opened(t, engine.Options{})
	own.Do(func() {
		p, err := host.Explain(t.Context(), engine.Counting{})
		if err != nil {
			t.Fatal(err)
		}
		if want := (engine.Size{Namespaces: 1, Sockets: made, Wanted: made, Buckets: buckets}); p.Size != want {
			t.Errorf("the plan knows %+v, want %+v", p.Size, want)
		}
	})
	testnet.Require(t, testnet.BPF)
	found, report := countedOf(t, engine.Options{Engine: "hashwalk", Netns: own.Path()})
	if found[own.Inode()] != made || !report.Exact {
		t.Errorf("a walk finds %v, exact %v, want %d", found, report.Exact, made)
	}
}

// TestPlanOfAll: the plan always says how many namespaces there are, even if that does
// not matter for the choice.
func TestPlanOfAll(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	host, err := engine.Open(engine.Options{Netns: "all"})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	p, err := host.Explain(t.Context(), engine.Counting{})
	if err != nil || p.Size.Namespaces < 2 {
		t.Errorf("%+v, %v; want %d among the namespaces", p, err, ns.Inode())
	}
}

// TestFullestFirst: where any sockets will do, the namespaces that have most are read
// first, whether a walk tells which they are or their own sums.
func TestFullestFirst(t *testing.T) {
	few, many := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	listenIn(t, few, 1)
	listenIn(t, many, 30)
	more := testnet.New(t, testnet.Options{})
	listenIn(t, more, 2)
	host, err := engine.Open(engine.Options{Netns: "all"})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	filter, err := query.Parse("state = listen", query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var order []uint64
		scan := engine.Scan{Filter: filter, Fields: socket.FieldsOf(socket.FieldState, socket.FieldNetns), Fullest: true}
		_, err = host.Rows(t.Context(), scan, engine.Visit(func(s *socket.Socket) bool {
			if at := s.Netns.Inode; len(order) == 0 || order[len(order)-1] != at {
				order = append(order, at)
			}
			return true
		}))
		if err != nil {
			t.Fatal(err)
		}
		place := func(ns *testnet.NS) int { return slices.Index(order, ns.Inode()) }
		if a, b, c := place(many), place(more), place(few); a < 0 || a > b || b > c {
			t.Errorf("read in the places %d, %d and %d: want the one with 30 listeners first, the one with 1 last", a, b, c)
		}
		for range 12 { // from now on a walk tells
			testnet.New(t, testnet.Options{})
		}
	}
}

// TestManyNamespaces: with many namespaces, a preceding walk avoids dumps of tables in
// which a namespace has no sockets; the counts are the same, and changes after the
// walk are seen too.
func TestManyNamespaces(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	const many = 12
	want := map[uint64]uint64{}
	var spaces []*testnet.NS
	for i := range many {
		ns := testnet.New(t, testnet.Options{})
		listenIn(t, ns, uint64(i%3)) // none in some namespaces
		spaces, want[ns.Inode()] = append(spaces, ns), uint64(i%3)
	}
	connected := spaces[2]
	connected.Do(func() { // both ends of a connection, besides its listeners
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	})
	spaces[1].Do(func() { // a bound and idle socket
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
			t.Fatal(err)
		}
	})
	want[connected.Inode()] += 3
	if showsBound(t) {
		want[spaces[1].Inode()]++
	}
	count := func(o engine.Options, before func()) map[uint64]uint64 {
		seen := map[uint64]uint64{}
		v := &entered{before: before, row: func(s *socket.Socket) bool { seen[s.Netns.Inode]++; return true }}
		if _, err := opened(t, o).Rows(t.Context(), engine.Scan{Fields: socket.FieldsOf(socket.FieldState)}, v); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	all := engine.Options{Netns: "all"}
	for name, seen := range map[string]map[uint64]uint64{
		"with a walk":    count(all, nil),
		"without a walk": count(engine.Options{Netns: "all", Engine: "sock_diag"}, nil),
	} {
		for inode, n := range want {
			if seen[inode] != n {
				t.Errorf("%s, namespace %d: %d sockets, want %d", name, inode, seen[inode], n)
			}
		}
	}
	last := spaces[0] // empty at the time of the walk
	late := count(all, func() { listenIn(t, last, 1) })
	if late[last.Inode()] != 1 {
		t.Errorf("a listener made after the walk is not seen: %d", late[last.Inode()])
	}
}

// entered calls before when the first namespace is entered.
type entered struct {
	before func()
	row    func(*socket.Socket) bool
}

func (v *entered) Enter(*engine.Space) error {
	if v.before != nil {
		v.before()
		v.before = nil
	}
	return nil
}
func (v *entered) Row(s *socket.Socket) bool { return v.row(s) }
func (*entered) Leave(*engine.Space) error   { return nil }
