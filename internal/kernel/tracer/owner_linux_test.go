// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// actVariable makes the test program end its connection in a certain way, under
// another process name.
const actVariable = "TRACER_TEST_ACT"

const actor = "tv-actor"

// An act is one way to end a connection, in a process that has its client's end
// as descriptor 3, and the other end as descriptor 4 where it needs that.
type act struct {
	name string
	do   func(fd int) error
	// The expected records, for the client's end and for the peer's.
	client, server deed
	as             string // name of the process at that moment, if it is not actor
	unread         bool   // the server has sent a byte that is not read
	serverFirst    bool   // the server closes first
}

// A deed is a kind of end with the state before it.
type deed struct {
	what  What
	from  tcp.State
	errno uint16
}

var (
	closedFirst = deed{what: ClosedFirst, from: tcp.Established}
	closedAfter = deed{what: ClosedAfter, from: tcp.CloseWait}
	wasReset    = deed{what: Ended, from: tcp.Established, errno: uint16(unix.ECONNRESET)}
)

func linger(fd, seconds int) error {
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(seconds)})
}

func acts() []act {
	orderly := func(name string, do func(fd int) error) act {
		return act{name: name, do: do, client: closedFirst, server: closedAfter}
	}
	reset := func(name string, what What, do func(fd int) error) act {
		return act{name: name, do: do, client: deed{what: what, from: tcp.Established}, server: wasReset}
	}
	unread := reset("close with unread data", AbortedUnread, unix.Close)
	unread.unread = true
	after := orderly("close after the peer", unix.Close)
	after.client, after.server, after.serverFirst = closedAfter, closedFirst, true
	// The kernel has renamed the process before it closes (fs/exec.c begin_new_exec).
	exec := orderly("exec closes it", func(fd int) error { unix.CloseOnExec(fd); return unix.Exec("/bin/true", []string{"true"}, nil) })
	exec.as = "true"
	return []act{
		orderly("io_uring closes it", func(fd int) error { return uringCloses(fd, false) }),
		orderly("a worker of io_uring closes it", func(fd int) error { return uringCloses(fd, true) }),
		orderly("close", unix.Close),
		orderly("shutdown, close", func(fd int) error { return errors.Join(unix.Shutdown(fd, unix.SHUT_WR), unix.Close(fd)) }),
		orderly("exit", func(int) error { return nil }),
		orderly("kill", func(int) error { return unix.Kill(os.Getpid(), unix.SIGKILL) }),
		orderly("dup2 over it", func(fd int) error { return unix.Dup3(0, fd, 0) }),
		exec,
		orderly("close in a thread of another name", func(fd int) error { return inThread(func() error { return unix.Close(fd) }) }),
		orderly("a child closes it last", func(fd int) error { return inChild(fd) }),
		orderly("a received descriptor", sentAndClosed),
		orderly("in flight, and both ends of the way closed", inFlight),
		orderly("linger with time", func(fd int) error { return errors.Join(linger(fd, 1), unix.Close(fd)) }),
		unread,
		reset("linger without time", AbortedLinger, func(fd int) error { return errors.Join(linger(fd, 0), unix.Close(fd)) }),
		reset("connect to no address", Aborted, disconnect),
		after,
	}
}

// inThread runs a function in a thread with another name.
func inThread(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() { // not on the first thread, from which the process has its name
			done <- inThread(do)
			return
		}
		renamed := os.WriteFile("/proc/thread-self/comm", []byte("other-thread"), 0)
		done <- errors.Join(renamed, do())
	}()
	return <-done
}

// inChild leaves the last descriptor to a process of the same name.
func inChild(fd int) error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{actVariable + "=exit"}
	cmd.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), "connection")}
	if err := cmd.Start(); err != nil {
		return err
	}
	return errors.Join(unix.Close(fd), cmd.Wait())
}

// pass sends a descriptor over one end of a pair, and closes it here.
func pass(fd int) (ends [2]int, err error) {
	ends, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return ends, err
	}
	return ends, errors.Join(unix.Sendmsg(ends[0], []byte{0}, unix.UnixRights(fd), nil, 0), unix.Close(fd))
}

// disconnect is connect(AF_UNSPEC) (connect(2)).
func disconnect(fd int) error {
	var none [16]byte
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&none)), uintptr(len(none)))
	if errno != 0 {
		return errno
	}
	return nil
}

func sentAndClosed(fd int) error {
	ends, err := pass(fd)
	if err != nil {
		return err
	}
	oob := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(ends[1], make([]byte, 1), oob, 0)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return err
	}
	return unix.Close(fds[0])
}

func inFlight(fd int) error {
	ends, err := pass(fd)
	return errors.Join(err, unix.Close(ends[0]), unix.Close(ends[1]))
}

// perform is the main function of the test program as an actor.
func perform(name string) error {
	if err := os.WriteFile("/proc/self/comm", []byte(actor), 0); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until no other process has it open
		return err
	}
	for _, a := range slices.Concat(acts(), ktlsActs(), []act{{name: acceptAct, do: acceptOne}}) {
		if a.name == name {
			return a.do(3)
		}
	}
	return fmt.Errorf("no act %q", name)
}

// TestOwners: a trace names who closes a connection, and how, for every way of
// closing.
func TestOwners(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			if strings.Contains(a.name, "io_uring") {
				r, err := newUring()
				if err != nil {
					t.Skipf("no io_uring here: %v", err)
				}
				_ = r.end()
			}
			tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true, KeepClosers: true})
			port, id := a.run(t, ns)
			compareEnds(t, tr, &a, port)
			by, known, err := tr.Closer(id)
			if want := a.client == closedFirst; err != nil || known != want || known && by.Process != a.process() {
				t.Errorf("closer %+v, %v, %v; want %v", by, known, err, want)
			}
		})
	}
}

// run makes a connection and passes its client's end to an actor.
func (a *act) run(t *testing.T, ns *testnet.NS) (port uint16, id uint64) {
	t.Helper()
	var client, server *net.TCPConn
	var err error
	ns.Do(func() {
		var l *net.TCPListener
		l, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err == nil {
			defer l.Close()
			port = l.Addr().(*net.TCPAddr).AddrPort().Port()
			client, server, err = pair(l)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if id, err = cookie(client); err != nil {
		t.Fatal(err)
	}
	if a.unread {
		_, err = server.Write([]byte("x"))
	}
	if a.serverFirst {
		err = server.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	testnet.Delivered(t)
	a.start(t, client)
	if !a.serverFirst {
		_, _ = server.Read(make([]byte, 1)) // the FIN, or the RST
		_ = server.Close()
	}
	return port, id
}

func (a *act) start(t *testing.T, client *net.TCPConn) {
	t.Helper()
	file, err := client.File()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{actVariable + "=" + a.name}
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stderr = os.Stderr
	ready, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	_ = client.Close() // the actor now has the only descriptor
	_ = ready.Close()
	if err := cmd.Wait(); err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
}

// compareEnds compares the counts and the records with what was done.
func compareEnds(t *testing.T, tr *Tracer, a *act, port uint16) {
	t.Helper()
	want := map[string]int{
		line(a.client, port, a.process()):     1,
		line(a.server, port, a.server.ours()): 1,
	}
	counted, recorded := map[string]int{}, map[string]int{}
	deadline := time.Now().Add(10 * time.Second)
	for len(recorded) < len(want) && time.Now().Before(deadline) {
		if err := tr.Records(func(r *Record) bool {
			at := r.Remote.Port()
			if r.Accepted {
				at = r.Local.Port()
			}
			recorded[line(deed{r.What, r.From, r.Errno}, at, r.Process)]++
			return true
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	totals, err := tr.Totals()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range totals.Owners {
		if o.What != Connects {
			counted[line(deed{o.What, o.From, o.Errno}, o.Port, o.Process)] += int(o.Count)
		}
	}
	for what, got := range map[string]map[string]int{"counted": counted, "recorded": recorded} {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
}

// process is the process that ends the client's end.
func (a *act) process() string {
	switch {
	case !a.client.what.Acts():
		return ""
	case a.as != "":
		return a.as
	default:
		return actor
	}
}

// ours is the process that ends the server's end: this one.
func (d deed) ours() string {
	if !d.what.Acts() {
		return ""
	}
	name, _ := ownName()
	return name
}

func line(d deed, port uint16, process string) string {
	return fmt.Sprintf("%d in %s errno %d at %d by %q", d.what, d.from, d.errno, port, process)
}

// TestNeverAccepted: the process that closes a listener resets the connections in its
// queue.
func TestNeverAccepted(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true})
	var port uint16
	ns.Do(func() {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Error(err)
			return
		}
		port = l.Addr().(*net.TCPAddr).AddrPort().Port()
		client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		_, _ = client.Read(make([]byte, 1)) // the RST
	})
	compareEnds(t, tr, &act{client: wasReset, server: deed{what: Unaccepted, from: tcp.Established}}, port)
}

// TestListenerGone: an accepted connection stays recorded as accepted when its
// listener is closed; a connection opened later from the listener's port is not
// recorded as accepted.
func TestListenerGone(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "20000 20003") // so that the same ports are used again at once
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true})
	ns.Do(func() {
		first, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20001})
		if err != nil {
			t.Error(err)
			return
		}
		client, server, err := pair(first)
		if err == nil {
			err = errors.Join(first.Close(), server.SetLinger(0), server.Close(), client.SetLinger(0), client.Close())
		}
		if err != nil {
			t.Error(err)
			return
		}
		second, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 30000})
		if err != nil {
			t.Error(err)
			return
		}
		defer second.Close()
		client, err = net.DialTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20001}, second.Addr().(*net.TCPAddr))
		if err == nil {
			err = errors.Join(client.SetLinger(0), client.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	totals, err := tr.Totals()
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string]uint64{}
	for _, o := range totals.Owners {
		if o.What == AbortedLinger {
			sides[fmt.Sprintf("%d accepted %v", o.Port, o.Accepted)] += o.Count
		}
	}
	if want := map[string]uint64{"20001 accepted true": 1, "30000 accepted false": 1}; fmt.Sprint(sides) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", sides, want)
	}
}
