// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestTrialMultipathFellBack: a program asks for MPTCP, the servers that it calls do
// not speak it, and it does not close what they have closed. The connections are plain
// ones: they are counted once, and nothing says that they stay ESTABLISHED.
func TestTrialMultipathFellBack(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 8086), 64)
	var clients []int
	for range 20 {
		var fd int
		var err error
		ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP) })
		if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOPROTOOPT) {
			t.Skipf("no MPTCP here: %v", err)
		}
		must(t, err)
		t.Cleanup(func() { _ = unix.Close(fd) })
		must(t, unix.Connect(fd, endpoint(1, 8086)))
		clients = append(clients, fd)
	}
	letGo(t, acceptOpen(t, listener, 20))
	allIn(t, ns, tcp.CloseWait, 20, every)
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "CW01", "notice")
	f.about(t, fmt.Sprintf("%s[%d]", own(t), os.Getpid()), own(t), os.Getpid())
	f.says(t, "has not closed 20 connections to 127.0.0.1:8086")
	v.silent(t, "MP01", "MP02")
	letGo(t, clients)
}

// TestTrialStoppedReader: a server was stopped by a signal in the middle of a read. The
// call in which it stands does not mean that it reads.
func TestTrialStoppedReader(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 12)
	pid := adopt(t, "memcached", servers...)
	must(t, unix.Kill(pid, unix.SIGSTOP))
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGCONT) })
	for _, fd := range clients {
		_, err := unix.Write(fd, []byte("get k\r\n"))
		must(t, err)
	}
	testnet.Delivered(t)
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "ES04", "warning")
	f.says(t, "12 connections were not read for 5 s", "the process is stopped")
	if f.Process != "memcached" || f.PID != pid {
		t.Errorf("%s[%d] is named", f.Process, f.PID)
	}
	f.proposes(t)
	must(t, unix.Kill(pid, unix.SIGCONT))
	v = doctorWhile(t, ns, func() {}, 5*time.Second)
	v.finding(t, "ES04", "info")
}

// TestTrialAbortOnOverflow: a full accept queue with tcp_abort_on_overflow. Clients
// whose handshake is done get a reset, the others no answer.
func TestTrialAbortOnOverflow(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_abort_on_overflow", "1")
	fd := listenOn(t, ns, endpoint(1, 8080), 5)
	connectTo(t, ns, endpoint(1, 8080), 7)
	pid := adopt(t, "thin", fd)
	f := doctorOf(t, ns).finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:8080", "thin", pid)
	f.says(t, "new SYNs are dropped without an answer", "final ACKs are answered with a reset")
	f.proposes(t)
}

// TestTrialNobodyAcceptsYet: a service accepts nothing, and its queue, which is as long
// as somaxconn, has room. What limits it does not matter.
func TestTrialNobodyAcceptsYet(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	fd := listenOn(t, ns, endpoint(1, 7070), 4096)
	connectTo(t, ns, endpoint(1, 7070), 12)
	pid := adopt(t, "hooksvc", fd)
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "AQ01", "warning")
	f.about(t, "127.0.0.1:7070", "hooksvc", pid)
	f.says(t, "12 connections wait (limit 4,096), none left in 5 s")
	f.explains(t, "ES01")
	v.never(t, "AQ02")
	noPlan(t, ns)
}

// TestTrialStoppedAcceptor: a server was stopped by a signal while it waited for
// connections. Nothing blocks its accept loop: it has to be continued.
func TestTrialStoppedAcceptor(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	pid := adopt(t, "puma", listenOn(t, ns, endpoint(1, 9292), 4))
	connectTo(t, ns, endpoint(1, 9292), 5)
	must(t, unix.Kill(pid, unix.SIGSTOP))
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGCONT) })
	await(t, "it is stopped", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		must(t, err)
		return strings.Contains(string(stat), ") T ")
	})
	var once string
	ns.Do(func() { once, _, _ = run(nil, "doctor") })
	if !strings.Contains(once, "now: the process is stopped") || strings.Contains(once, "somaxconn only where") {
		t.Errorf("one reading:\n%s", once)
	}
	if !strings.Contains(once, "would only fill again") {
		t.Errorf("one reading:\n%s", once)
	}
	sameWords(t, "advice of queues", []string{"continue-process"}, doorsOf(t, ns)[0].Advice)
	f := doctorWhile(t, ns, func() {}, 5*time.Second).finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:9292", "puma", pid)
	f.says(t, "the process is stopped", "until it is continued (kill -CONT)")
	f.proposes(t)
	must(t, unix.Kill(pid, unix.SIGCONT))
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	v.finding(t, "AQ01", "critical")
	v.unspoken(t, "the process is stopped")
}

// TestTrialThreadElsewhere: one thread of a program has entered a network namespace in
// which nobody else lives, and no file names it. The listener that nobody serves there
// is found, with its namespace and its owner.
func TestTrialThreadElsewhere(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listenOn(t, ns, endpoint(1, 6000), 4)
	connectTo(t, ns, endpoint(1, 6000), 5)
	entered, leave, left := make(chan int), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		ns.Do(func() { entered <- unix.Gettid(); <-leave })
	}()
	task := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), <-entered)
	t.Cleanup(func() { close(leave); <-left })
	ns.Release() // from now on only the thread is there
	for _, scope := range []string{task, "all"} {
		v := doctorHere(t, "--netns", scope)
		at := slices.IndexFunc(v.Findings, func(f found) bool { return f.NetnsInode == ns.Inode() && f.Code == "AQ01" })
		if at < 0 {
			t.Fatalf("--netns %s finds nothing of it:\n%s", scope, v)
		}
		f := v.Findings[at]
		f.about(t, "127.0.0.1:6000", own(t), os.Getpid())
		f.says(t, "is full: 5 waiting, limit 4")
	}
}
