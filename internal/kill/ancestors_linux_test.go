// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// process writes a process into a made /proc tree.
func process(t *testing.T, proc string, pid, parent int, name string, inodes ...int) {
	t.Helper()
	dir := filepath.Join(proc, fmt.Sprint(pid))
	if err := os.MkdirAll(filepath.Join(dir, "fd"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stat"), fmt.Appendf(nil, "%d (%s) S %d 1 1\n", pid, name, parent), 0o600); err != nil {
		t.Fatal(err)
	}
	for fd, inode := range inodes {
		if err := os.Symlink(fmt.Sprintf("socket:[%d]", inode), filepath.Join(dir, "fd", fmt.Sprint(fd+3))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSession follows the parents of this process upwards, whatever their names are.
func TestSession(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, 1, 0, "systemd")
	process(t, proc, 50, 1, "sshd", 700)
	process(t, proc, 60, 50, "sh) R 1 (", 700, 701)
	process(t, proc, 70, 60, "sudo")
	process(t, proc, 80, 1, "other", 800)
	s := findSession(proc, 70, "192.0.2.7 51234 192.0.2.1 22")
	if len(s.gaps) != 0 {
		t.Errorf("gaps: %v", s.gaps)
	}
	row := func(inode uint32, remote string) *socket.Socket {
		return &socket.Socket{
			Known: Fields(), State: tcp.Established, Inode: inode, Cookie: 1,
			Local: netip.MustParseAddrPort("[::ffff:192.0.2.1]:22"), Remote: netip.MustParseAddrPort(remote),
		}
	}
	const stranger, ours = "[::ffff:192.0.2.9]:4711", "[::ffff:192.0.2.7]:51234"
	for _, tt := range []struct {
		row    *socket.Socket
		filter string
		want   Reason
	}{
		{row(700, stranger), "sport = :22", OwnSession},
		{row(701, stranger), "sport = :22", OwnSession},
		{row(701, stranger), "sport = :22 and pid >= 60", OwnSession},
		{row(701, stranger), "sport = :22 and pid = 60", ""},
		{row(701, stranger), "process = sshd", OwnSession},
		{row(800, stranger), "sport = :22", ""},
		{row(0, stranger), "sport = :22", ""},
		{row(900, ours), "sport = :22", OwnSession}, // tmux: no ancestor has it open
		{row(900, stranger), "sport = :22", ""},
	} {
		f, err := query.Parse(tt.filter, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Filter: f, Session: s}
		if got, detail := o.spares(tt.row); got != tt.want {
			t.Errorf("%s, inode %d, %v: %q (%s), not %q", tt.filter, tt.row.Inode, tt.row.Remote, got, detail, tt.want)
		}
	}
	far := row(900, ours)
	far.Local, far.Remote = far.Remote, far.Local
	if _, ok := s.holds(far); !ok {
		t.Error("the far end of the connection of the session is not left alone")
	}
	for _, none := range []string{"", "a b c d", "192.0.2.7 51234 192.0.2.1", "192.0.2.7 99999 192.0.2.1 22"} {
		if parseSSH(none) != nil {
			t.Errorf("%q names a connection", none)
		}
	}
}

// TestSessionElsewhere finds the connections of a session that no ancestor has open:
// with sudo, which removes the variable, and in a multiplexer, whose clients are not
// ancestors. If they cannot be found, that is reported.
func TestSessionElsewhere(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, 1, 0, "systemd")
	process(t, proc, 40, 1, "tmux: server")
	process(t, proc, 41, 40, "bash")
	process(t, proc, 42, 41, "sudo")
	process(t, proc, 50, 1, "sshd", 700)
	process(t, proc, 51, 50, "bash")
	process(t, proc, 52, 51, "tmux: client")
	process(t, proc, 60, 1, "sshd", 800)
	process(t, proc, 61, 60, "bash")
	environ := "TERM=xterm\x00SSH_CONNECTION=192.0.2.7 51234 192.0.2.1 22\x00LANG=C\x00"
	if err := os.WriteFile(filepath.Join(proc, "41", "environ"), []byte(environ), 0o600); err != nil {
		t.Fatal(err)
	}
	holds := func(s *Session, inode uint32, remote string) bool {
		_, ok := s.holds(&socket.Socket{
			State: tcp.Established, Inode: inode, Local: netip.MustParseAddrPort("192.0.2.1:22"), Remote: netip.MustParseAddrPort(remote),
		})
		return ok
	}
	s := findSession(proc, 42, "")
	if !holds(s, 0, "192.0.2.7:51234") {
		t.Error("behind sudo the connection is not known")
	}
	if !holds(s, 700, "192.0.2.9:1") {
		t.Error("the connection of who looks at tmux is not known")
	}
	if holds(s, 800, "192.0.2.9:1") {
		t.Error("a session that has nothing to do with it is left alone")
	}
	if s := findSession(proc, 61, ""); holds(s, 700, "192.0.2.9:1") || !holds(s, 800, "192.0.2.9:1") {
		t.Error("without tmux above, those who look at one are no part of it")
	}
	if s := findSession(proc, 0, ""); len(s.gaps) != 1 || !s.gaps[0].Structural || s.gaps[0].Code != problem.SessionOutside {
		t.Errorf("behind docker exec: %+v", s.gaps)
	}
}

// TestSessionUnread: an ancestor that may not be inspected is reported.
func TestSessionUnread(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, 70, 0, "sudo")
	if err := os.Remove(filepath.Join(proc, "70", "fd")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(proc, "70", "fd"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := findSession(proc, 70, ""); len(s.gaps) != 1 {
		t.Errorf("gaps: %v", s.gaps)
	}
}

// TestAllocSecondLook: the second look makes no allocation per socket of the list.
func TestAllocSecondLook(t *testing.T) {
	f, err := query.Parse("state time-wait", query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	row := &socket.Socket{Known: Fields(), State: tcp.TimeWait, Cookie: 7}
	p := &Preview{o: Options{Filter: f}, index: map[identity]int{identityOf(row): 0}, Victims: []Victim{victimOf(row)}}
	k := &killing{Preview: p, Result: &Result{Outcomes: make([]Outcome, 1)}, batch: make([]int, 0, 1)}
	if n := testing.AllocsPerRun(100, func() {
		k.batch = k.batch[:0]
		k.Row(row)
	}); n != 0 || len(k.batch) != 1 {
		t.Errorf("%v allocations, %d in the batch", n, len(k.batch))
	}
}
