// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A multiplied is something that a user without rights can make in any number.
type multiplied struct {
	name string

	connections bool                            // the sockets are connections, in various states
	shape       func(i int, s *socket.Socket)   // sets the socket number i; nil sets nothing
	owner       func(i int) *socket.Owner       // owner of the socket number i; nil for none
	netns       func(i int) *snapshot.Namespace // begins a namespace before the socket; nil for one namespace
	gaps        func(i int) *problem.Gap        // gap number i; nil for none
}

func ofOne(pid uint32, name string) *socket.Owner {
	return &socket.Owner{Confidence: socket.OwnerKnown, Scanned: true, Process: &socket.Process{PID: pid, Name: name, Command: name}, Unit: name + ".service"}
}

// address is the i-th address of a network.
func address(network byte, i int) netip.Addr {
	return netip.AddrFrom4([4]byte{network, byte(i >> 16), byte(i >> 8), byte(i)})
}

func port(i int) uint16 { return uint16(1024 + i%60000) }

func listens(local netip.AddrPort, waiting uint32) func(int, *socket.Socket) {
	return func(_ int, s *socket.Socket) {
		s.State, s.Local, s.Remote, s.RecvQ, s.SendQ = tcp.Listen, local, netip.AddrPort{}, waiting, 128
	}
}

func connects(state tcp.State, local, remote func(i int) netip.AddrPort) func(int, *socket.Socket) {
	return func(i int, s *socket.Socket) {
		s.State, s.Local, s.Remote, s.RecvQ, s.SendQ = state, local(i), remote(i), 99999, 99999
		s.Retrans, s.Timer, s.Expires = 5, socket.TimerOn, time.Second
	}
}

// The addresses of sockets: all the same, one port each, or all different.
func atOne(network byte) func(int) netip.AddrPort {
	return func(int) netip.AddrPort { return netip.AddrPortFrom(address(network, 1), 443) }
}

func atPorts(network byte) func(int) netip.AddrPort {
	return func(i int) netip.AddrPort { return netip.AddrPortFrom(address(network, 1), port(i)) }
}

func everywhere(network byte) func(int) netip.AddrPort {
	return func(i int) netip.AddrPort { return netip.AddrPortFrom(address(network, i), port(i)) }
}

func multipliedThings() []multiplied {
	each := func(i int) *socket.Owner { return ofOne(uint32(i+1), fmt.Sprint("p", i)) }
	same := func(int) *socket.Owner { return ofOne(7, "p") }
	all := []multiplied{
		{name: "listeners of one port, full", shape: listens(netip.MustParseAddrPort("0.0.0.0:443"), 129), owner: same},
		{name: "listeners of one port, full, of many", shape: listens(netip.MustParseAddrPort("0.0.0.0:443"), 129), owner: each},
		{name: "listeners of one port, empty", shape: listens(netip.MustParseAddrPort("[::]:443"), 0), owner: same},
		{name: "listeners of many ports, full", owner: each, shape: func(i int, s *socket.Socket) {
			listens(everywhere(127)(i), 129)(i, s)
		}},
		{name: "listeners of many ports, empty", owner: same, shape: func(i int, s *socket.Socket) {
			listens(everywhere(127)(i), 0)(i, s)
		}},
		{name: "namespaces", owner: same, netns: func(i int) *snapshot.Namespace {
			if i%64 > 0 {
				return nil
			}
			return &snapshot.Namespace{Inode: uint64(i + 9), Name: fmt.Sprint("n", i), Files: map[string]string{
				"/proc/sys/net/core/somaxconn": "128\n", "/proc/sys/net/ipv4/tcp_max_tw_buckets": "2\n", "/proc/net/sockstat": "TCP: inuse 5 orphan 0 tw 99 alloc 9 mem 1\n",
			}}
		}, shape: func(i int, s *socket.Socket) { listens(netip.AddrPortFrom(address(127, 1), port(i)), 129)(i, s) }},
		{name: "gaps", gaps: func(i int) *problem.Gap {
			g := problem.Unread(fmt.Sprint("/proc/", i), problem.Denied, fmt.Sprint("no ", i))
			return &g
		}},
		{name: "names", owner: func(i int) *socket.Owner {
			o := ofOne(uint32(i+1), fmt.Sprint("p", i))
			o.Container, o.Pod = fmt.Sprint("c", i), fmt.Sprint("pod", i)
			return o
		}, shape: func(i int, s *socket.Socket) {
			connects(tcp.CloseWait, everywhere(10), everywhere(100))(i, s)
			s.User, s.Device, s.Congestion = fmt.Sprint("u", i), fmt.Sprint("d", i), fmt.Sprint("c", i)
			s.Cgroup = &socket.Cgroup{ID: uint64(i + 1), Path: fmt.Sprint("/c", i), Unit: fmt.Sprint(i, ".service")}
		}},
	}
	for i, state := range []tcp.State{
		tcp.SynSent, tcp.Established, tcp.SynRecv, tcp.TimeWait, tcp.CloseWait, tcp.LastAck, tcp.FinWait1, tcp.FinWait2, tcp.Closing, // equal states are adjacent
	} {
		all = append(all, []multiplied{
			{connections: true, name: state.String() + " of one destination", shape: connects(state, atPorts(10), atOne(100)), owner: same},
			{connections: true, name: state.String() + " of many", shape: connects(state, everywhere(10), everywhere(100)), owner: each},
			{connections: true, name: state.String() + " at one port", shape: connects(state, atOne(10), everywhere(100)), owner: each},
		}[i%3])
	}
	return all
}

// save makes a snapshot with n of them.
func (m *multiplied) save(t testing.TB, n int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), strings.ReplaceAll(m.name, "/", "")+fmt.Sprint(n)+".snap")
	f, err := os.Create(file)
	must(t, err)
	files := map[string]string{
		"/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n", "/proc/sys/net/core/somaxconn": "128\n", "/proc/sys/net/ipv4/tcp_max_tw_buckets": "100\n",
		"/proc/sys/net/ipv4/tcp_syncookies": "0\n", "/proc/sys/net/ipv4/tcp_max_syn_backlog": "128\n", "/proc/sys/net/ipv4/tcp_tw_reuse": "0\n",
		"/proc/net/sockstat": "TCP: inuse 5 orphan 9 tw 99 alloc 9 mem 1\n",
	}
	w, err := snapshot.NewWriter(f, snapshot.Machine{
		Program: "x", Taken: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Host: "h", Boot: "b", Scope: "all", CPUs: 1, Ephemeral: [2]uint16{32768, 60999},
	}, nil)
	must(t, err)
	must(t, w.Namespace(snapshot.Namespace{Inode: 1, Name: "self", Files: files}))
	must(t, w.Add(m.row(0, listens(netip.MustParseAddrPort("0.0.0.0:443"), 1)), nil)) // a listener at which the connections came in
	tail := snapshot.Tail{Engine: "sock_diag", Exact: true}
	for i := range n {
		if m.netns != nil {
			if ns := m.netns(i); ns != nil {
				must(t, w.Namespace(*ns))
			}
		}
		if m.shape != nil {
			var o *socket.Owner
			if m.owner != nil {
				o = m.owner(i)
			}
			row := m.row(i, m.shape)
			row.Owner = o
			must(t, w.Add(row, o))
		}
		if m.gaps != nil {
			tail.Gaps = append(tail.Gaps, snapshot.Gap{Gap: *m.gaps(i)})
		}
	}
	must(t, w.Close(tail))
	must(t, f.Close())
	return file
}

func (m *multiplied) row(i int, shape func(int, *socket.Socket)) *socket.Socket {
	s := &socket.Socket{Kind: socket.Full, Family: socket.IPv4, Inode: uint32(i + 1), Cookie: uint64(i + 1), Mem: &socket.MemInfo{Words: 9, Drops: 1}}
	for f := range socket.Fields() {
		s.Known.Add(f.ID)
	}
	shape(i, s)
	return s
}

func scaledCommands() [][]string {
	return [][]string{
		{"census"},
		{"census", "--by", "process,unit,user,local,remote,state,netns", "-o", "json"},
		{"census", "--by", "remote/24,sport"},
		{"list", "-c", "+process,unit,command,container"},
		{"list", "--sort", "-recvq,process", "-o", "csv"},
		{"doctor"},
		{"doctor", "-v"},
		{"doctor", "-o", "json"},
		{"doctor", "-o", "markdown"},
		{"doctor", "-o", "html"},
		{"queues"},
		{"queues", "-o", "json"},
		{"ports"},
		{"queues", "-o", "csv"},
		{"ports", "-o", "ndjson"},
		{"check"},
		{"explain"},
		{"snapshot", "info"},
		{"diff", "--by", "process,remote"},
	}
}

// on is a command line with the file of a snapshot.
func on(args []string, file string) []string {
	switch args[0] {
	case "snapshot":
		return append(args[:2:2], file)
	case "diff":
		return append(append(args[:1:1], file, file), args[1:]...)
	default:
		return append(args[:1:1], append([]string{"--from", file}, args[1:]...)...)
	}
}

// TestTimeGrowsWithNumbers: the time of every command is at most proportional to what
// any user on the machine can multiply. Four times as many may take eight times the
// processor time; anything within a fifth of a second is accepted.
func TestTimeGrowsWithNumbers(t *testing.T) {
	const n, most, little = 16_000, 8, 0.2
	for turn, m := range multipliedThings() {
		t.Run(m.name, func(t *testing.T) {
			small, large := m.save(t, n), m.save(t, 4*n)
			for i, args := range scaledCommands() {
				if m.connections && (i+turn)%3 > 0 || (i+turn)%2 > 0 && !m.connections {
					continue // one of many equal ones is enough
				}
				ran := strings.Join(args, " ")
				after, memory, code := timeOf(t, on(args, large))
				if args[0] != "check" && (code == 1 || code == 2) {
					t.Errorf("%s: exit code %d", ran, code)
				}
				if after < little {
					continue
				}
				before, _, _ := timeOf(t, on(args, small))
				t.Logf("%s: %.2f s, then %.2f s, %d MiB", ran, before, after, memory>>20)
				if after > most*before {
					t.Errorf("%s of %d: %.2f s; of %d: %.2f s", ran, n, before, 4*n, after)
				}
			}
		})
	}
}

func timeOf(t *testing.T, args []string) (seconds float64, memory uint64, code int) {
	t.Helper()
	memory, seconds = costOf(func() {
		env := cli.System("v0.0.0-test")
		env.Stdin, env.Stdout, env.Stderr = bytes.NewReader(nil), io.Discard, io.Discard
		env.Getenv = func(string) string { return "" }
		code = cli.Main(context.Background(), env, args)
	})
	return seconds, memory, code
}
