// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// activate starts a process with a name as systemd starts a service: with a listener,
// and with environment variables that say the listener is for it.
func activate(t *testing.T, name string, listener int) (pid int) {
	t.Helper()
	twin, err := unix.FcntlInt(uintptr(listener), unix.F_DUPFD_CLOEXEC, 0)
	must(t, err)
	file := os.NewFile(uintptr(twin), "listener")
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec actor "+name)
	cmd.ExtraFiles = []*os.File{file}
	stdin, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	awaitName(t, cmd.Process.Pid, name)
	return cmd.Process.Pid
}

// sameOwner checks that all commands name the same owner of a listener.
func sameOwner(t *testing.T, ns *testnet.NS, port int, name string, pid, manager int) {
	t.Helper()
	if d := doorsOf(t, ns); len(d) != 1 || d[0].PID != pid {
		t.Errorf("queues: %+v, want %s[%d]", d, name, pid)
	}
	var rows struct{ Sockets []struct{ Process string } }
	answer(t, ns, &rows, "list", fmt.Sprintf("sport = :%d and state listen", port), "-c", "state,process,pid")
	if len(rows.Sockets) != 1 || rows.Sockets[0].Process != name {
		t.Errorf("list: %+v, want %s", rows.Sockets, name)
	}
	f := doctorWhile(t, ns, func() {}, 5*time.Second).finding(t, "AQ01", "warning")
	if f.Process != name || f.PID != pid || f.Also != fmt.Sprintf("systemd[%d]", manager) {
		t.Errorf("doctor: %s[%d] besides %q, want %s[%d] besides systemd[%d]", f.Process, f.PID, f.Also, name, pid, manager)
	}
}

// TestServiceOfManager: a listener that a service manager made and keeps open belongs
// to the service, even if the service hangs before it has accepted anything.
func TestServiceOfManager(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 2222), 16)
	connectTo(t, ns, endpoint(1, 2222), 9)
	pid := activate(t, "sshd", listener)
	manager := adopt(t, "systemd", listener)
	sameOwner(t, ns, 2222, "sshd", pid, manager)
}

// TestServiceThatHangs: if two processes have a listener open and neither waits for
// connections, it belongs to the one that has accepted some.
func TestServiceThatHangs(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 2222), 16)
	connectTo(t, ns, endpoint(1, 2222), 3)
	servers := acceptOpen(t, listener, 3)
	connectTo(t, ns, endpoint(1, 2222), 9)
	manager, _ := share(t, "systemd", listener)
	pid := adopt(t, "sshd", append(servers, listener)...)
	sameOwner(t, ns, 2222, "sshd", pid, manager)
}

// TestMPTCP: subflows are distinguished from ordinary connections, and their owners
// are found.
func TestMPTCP(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	multipathPairs(t, ns, 3)
	pairs(t, ns, 2) // ordinary connections

	var census struct {
		Groups []struct {
			Key   struct{ MPTCP bool }
			Count int
		}
	}
	answer(t, ns, &census, "census", "state established", "--by", "mptcp")
	counts := map[bool]int{}
	for _, g := range census.Groups {
		counts[g.Key.MPTCP] = g.Count
	}
	if counts[true] != 6 || counts[false] != 4 {
		t.Errorf("census: %v", counts)
	}
	v := doctorOf(t, ns)
	f := v.finding(t, "MP01", "info")
	f.says(t, fmt.Sprintf("%s[%d] has 6 of them", own(t), os.Getpid()))
	if !strings.Contains(v.String(), "unread data of MPTCP connections is not judged; ss -M shows it") {
		t.Errorf("the limit is not told:\n%s", v)
	}
}

// multipathPairs opens MPTCP connections and sends something on each.
func multipathPairs(t *testing.T, ns *testnet.NS, n int) (clients, servers []int) {
	t.Helper()
	open := func() (fd int) {
		var err error
		ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP) })
		if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOPROTOOPT) {
			t.Skipf("no MPTCP here: %v", err)
		}
		must(t, err)
		return fd
	}
	listener := open()
	t.Cleanup(func() { _ = unix.Close(listener) })
	must(t, unix.Bind(listener, endpoint(1, 7000)))
	must(t, unix.Listen(listener, 64))
	for range n {
		client := open()
		must(t, unix.Connect(client, endpoint(1, 7000)))
		server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		must(t, err)
		_, err = unix.Write(client, []byte("hello"))
		must(t, err)
		clients, servers = append(clients, client), append(servers, server)
	}
	t.Cleanup(func() {
		for _, fd := range slices.Concat(clients, servers) {
			_ = unix.Close(fd)
		}
	})
	return clients, servers
}

// TestTrialMultipathLeak: a program does not close MPTCP connections that their peers
// have closed. Their subflows stay ESTABLISHED; doctor still counts the connections
// and names their owner. (mptcp_net-next 5)
func TestTrialMultipathLeak(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := multipathPairs(t, ns, 24)
	for i, fd := range clients[:20] {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
		_, err := unix.Read(servers[i], make([]byte, 5))
		must(t, err)
		if n, err := unix.Read(servers[i], make([]byte, 1)); n != 0 || err != nil { // end of the stream
			t.Fatalf("read: %d %v", n, err)
		}
	}
	v := doctorWhile(t, ns, func() {
		for i := range 4 { // some of these still send
			_, err := unix.Write(servers[i], []byte("more"))
			must(t, err)
		}
	}, 5*time.Second)
	f := v.finding(t, "MP02", "notice")
	f.about(t, fmt.Sprintf("%s[%d]", own(t), os.Getpid()), own(t), os.Getpid())
	f.says(t, "has not closed 16 MPTCP connections on :7000")
	f.proposes(t)
	v.never(t, "CW01", "UC01")
}
