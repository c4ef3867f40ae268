// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// What pages say that this kernel does, and what is often said otherwise, is
// tried here in a namespace of its own.

// tcpRTOMax is TCP_RTO_MAX_MS, which Linux 6.15 brought.
const tcpRTOMax = 44

// TestNoProbesResetsTheLiving: tcp_keepalive_probes 0 sends no probe at all.
func TestNoProbesResetsTheLiving(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_keepalive_probes", "0")
	ns.Do(func() {
		client, _, _ := pair(t)
		before := counters(t, "TcpExt")["TCPKeepAlive"]
		set(t, client, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 1)
		set(t, client, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		if err := readError(t, client, 5*time.Second); !errors.Is(err, unix.ETIMEDOUT) {
			t.Errorf("after the idle time read says %v", err)
		}
		if sent := counters(t, "TcpExt")["TCPKeepAlive"] - before; sent != 0 {
			t.Errorf("%d probes were sent", sent)
		}
	})
}

// TestAcceptedTakeTheListenersRTOMax: a server that was there before goes on.
func TestAcceptedTakeTheListenersRTOMax(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		if _, err := os.Stat(sysctlFile("net.ipv4.tcp_rto_max_ms")); err != nil {
			t.Skip("Linux before 6.15 has no tcp_rto_max_ms")
		}
		listener, at := openListener(t, 8)
		ns.SetSysctl("net.ipv4.tcp_rto_max_ms", "5000")
		client, server := dial(t, listener, at)
		if got := get(t, client, unix.IPPROTO_TCP, tcpRTOMax); got != 5000 {
			t.Errorf("a socket made later has %d", got)
		}
		if got := get(t, server, unix.IPPROTO_TCP, tcpRTOMax); got != 120000 {
			t.Errorf("what an older listener accepts has %d", got)
		}
	})
}

// TestAcceptedTakeTheListenersBuffer does so for the second number of tcp_rmem.
func TestAcceptedTakeTheListenersBuffer(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener, at := openListener(t, 8)
		old := get(t, listener, unix.SOL_SOCKET, unix.SO_RCVBUF)
		ns.SetSysctl("net.ipv4.tcp_rmem", "4096 65536 6291456")
		client, server := dial(t, listener, at)
		if got := get(t, client, unix.SOL_SOCKET, unix.SO_RCVBUF); got != 65536 {
			t.Errorf("a socket made later has %d", got)
		}
		if got := get(t, server, unix.SOL_SOCKET, unix.SO_RCVBUF); got == 65536 || got != old {
			t.Errorf("what an older listener accepts has %d, the listener %d", got, old)
		}
	})
}

// TestLingerZeroInFinWait2 still resets: it is too late in TIME_WAIT only.
func TestLingerZeroInFinWait2(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		client, server, local := pair(t)
		before := counters(t, "TcpExt")["TCPAbortOnData"]
		must(t, unix.Shutdown(client, unix.SHUT_WR))
		await(t, local, "05")
		must(t, unix.SetsockoptLinger(client, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
		must(t, unix.Close(client))
		testnet.Delivered(t)
		if got := counters(t, "TcpExt")["TCPAbortOnData"] - before; got != 1 {
			t.Errorf("TCPAbortOnData grew by %d", got)
		}
		// The peer is in CLOSE_WAIT, where a RST is EPIPE.
		if got := get(t, server, unix.SOL_SOCKET, unix.SO_ERROR); got != int(unix.EPIPE) {
			t.Errorf("the peer has error %d", got)
		}
	})
}

// TestDataForAClosedFinWait2 is answered by a RST that only OutRsts counts.
func TestDataForAClosedFinWait2(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		client, server, local := pair(t)
		must(t, unix.Close(client))
		await(t, local, "05")
		aborts, resets := counters(t, "TcpExt")["TCPAbortOnData"], counters(t, "Tcp")["OutRsts"]
		if _, err := unix.Write(server, []byte("late")); err != nil {
			t.Fatal(err)
		}
		testnet.Delivered(t)
		if got := counters(t, "Tcp")["OutRsts"] - resets; got != 1 {
			t.Errorf("OutRsts grew by %d", got)
		}
		if got := counters(t, "TcpExt")["TCPAbortOnData"] - aborts; got != 0 {
			t.Errorf("TCPAbortOnData grew by %d", got)
		}
	})
}

// TestDataSentAndDelivered: what is sent is counted once, and again when it is
// acknowledged.
func TestDataSentAndDelivered(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		client, server, _ := pair(t)
		before := counters(t, "TcpExt")
		for range 3 {
			if _, err := unix.Write(client, []byte("data")); err != nil {
				t.Fatal(err)
			}
			if _, err := unix.Read(server, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 { // an acknowledgement may be put off
			now := counters(t, "TcpExt")
			if now["TCPDelivered"]-before["TCPDelivered"] == 3 && now["TCPOrigDataSent"]-before["TCPOrigDataSent"] == 3 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		now := counters(t, "TcpExt")
		t.Errorf("sent %d, delivered %d", now["TCPOrigDataSent"]-before["TCPOrigDataSent"], now["TCPDelivered"]-before["TCPDelivered"])
	})
}

// TestShutdownEndsListening: LISTEN is left by shutdown() too.
func TestShutdownEndsListening(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for _, how := range []int{unix.SHUT_RD, unix.SHUT_RDWR} {
			listener, at := openListener(t, 8)
			must(t, unix.Shutdown(listener, how))
			if err := unix.Connect(openSocket(t), at); !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("shutdown(%d): connect says %v", how, err)
			}
		}
	})
}

// TestLinger2Above60 keeps a closed FIN_WAIT2 as a full socket for what is above
// 60 s (timer 2 in /proc/net/tcp), where a shorter one is a minisocket (timer 3).
func TestLinger2Above60(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for seconds, timer := range map[int]string{90: "02:", 50: "03:"} {
			client, _, local := pair(t)
			set(t, client, unix.IPPROTO_TCP, unix.TCP_LINGER2, seconds)
			must(t, unix.Close(client))
			await(t, local, "05")
			if line := lineOf(t, local, "05"); !strings.Contains(line, " "+timer) {
				t.Errorf("TCP_LINGER2 %d: %s", seconds, line)
			}
		}
	})
}

// TestConnectThatTimesOut ends with EINPROGRESS, and its socket stays.
func TestConnectThatTimesOut(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		_, at := openListener(t, 0)
		must(t, unix.Connect(openSocket(t), at)) // fills the queue, so that further SYNs are dropped
		testnet.Delivered(t)
		late := openSocket(t)
		must(t, unix.SetsockoptTimeval(late, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Usec: 200_000}))
		if err := unix.Connect(late, at); !errors.Is(err, unix.EINPROGRESS) {
			t.Errorf("connect says %v", err)
		}
		local, err := unix.Getsockname(late)
		must(t, err)
		if lineOf(t, portOf(local), "02") == "" {
			t.Error("the socket is not in SYN_SENT")
		}
	})
}

// TestBindBesideABoundPort: both with SO_REUSEADDR share it, and connect.
func TestBindBesideABoundPort(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		_, at := openListener(t, 8)
		holder, other := openSocket(t), openSocket(t)
		set(t, holder, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		set(t, other, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		must(t, unix.Bind(holder, loopback(0)))
		bound, err := unix.Getsockname(holder)
		must(t, err)
		must(t, unix.Bind(other, loopback(portOf(bound))))
		must(t, unix.Connect(other, at))
	})
}

func loopback(port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openSocket makes a socket that is closed at the end; that it is by then is no error.
func openSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	held := os.NewFile(uintptr(fd), "socket")
	t.Cleanup(func() { held.Close() })
	return fd
}

func openListener(t *testing.T, backlog int) (fd int, at unix.Sockaddr) {
	t.Helper()
	fd = openSocket(t)
	must(t, unix.Bind(fd, loopback(0)))
	must(t, unix.Listen(fd, backlog))
	at, err := unix.Getsockname(fd)
	must(t, err)
	return fd, at
}

func dial(t *testing.T, listener int, at unix.Sockaddr) (client, server int) {
	t.Helper()
	client = openSocket(t)
	must(t, unix.Connect(client, at))
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	must(t, err)
	held := os.NewFile(uintptr(server), "socket")
	t.Cleanup(func() { held.Close() })
	return client, server
}

// pair makes a connection; local is the port of the client.
func pair(t *testing.T) (client, server, local int) {
	t.Helper()
	listener, at := openListener(t, 8)
	client, server = dial(t, listener, at)
	name, err := unix.Getsockname(client)
	must(t, err)
	return client, server, portOf(name)
}

func portOf(sa unix.Sockaddr) int {
	if sa, ok := sa.(*unix.SockaddrInet4); ok {
		return sa.Port
	}
	return 0
}

func set(t *testing.T, fd, level, option, value int) {
	t.Helper()
	must(t, unix.SetsockoptInt(fd, level, option, value))
}

func get(t *testing.T, fd, level, option int) int {
	t.Helper()
	value, err := unix.GetsockoptInt(fd, level, option)
	must(t, err)
	return value
}

// readError waits until reading fails.
func readError(t *testing.T, fd int, patience time.Duration) error {
	t.Helper()
	timeout := unix.NsecToTimeval(patience.Nanoseconds())
	must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout))
	_, err := unix.Read(fd, make([]byte, 1))
	return err
}

// counters reads one group of /proc/net/snmp or netstat, of this thread.
func counters(t *testing.T, group string) map[string]int {
	t.Helper()
	file := "/proc/thread-self/net/netstat"
	if group == "Tcp" {
		file = "/proc/thread-self/net/snmp"
	}
	data, err := os.ReadFile(file)
	must(t, err)
	var names []string
	numbers := map[string]int{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		switch {
		case fields[0] != group+":":
		case names == nil:
			names = fields
		default:
			for i, field := range fields[1:] {
				numbers[names[i+1]], _ = strconv.Atoi(field) // MaxConn is -1
			}
		}
	}
	return numbers
}

// await waits for a state: the acknowledgement of a FIN may be put off.
func await(t *testing.T, port int, state string) {
	t.Helper()
	for range 300 {
		if lineOf(t, port, state) != "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("port %d does not come to state %s", port, state)
}

// lineOf is the line of /proc/net/tcp with that local port and state.
func lineOf(t *testing.T, port int, state string) string {
	t.Helper()
	data, err := os.ReadFile("/proc/thread-self/net/tcp")
	must(t, err)
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) && fields[3] == state {
			return line
		}
	}
	return ""
}
