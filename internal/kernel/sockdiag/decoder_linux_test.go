// SPDX-License-Identifier: Apache-2.0

package sockdiag_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// everything requests all attributes that a dump can have.
func everything() sockdiag.Request {
	return sockdiag.Request{
		States: tcp.AllStates,
		Fields: socket.FieldsOf(socket.FieldRTT, socket.FieldCongestion, socket.FieldDrops),
	}
}

// dump returns the rows of a dump from the calling thread's namespace, with
// what they point to.
func dump(t *testing.T, q sockdiag.Request) []socket.Socket {
	t.Helper()
	rows, err := tryDump(q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func tryDump(q sockdiag.Request) (rows []socket.Socket, err error) {
	conn, err := sockdiag.OpenWithMarks()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var d sockdiag.Decoder
	err = conn.Dump(context.Background(), q, func(m sockdiag.Message) bool {
		var s socket.Socket
		d.Decode(m, &s)
		if s.Info != nil {
			info := *s.Info
			s.Info = &info
		}
		if s.Mem != nil {
			mem := *s.Mem
			s.Mem = &mem
		}
		rows = append(rows, s)
		return true
	})
	return rows, err
}

// byInode returns the row of a file descriptor.
func byInode(t *testing.T, rows []socket.Socket, fd int) *socket.Socket {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if uint64(rows[i].Inode) == st.Ino {
			return &rows[i]
		}
	}
	t.Fatalf("no row of inode %d", st.Ino)
	return nil
}

func tcpSocket(t *testing.T, family int) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal("socket: ", err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func must(t *testing.T, op string, err error) {
	t.Helper()
	if err != nil && err != unix.EINPROGRESS {
		t.Fatal(op, ": ", err)
	}
}

var loopback = netip.MustParseAddrPort("127.0.0.1:8001")

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func listen(t *testing.T, backlog int) int {
	t.Helper()
	fd := tcpSocket(t, unix.AF_INET)
	must(t, "bind", unix.Bind(fd, sockaddr(loopback)))
	must(t, "listen", unix.Listen(fd, backlog))
	return fd
}

// TestAttributesAreWhatTheKernelTellsOtherwise sets what can be set, and compares the
// other attributes with getsockopt and the counters of the namespace.
func TestAttributesAreWhatTheKernelTellsOtherwise(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener := listen(t, 1)
		client := tcpSocket(t, unix.AF_INET)
		must(t, "SO_MARK", unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_MARK, 0x1234))
		must(t, "TCP_CONGESTION", unix.SetsockoptString(client, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno"))
		must(t, "connect", unix.Connect(client, sockaddr(loopback)))
		must(t, "shutdown", unix.Shutdown(client, unix.SHUT_WR))
		v6 := tcpSocket(t, unix.AF_INET6)
		must(t, "IPV6_V6ONLY", unix.SetsockoptInt(v6, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
		must(t, "bind", unix.Bind(v6, &unix.SockaddrInet6{Port: 8002}))
		must(t, "listen", unix.Listen(v6, 1))

		rows := dump(t, everything())
		c := byInode(t, rows, client)
		for limit := time.Now().Add(5 * time.Second); c.State != tcp.FinWait2 && time.Now().Before(limit); {
			// The acknowledgement of the FIN is delayed; until then tcp_info can
			// change.
			time.Sleep(5 * time.Millisecond)
			rows = dump(t, everything())
			c = byInode(t, rows, client)
		}
		if c.State != tcp.FinWait2 || c.Kind != socket.Full || c.Shutdown != socket.ShutWrite || c.Mark != 0x1234 || c.Congestion != "reno" {
			t.Errorf("client: %+v", c)
		}
		wantInfo, err := unix.GetsockoptTCPInfo(client, unix.IPPROTO_TCP, unix.TCP_INFO)
		must(t, "TCP_INFO", err)
		if i := c.Info; i.SendMSS != wantInfo.Snd_mss || i.RTT != time.Duration(wantInfo.Rtt)*time.Microsecond ||
			i.SendCwnd != wantInfo.Snd_cwnd || i.SegsOut != wantInfo.Segs_out || i.PMTU != wantInfo.Pmtu || i.SendWindow != wantInfo.Snd_wnd || i.RTO != time.Duration(wantInfo.Rto)*time.Microsecond {
			t.Errorf("tcp_info: got %+v, want %+v", i, wantInfo)
		}
		rcvbuf, err := unix.GetsockoptInt(client, unix.SOL_SOCKET, unix.SO_RCVBUF)
		must(t, "SO_RCVBUF", err)
		if c.Mem.ReceiveLimit != uint32(rcvbuf) {
			t.Errorf("rcvbuf %d, want %d", c.Mem.ReceiveLimit, rcvbuf)
		}
		if want := ownCgroup(t); want != 0 && c.CgroupID != want {
			t.Errorf("cgroup %d, want %d", c.CgroupID, want)
		}
		if six := byInode(t, rows, v6); !six.V6Only || !six.Known.Has(socket.FieldV6Only) {
			t.Errorf("IPv6 listener: %+v", six)
		}
		overflow(t)
		// The kernel counts a drop at the socket first (include/net/tcp.h
		// tcp_listendrop), and SYNs are sent again, so the two counters may agree only
		// after a while.
		var drops, want uint64
		for limit := time.Now().Add(30 * time.Second); want == 0 || drops != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Errorf("drops of the listener: %d, the namespace counts %d", drops, want)
				break
			}
			drops, want = uint64(byInode(t, dump(t, everything()), listener).Mem.Drops), netstat(t, "ListenDrops")
		}
	})
}

// overflow connects until an accept queue of one place is more than full.
func overflow(t *testing.T) {
	t.Helper()
	for range 6 {
		must(t, "connect", unix.Connect(tcpSocket(t, unix.AF_INET), sockaddr(loopback)))
	}
}

// netstat returns a counter of TcpExt of the calling thread's namespace.
func netstat(t *testing.T, name string) uint64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/thread-self/net/netstat")
	must(t, "netstat", err)
	lines := bytes.SplitN(raw, []byte("\n"), 3)
	names, values := strings.Fields(string(lines[0])), strings.Fields(string(lines[1]))
	for i := range names {
		if names[i] == name {
			n, err := strconv.ParseUint(values[i], 10, 64)
			must(t, name, err)
			return n
		}
	}
	t.Fatalf("no counter %s", name)
	return 0
}

// ownCgroup returns the inode of this process's cgroup v2 directory, or 0 if there is
// no cgroup v2.
func ownCgroup(t *testing.T) uint64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/cgroup")
	must(t, "cgroup", err)
	for line := range strings.Lines(string(raw)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
			var fs unix.Statfs_t
			if unix.Statfs(mount, &fs) != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
				continue
			}
			var st unix.Stat_t
			if unix.Stat(mount+path, &st) == nil {
				return st.Ino
			}
		}
	}
	t.Log("no cgroup v2 here: cgroup ids are not compared")
	return 0
}

// TestMarkIsUnknownWithoutCapability: without the capability the kernel omits the
// mark, which must not be taken for mark 0.
func TestMarkIsUnknownWithoutCapability(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listen(t, 1)
		dropCapabilities(t)
		rows := dump(t, everything())
		if len(rows) != 1 || rows[0].Known.Has(socket.FieldMark) {
			t.Errorf("%+v", rows)
		}
	})
}

// dropCapabilities drops all effective capabilities of the calling thread, which ends
// with [testnet.NS.Do].
func dropCapabilities(t *testing.T) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	must(t, "capset", unix.Capset(&header, &data[0]))
}

// TestFullSocketsInSynRecv makes the two kinds of full sockets that can be in
// SYN_RECV, normally the state of a request: one after a simultaneous open, and the
// child that TCP Fast Open makes before the handshake ends.
func TestFullSocketsInSynRecv(t *testing.T) {
	testnet.Require(t, testnet.Root)
	lab, err := testbed.Open(testbed.Options{})
	if err != nil {
		testnet.Skip(t, testnet.Netns, err.Error())
	}
	defer lab.Close()
	tests := []struct {
		name string
		make func(*testbed.Testbed) error
		kind socket.Kind
	}{
		{"request", request(nil), socket.Request},
		{"fast open", request([]byte("GET /")), socket.Full},
		{"simultaneous open", simultaneous, socket.Full},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := lab.Run(socket.IPv4, func(b *testbed.Testbed) error {
				if err := tt.make(b); err != nil {
					return err
				}
				rows, err := tryDump(sockdiag.Request{States: tcp.SetOf(tcp.SynRecv)})
				if len(rows) != 1 || rows[0].Kind != tt.kind || rows[0].State != tcp.SynRecv {
					t.Errorf("%+v, want one %v", rows, tt.kind)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// request sends a SYN to a listener; with data, and a listener that takes Fast
// Open without a cookie (net.ipv4.tcp_fastopen bit 0x200), that is a full socket.
func request(data []byte) func(*testbed.Testbed) error {
	return func(b *testbed.Testbed) error {
		if err := b.SetSysctl("tcp_fastopen", strconv.Itoa(0x2|0x200|0x400)); err != nil {
			return err
		}
		if err := b.Kernel().Listen("l", 8, testbed.BindOptions{Port: testbed.DefaultPort}); err != nil {
			return err
		}
		return b.Send("f", testbed.Send{Flags: segment.SYN, Data: data})
	}
}

// simultaneous answers the kernel's SYN with a SYN.
func simultaneous(b *testbed.Testbed) error {
	if err := b.Kernel().Connect("f", testbed.ConnectOptions{}); err != nil {
		return err
	}
	if err := b.Expect("f", testbed.Expect{Flags: segment.SYN}); err != nil {
		return err
	}
	return b.Send("f", testbed.Send{Flags: segment.SYN})
}
