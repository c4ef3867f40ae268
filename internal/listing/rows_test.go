// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// oneRow reads a listing of one row.
func oneRow(t *testing.T, text string) (socket.Socket, Row, Result) {
	t.Helper()
	rd := NewReader(strings.NewReader(text), "x")
	var rows []Row
	for row, err := range rd.Rows() {
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		kept := *row
		kept.Process = bytes.Clone(row.Process)
		rows = append(rows, kept)
	}
	if len(rows) != 1 {
		t.Fatalf("%q: %d rows", text, len(rows))
	}
	return rows[0].Socket, rows[0], rd.Result()
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// noAddr is an end of which only the port is known.
func noAddr(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.Addr{}, port) }

func TestRowFields(t *testing.T) {
	tests := []struct {
		text    string
		want    socket.Socket
		pid     uint32
		process string
		columns Columns
	}{
		{
			text: "tcp        0      1 10.77.0.1:49774         10.78.0.9:443           SYN_SENT    33         0          -                    on (0.96/1/0)",
			want: socket.Socket{
				State: tcp.SynSent, Kind: socket.Full, Family: socket.IPv4, Local: ap("10.77.0.1:49774"), Remote: ap("10.78.0.9:443"),
				SendQ: 1, UID: 33, Timer: socket.TimerOn, Expires: 960 * time.Millisecond, Retrans: 1,
			},
			columns: Addresses | Ports | Queues | UID | Inode | Timers | Process,
		},
		{
			text: "tcp6       0      0 :::9090                 :::*                    LISTEN      root       138097     9833/nginx: worker   off (0.00/0/0)",
			want: socket.Socket{
				State: tcp.Listen, Kind: socket.Full, Family: socket.IPv6, Local: ap("[::]:9090"), Remote: ap("[::]:0"), Inode: 138097,
			},
			pid: 9833, process: "nginx: worker",
			columns: Addresses | Ports | Queues | Inode | Timers | Process,
		},
		{
			text: "tcp6       0      0 127.0.0.1:9090          127.0.0.1:44116         ESTABLISHED 812/a b/c (d)",
			want: socket.Socket{
				State: tcp.Established, Kind: socket.Full, Family: socket.IPv6, Local: ap("[::ffff:127.0.0.1]:9090"), Remote: ap("[::ffff:127.0.0.1]:44116"),
			},
			pid: 812, process: "a b/c (d)",
			columns: Addresses | Ports | Queues | Process,
		},
		{ // cut short: fd00:77:1234:5678:9abc:def0:1234:5678
			text: "tcp6       0      0 fd00:77:1234:5678::9090 fd00:77:1234:5678:57072 ESTABLISHED",
			want: socket.Socket{
				State: tcp.Established, Kind: socket.Full, Family: socket.IPv6, Local: noAddr(9090), Remote: noAddr(57072),
			},
			columns: Queues,
		},
		{
			text:    "tcp        0      0 localhost:46442         web:http-alt            ESTABLISHED",
			want:    socket.Socket{State: tcp.Established, Kind: socket.Full, Local: noAddr(46442)},
			columns: Ports | Queues,
		},
		{ // busybox
			text:    "tcp        0      0 ::1:6060                :::*                    LISTEN      ",
			want:    socket.Socket{State: tcp.Listen, Kind: socket.Full, Family: socket.IPv6, Local: ap("[::1]:6060"), Remote: ap("[::]:0")},
			columns: Addresses | Ports | Queues,
		},
		{
			text:    "tcp4       0     44  10.0.0.5.22            10.0.0.9.51022         ESTABLISHED",
			want:    socket.Socket{State: tcp.Established, Family: socket.IPv4, Local: ap("10.0.0.5:22"), Remote: ap("10.0.0.9:51022"), SendQ: 44},
			columns: Addresses | Ports | Queues,
		},
		{
			text:    "tcp46      0      0  *.7000                 *.*                    LISTEN",
			want:    socket.Socket{State: tcp.Listen, Family: socket.IPv6, Local: ap("[::]:7000"), Remote: ap("[::]:0")},
			columns: Addresses | Ports | Queues,
		},
		{
			text:    "tcp6       0      0  fe80::1%lo0.49152      2001:db8::9.40100      CLOSING",
			want:    socket.Socket{State: tcp.Closing, Family: socket.IPv6, Local: ap("[fe80::1]:49152"), Remote: ap("[2001:db8::9]:40100")},
			columns: Addresses | Ports | Queues,
		},
		{
			text:    "  TCP    [fe80::1c2d%12]:49800  [fe80::5566%12]:445  LAST_ACK        4\r",
			want:    socket.Socket{State: tcp.LastAck, Family: socket.IPv6, Local: ap("[fe80::1c2d]:49800"), Remote: ap("[fe80::5566]:445")},
			pid:     4,
			columns: Addresses | Ports | Process,
		},
		{
			text:    "10.0.0.4                            49684     40.83.247.108                       443        Established Internet       3324",
			want:    socket.Socket{State: tcp.Established, Family: socket.IPv4, Local: ap("10.0.0.4:49684"), Remote: ap("40.83.247.108:443")},
			pid:     3324,
			columns: Addresses | Ports | Process,
		},
		{
			text: `ESTAB 3 7 10.0.0.1%eth0:22 10.0.0.2:5555 users:(("sshd: ino:9))",pid=71,fd=3),("x",pid=72,fd=3)) timer:(keepalive,1min58sec,2) uid:1000 ino:138100 sk:1f cgroup:/ <->`,
			want: socket.Socket{
				State: tcp.Established, Kind: socket.Full, Family: socket.IPv4, Local: ap("10.0.0.1:22"), Remote: ap("10.0.0.2:5555"),
				RecvQ: 3, SendQ: 7, UID: 1000, Inode: 138100, Cookie: 0x1f, Timer: socket.TimerKeepalive, Expires: 118 * time.Second, Retrans: 2,
			},
			pid: 71, process: "sshd: ino:9))",
			columns: Addresses | Ports | Queues | UID | Inode | Timers | Cookie | Process,
		},
		{
			text:    "LISTEN     0      64                 *:9090            *:*",
			want:    socket.Socket{State: tcp.Listen, Kind: socket.Full, Family: socket.IPv6, Local: ap("[::]:9090"), Remote: ap("[::]:0"), SendQ: 64},
			columns: Addresses | Ports | Queues,
		},
		{
			text: "tcp SYN-RECV 0 0 [::ffff:127.0.0.1]:7070 [::ffff:127.0.0.1]:52090 timer:(on,2.244ms,300) ino:0 sk:1b",
			want: socket.Socket{
				State: tcp.SynRecv, Family: socket.IPv6, Local: ap("[::ffff:127.0.0.1]:7070"), Remote: ap("[::ffff:127.0.0.1]:52090"),
				Cookie: 0x1b, Timer: socket.TimerOn, Expires: 2244 * time.Millisecond, Retrans: 255,
			},
			columns: Addresses | Ports | Queues | UID | Inode | Timers | Cookie,
		},
		{
			text: "   6: 0100007F:B59A 0100007F:1F90 05 00000002:00000003 03:000014DE 00000004  1000        0 0 3 00000000868ad335",
			want: socket.Socket{
				State: tcp.FinWait2, Kind: socket.Mini, Family: socket.IPv4, Local: ap("127.0.0.1:46490"), Remote: ap("127.0.0.1:8080"),
				SendQ: 2, RecvQ: 3, UID: 1000, Timer: socket.TimerTimeWait, Expires: 53420 * time.Millisecond, Retrans: 4,
			},
			columns: Addresses | Ports | Queues | UID | Inode | Timers,
		},
		{
			text: "   2: 770000FD78563412F0DEBC9A78563412:2382 0000000000000000FFFF00000100007F:DEF0 01 00000000:00000000 00:00000000 00000000     0        0 138109 1 000000008111445d 20 0 0 10 -1",
			want: socket.Socket{
				State: tcp.Established, Kind: socket.Full, Family: socket.IPv6, Inode: 138109,
				Local: ap("[fd00:77:1234:5678:9abc:def0:1234:5678]:9090"), Remote: ap("[::ffff:127.0.0.1]:57072"),
			},
			columns: Addresses | Ports | Queues | UID | Inode | Timers,
		},
	}
	for _, tt := range tests {
		s, row, result := oneRow(t, tt.text)
		if s != tt.want {
			t.Errorf("%q:\n- %+v\n+ %+v", tt.text, tt.want, s)
		}
		if row.PID != tt.pid || string(row.Process) != tt.process || row.Line != 1 {
			t.Errorf("%q: process %d %q, line %d", tt.text, row.PID, row.Process, row.Line)
		}
		if result.Columns != tt.columns {
			t.Errorf("%q: columns %b, want %b", tt.text, result.Columns, tt.columns)
		}
	}
}

// TestProcessOfOtherPrograms reads who has a socket open where old and other
// programs print it in another way.
func TestProcessOfOtherPrograms(t *testing.T) {
	for text, want := range map[string]string{
		`ESTAB 0 0 10.0.0.1:22 10.0.0.2:5 users:(("sshd",1234,3))`:                                  "sshd 1234", // iproute2 2.6.32
		`ESTAB 0 0 10.0.0.1:22 10.0.0.2:5 users:(("a",pid=7",pid=71,fd=3),("b",pid=72,fd=3)) ino:9`: `a",pid=7 71`,
		"tcp4 0 0 10.0.0.1.22 10.0.0.2.5 ESTABLISHED 131072 131768 rapportd:612 00102 00000000":     "rapportd 612", // macOS 14, -anv
	} {
		_, row, result := oneRow(t, text)
		if got := fmt.Sprintf("%s %d", row.Process, row.PID); got != want || !result.Columns.Has(Process) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestBigEndian reads /proc/net/tcp of a machine that is told by its loopback
// address; without one the order is unknown.
func TestBigEndian(t *testing.T) {
	const text = "   0: 7F000001:1F90 00000000:0000 0A 0:0 00:0 0 0 0 1 1\n   1: 0A000001:0016 0A000002:9CB0 01 0:0 00:0 0 0 0 2 1\n" +
		"   0: 00000000000000000000000000000001:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 3 1\n"
	want := []string{"127.0.0.1:8080", "10.0.0.1:22", "[::1]:8080"}
	var got []string
	for row, err := range NewReader(strings.NewReader(text), "s390x").Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Socket.Local.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRowGaps reports addresses that a listing does not give in full.
func TestRowGaps(t *testing.T) {
	for text, want := range map[string]string{
		"tcp6 0 0 fd00:77:1234:5678::9090 fd00:77:1234:5678:57072 ESTABLISHED": "2 were cut short by netstat, which prints them whole with -W",
		"tcp 0 0 localhost:46442 web:http ESTABLISHED":                         "2 have a name for an address or port; -n prints numbers",
	} {
		_, _, result := oneRow(t, text)
		if last := result.Gaps[len(result.Gaps)-1]; last.Source != "addresses" || knowledge.GapReason(last) != want {
			t.Errorf("%q: gap %+v", text, last)
		}
	}
}

// TestSameMachine reads one machine from four programs; the rows of
// /proc/net/tcp are the truth.
// TestImpossibleAddresses: digits that are no address are damage, and no name;
// nothing of them is taken.
func TestImpossibleAddresses(t *testing.T) {
	for _, tt := range []struct {
		end  string
		told bool
	}{
		{"198.51.100.7:443", false},
		{"[2001:db8::7]:443", false},
		{"*:*", false},
		{"db.example:https", false},
		{"10.host.example:443", false},
		{"198.51.100.7.9:443", true},
		{"198.51.100.700:443", true},
		{"198.51.100.7:70000", true},
		{"198.51.100", true},
		{"198.51:443", true},
	} {
		for _, text := range []string{"tcp 0 0 192.0.2.1:80 %s ESTABLISHED\n", "ESTAB 0 0 192.0.2.1:80 %s\n"} {
			if strings.HasPrefix(text, "ESTAB") && !looksLikeEndpoint([]byte(tt.end)) {
				continue // no row of ss
			}
			s, _, result := oneRow(t, fmt.Sprintf(text, tt.end))
			if result.Whole() == tt.told {
				t.Errorf("%s: whole is %v: %v", tt.end, result.Whole(), result.Gaps)
			}
			if tt.told && s.Remote != (netip.AddrPort{}) {
				t.Errorf("%s: %v is taken", tt.end, s.Remote)
			}
		}
	}
}

func TestSameMachine(t *testing.T) {
	type end struct {
		state         tcp.State
		local, remote netip.AddrPort
		inode         uint32
	}
	rows := func(file string) map[end]int {
		all := map[end]int{}
		for row, err := range NewReader(bytes.NewReader(read(t, file)), file).Rows() {
			if err != nil {
				t.Fatal(err)
			}
			s := row.Socket
			if !s.Local.IsValid() || !s.Remote.IsValid() || s.Family == 0 {
				t.Errorf("%s line %d: %+v", file, row.Line, s)
			}
			all[end{s.State, s.Local, s.Remote, s.Inode}]++
		}
		return all
	}
	truth := rows("proc_tcp_tcp6.txt")
	for _, file := range []string{"netstat_antpoeW.txt", "ss_tanope.txt", "ss_tanOoemi.txt"} {
		for e, n := range rows(file) {
			if truth[e] != n {
				t.Errorf("%s: %+v %d times, in /proc %d times", file, e, n, truth[e])
			}
		}
	}
}

func TestRowsStops(t *testing.T) {
	n := 0
	for _, err := range NewReader(bytes.NewReader(read(t, "ss_tan.txt")), "x").Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d rows", n)
	}
}
