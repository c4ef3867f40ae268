// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// The tests below reproduce incidents that people reported in public, each on its own
// machine. They check what doctor finds, about whom, what it advises, and what it must
// not say.

// noPlan checks that a plan made from the findings changes nothing.
func noPlan(t *testing.T, ns *testnet.NS) {
	t.Helper()
	var p aPlan
	answer(t, ns, &p, "tune", "plan", "--from-doctor")
	if len(p.Answers) != 0 || !strings.Contains(p.Plan, "No finding here asks for a change.") {
		t.Errorf("a plan of %v:\n%s", p.Answers, p.Plan)
	}
}

// own is the name of this process, which has every socket open that was not passed to
// another process.
func own(t *testing.T) string {
	t.Helper()
	comm, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	return strings.TrimSpace(string(comm))
}

// allIn waits until n sockets are in a state and meet a condition.
func allIn(t *testing.T, ns *testnet.NS, state tcp.State, n int, so func(*socket.Socket) bool) {
	t.Helper()
	await(t, fmt.Sprintf("%d are in %v", n, state), func() bool {
		rows, all := rowsOf(t, ns, state), 0
		for i := range rows {
			if so(&rows[i]) {
				all++
			}
		}
		return all >= n
	})
}

func every(*socket.Socket) bool { return true }

// TestTrialCloseWaitTakesPorts: a proxy does not close what its backend has closed,
// until it has no local port left. More ports are not the remedy. (haproxy 579)
func TestTrialCloseWaitTakesPorts(t *testing.T) {
	l := newPortLab(t, nil)
	if n := l.exhaust(8080, plainConnect); n != 20 {
		t.Fatalf("%d ports", n)
	}
	acceptAndClose(t, l.servers[8080], 20)
	allIn(t, l.ns, tcp.CloseWait, 20, every)
	var fds []int
	for fd := range l.clients {
		fds = append(fds, fd)
	}
	pid := adopt(t, "haproxy", fds...)

	f := doctorWhile(t, l.ns, func() {}, 5*time.Second).finding(t, "CW01", "critical")
	f.about(t, fmt.Sprintf("haproxy[%d]", pid), "haproxy", pid)
	f.says(t, "has not closed 20 connections to 127.0.0.1:8080")
	f.proposes(t)
	f.explains(t, "TW03")
	for _, e := range f.Explains {
		if len(e.Finding.Changes) > 0 {
			t.Errorf("%s proposes %v", e.Finding.Code, e.Finding.Changes)
		}
	}
	for range 5 { // for each request
		got := routeTo(t, l.ns, 8080)
		if got.Severity != "critical" || got.Free != 0 || !slices.Equal(got.Advice, []string{"close-connections"}) {
			t.Errorf("ports: %+v", got)
		}
	}
	noPlan(t, l.ns)
}

// TestTrialFarEndTakesPorts: the same, but the callers have closed and the server on
// this host does not. Neither the callers nor more ports can help.
func TestTrialFarEndTakesPorts(t *testing.T) {
	l := newPortLab(t, nil)
	if n := l.exhaust(8080, plainConnect); n != 20 {
		t.Fatalf("%d ports", n)
	}
	for fd := range l.clients {
		letGo(t, []int{fd})
	}
	allIn(t, l.ns, tcp.FinWait2, 20, every)
	closeFar := func(when string) {
		t.Helper()
		if got := routeTo(t, l.ns, 8080); got.Severity != "critical" || !slices.Equal(got.Advice, []string{"close-far-end"}) {
			t.Errorf("%s: %+v", when, got)
		}
	}
	closeFar("nobody has accepted them")
	fds := acceptOpen(t, l.servers[8080], 20)
	closeFar("the server keeps them")
	letGo(t, fds[:15])
	await(t, "what was closed is in TIME_WAIT", func() bool { return len(rowsOf(t, l.ns, tcp.TimeWait)) == 15 })
	if got := routeTo(t, l.ns, 8080); slices.Contains(got.Advice, "close-far-end") {
		t.Errorf("the server has closed most: %+v", got)
	}
	letGo(t, fds[15:])
}

// silence writes to connections whose peer is gone, until the kernel has sent the data
// again five times.
func (p *peer) silence(fds []int) {
	p.t.Helper()
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 100))
		must(p.t, err)
	}
	allIn(p.t, p.ns, tcp.Established, len(fds), func(s *socket.Socket) bool { return s.Retrans >= 5 })
}

// TestTrialBlackHole: the host of a server disappears without a packet. One peer is
// named, no time is invented, and no client is blamed. (redis-py 722)
func TestTrialBlackHole(t *testing.T) {
	t.Parallel()
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 6379)}
	var fds []int
	for range 12 {
		fd, err := p.dial()
		must(t, err)
		fds = append(fds, fd)
	}
	p.silence(fds)
	v := doctorWhile(t, p.ns, func() {}, 5*time.Second)
	f := v.finding(t, "ES03", "warning")
	f.says(t, "12 of 12 ESTABLISHED get no acknowledgement", "1,200 bytes wait", "all of them are connected to "+p.at.Addr().String()+": it is gone, or the way to it is")
	if f.Process != own(t) || f.PID != os.Getpid() {
		t.Errorf("%s[%d] has them", f.Process, f.PID)
	}
	f.proposes(t)
	v.never(t, "ES05", "ES06", "RT01")

	letGo(t, fds)
	allIn(t, p.ns, tcp.FinWait1, 12, func(s *socket.Socket) bool { return s.Retrans >= 2 })
	v = doctorWhile(t, p.ns, func() {}, 5*time.Second)
	f = v.finding(t, "FW04", "warning")
	f.says(t, "12 FIN_WAIT1 wait for the answer to their FIN: their peers are slow to answer, or gone")
	if strings.Contains(v.String(), " s on average") || strings.Contains(v.String(), "client") {
		t.Errorf("a time, or clients, of connections that went out:\n%s", v)
	}
	v.never(t, "FW05", "ES05")
}

// TestTrialZeroWindow: clients do not read, and the server has closed some of the
// connections. The others still belong to the server. (herdr 3612)
func TestTrialZeroWindow(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
	for i := range 40 {
		n.open(i, here(8080), 0)
	}
	fds := acceptOpen(t, listener, 40)
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 1000))
		must(t, err)
	}
	pid := adopt(t, "sse-server", fds[:20]...)
	letGo(t, fds[20:])
	v := doctorWhile(t, n.ns, func() {}, 5*time.Second)
	open := v.finding(t, "ES06", "warning")
	open.says(t, "20 open connections cannot send: their peers have no room", fmt.Sprintf("sse-server[%d] has 20 of them", pid))
	if open.Process != "sse-server" || open.PID != pid {
		t.Errorf("%s[%d] has them", open.Process, open.PID)
	}
	closed := v.finding(t, "FW05", "warning")
	closed.says(t, "20 closed connections cannot send: their peers read nothing")
	open.proposes(t)
	closed.proposes(t)
	v.never(t, "ES05", "ES03")
}

// finish reads and acknowledges the FIN of a connection here, and does nothing more.
func (p *peer) finish(fd int) {
	p.t.Helper()
	must(p.t, unix.Shutdown(fd, unix.SHUT_WR))
	p.reply(p.expect(segment.FIN), segment.ACK)
	await(p.t, "the FIN is acknowledged", func() bool { return stateOf(p.t, fd) == tcp.FinWait2 })
}

// TestTrialHalfClosed: a program shuts down its side and waits for peers that never
// close. tcp_fin_timeout does not matter. (node 3613)
func TestTrialHalfClosed(t *testing.T) {
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 80)}
	var fds []int
	for range 110 {
		fd, err := p.dial()
		must(t, err)
		p.finish(fd)
		fds = append(fds, fd)
	}
	pid := adopt(t, "node", fds...)
	v := doctorWhile(t, p.ns, func() {}, 5*time.Second)
	f := v.finding(t, "FW02", "warning")
	f.about(t, fmt.Sprintf("node[%d]", pid), "node", pid)
	f.says(t, "keeps 110 connections to "+p.at.String()+" open that it has shut down")
	f.proposes(t)
	v.never(t, "FW01", "CW01")
	noPlan(t, p.ns)
}

// TestTrialProxyBetween: the backend of a proxy does not close. On one side the
// proxy's peers have closed, on the other side it waits. Both findings name the proxy,
// and neither mentions tcp_fin_timeout. (moby 47537)
func TestTrialProxyBetween(t *testing.T) {
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 8080)}
	listener := listenOn(t, p.ns, sockaddr(here(8080)), 200)
	var fds []int
	for i := range 110 {
		p.openAndFinish(1000+i, here(8080))
	}
	fds = acceptOpen(t, listener, 110)
	allIn(t, p.ns, tcp.CloseWait, 110, every)
	for range 110 {
		fd, err := p.dial()
		must(t, err)
		p.finish(fd)
		fds = append(fds, fd)
	}
	pid := adopt(t, "docker-proxy", append(fds, listener)...)
	v := doctorWhile(t, p.ns, func() {}, 5*time.Second)
	for code, words := range map[string]string{
		"CW01": "has not closed 110 connections on :8080 that its peers closed",
		"FW02": "keeps 110 connections to " + p.at.String() + " open that it has shut down",
	} {
		f := v.finding(t, code, "warning")
		f.about(t, fmt.Sprintf("docker-proxy[%d]", pid), "docker-proxy", pid)
		f.says(t, words)
		f.proposes(t)
	}
	v.never(t, "FW01", "AQ01", "CW02")
	noPlan(t, p.ns)
}

// TestTrialChildInherits: a child that inherited all sockets of its parent outlives
// it. Every finding names the child, and the connections that wait at its listener are
// not counted as unclosed. (toit 3106)
func TestTrialChildInherits(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 8080), 64)
	connectTo(t, ns, endpoint(1, 8080), 5)
	waiting := acceptOpen(t, listener, 5)
	var clients []int
	for range 40 {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(1, 8080)))
		clients = append(clients, fd)
	}
	servers := acceptOpen(t, listener, 40)
	letGo(t, waiting)
	connectTo(t, ns, endpoint(1, 8080), 5) // nobody accepts these
	all := append(slices.Clone(servers), listener)
	child, _ := share(t, "sleep", all...)
	_, end := share(t, "zeek", all...)
	letGo(t, all)
	end()
	letGo(t, clients)
	allIn(t, ns, tcp.CloseWait, 40, every)

	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "CW01", "notice")
	f.about(t, fmt.Sprintf("sleep[%d]", child), "sleep", child)
	f.says(t, "has not closed 40 connections on :8080")
	f = v.finding(t, "AQ01", "warning")
	f.about(t, "127.0.0.1:8080", "sleep", child)
	f.says(t, "5 connections wait")
	f.proposes(t)
	if d := doorsOf(t, ns)[0]; d.PID != child {
		t.Errorf("queues: %+v", d)
	}
	if strings.Contains(v.String(), "zeek") {
		t.Errorf("who is gone is named:\n%s", v)
	}
}

// TestTrialSocketsInFlight: sockets were sent to another process, which has not
// received them yet. They have no owner, and none is named. (pingora 959)
func TestTrialSocketsInFlight(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 20)
	way, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	for _, fd := range way {
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	must(t, unix.Sendmsg(way[0], []byte{1}, unix.UnixRights(servers...), nil, 0))
	letGo(t, servers)
	letGo(t, clients)
	allIn(t, ns, tcp.CloseWait, 20, every)
	f := doctorWhile(t, ns, func() {}, 5*time.Second).finding(t, "CW01", "notice")
	f.says(t, " has not closed 20 connections on :8080")
	if f.Process != "" || f.PID != 0 {
		t.Errorf("%s[%d] has them", f.Process, f.PID)
	}
	f.proposes(t)
}

// TestTrialRing: sockets in the file table of io_uring have no descriptor, but their
// owner is found. (liburing 1192)
func TestTrialRing(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 20)
	ring := newRing(t)
	var files []int32
	inode := inodeOf(t, servers[0])
	for _, fd := range servers {
		files = append(files, int32(fd))
	}
	const registerFiles = 2 // IORING_REGISTER_FILES of include/uapi/linux/io_uring.h
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(ring), registerFiles, uintptr(unsafe.Pointer(&files[0])), uintptr(len(files)), 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	letGo(t, servers)
	letGo(t, clients)
	if shown, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", ring)); err != nil || !strings.Contains(string(shown), fmt.Sprintf("socket:[%d]", inode)) {
		t.Skipf("this kernel does not show which socket a ring holds, as 6.1 and 6.12: %v", err)
	}
	allIn(t, ns, tcp.CloseWait, 20, every)
	f := doctorWhile(t, ns, func() {}, 5*time.Second).finding(t, "CW01", "notice")
	f.about(t, fmt.Sprintf("%s[%d]", own(t), os.Getpid()), own(t), os.Getpid())
	f.says(t, "has not closed 20 connections on :8080")
}

// newRing opens a ring of io_uring.
func newRing(t *testing.T) int {
	t.Helper()
	var params [120]byte // struct io_uring_params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errors.Is(errno, unix.ENOSYS) || errors.Is(errno, unix.EPERM) {
		t.Skipf("io_uring is switched off here (kernel.io_uring_disabled, or not built): %v", errno)
	}
	if errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { _ = unix.Close(int(fd)) })
	return int(fd)
}

// TestTrialRestart: a service without SO_REUSEADDR cannot restart as long as its
// connections are in TIME_WAIT. (FRR 3724)
func TestTrialRestart(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listener := newSocket(t, ns)
	must(t, unix.Bind(listener, endpoint(1, 8080)))
	must(t, unix.Listen(listener, 64))
	var clients []int
	for range 15 {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(1, 8080)))
		clients = append(clients, fd)
	}
	servers := acceptOpen(t, listener, 15)
	for _, fd := range servers {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	allIn(t, ns, tcp.FinWait2, 15, every)
	for _, fd := range clients {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	allIn(t, ns, tcp.TimeWait, 15, every)
	must(t, unix.Close(listener))
	again := openSocket(t, ns)
	if err := unix.Bind(again, endpoint(1, 8080)); !errors.Is(err, unix.EADDRINUSE) {
		t.Fatalf("bind: %v", err)
	}
	v := doctorWhile(t, ns, func() { time.Sleep(5 * time.Second) }, 5*time.Second) // nothing closes in all of it
	f := v.finding(t, "TW06", "notice")
	f.about(t, ":8080", "", 0)
	f.says(t, "nobody listens on :8080, which has 15 TIME_WAIT: bind() will fail with EADDRINUSE for up to 60 s without SO_REUSEADDR")
	f.proposes(t)
	v.never(t, "TW03", "TW04", "TW05")
	noPlan(t, ns)
}

// TestTrialUnconnected: a program that makes sockets and never connects them has
// descriptors that no list of connections shows. These are counted, without sockets
// that are connected, listening or bound, and their owner is named. (LittleProxy 341)
func TestTrialUnconnected(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 30)
	var idle []int
	for range 130 {
		idle = append(idle, openSocket(t, ns))
	}
	bound := openSocket(t, ns)
	must(t, unix.Bind(bound, endpoint(1, 0)))
	resident(t, ns, "innocent", servers...)
	all := slices.Concat(idle, clients, []int{bound})
	pid := resident(t, ns, "tomcat", all...)
	resident(t, ns, "child", all...) // a child has all descriptors of its parent
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 400, Max: 400}, nil))
	letGo(t, all)

	v := doctorHere(t, "--netns", ns.Path())
	f := v.finding(t, "UC01", "notice")
	f.about(t, fmt.Sprintf("tomcat[%d]", pid), "tomcat", pid)
	f.says(t, "has 130 TCP sockets open that are neither connected nor listening", "they are 32 % of the 400 descriptors that it may have")
	f.proposes(t)
	v.never(t, "FD01", "TW05", "CW01")
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 170, Max: 170}, nil))
	f = doctorHere(t, "--netns", ns.Path()).finding(t, "UC01", "notice")
	f.explains(t, "FD01")
}

// resident starts a process with a name in the network namespace of its sockets; it
// has the sockets open too.
func resident(t *testing.T, ns *testnet.NS, name string, fds ...int) (pid int) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := ns.Command(self)
	pid, _ = shareWith(t, cmd.Cmd, cmd.Start, name, fds)
	return pid
}
