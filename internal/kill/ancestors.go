// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Session holds the sockets on which this command may depend: those that its
// ancestors have open, up to the first process that may not be read; the connections
// that sshd named to the ancestors; and, if one of them is a terminal multiplexer,
// the same of its clients. Closing one of these may end the user's own session.
type Session struct {
	inodes map[uint32]ancestor
	flows  []flow
	gaps   []problem.Gap

	proc string
	seen map[int]bool
}

type ancestor struct {
	pid  int
	name string
}

// A flow is a connection by its two addresses, and the process to which it belongs.
type flow struct {
	local, remote netip.AddrPort
	ancestor      ancestor
}

// SSHVariable is the environment variable in which sshd names the connection (ssh(1),
// ENVIRONMENT): address and port of the client, then of the server.
const SSHVariable = "SSH_CONNECTION"

// FindSession reads the ancestors of this process and the sockets that they have
// open. ssh is the value of [SSHVariable].
func FindSession(ssh string) *Session { return findSession("/proc", os.Getppid(), ssh) }

// maxAncestors bounds the search, because the chain can change while it is read.
const maxAncestors = 1000

func findSession(proc string, pid int, ssh string) *Session {
	s := &Session{inodes: map[uint32]ancestor{}, proc: proc, seen: map[int]bool{}}
	s.named(ssh)
	if pid == 0 {
		s.gaps = append(s.gaps, problem.Unread("the parent of this command", problem.SessionOutside).NeverShown())
	}
	if s.chain(pid) {
		s.viewers()
	}
	return s
}

// chain records a process and its ancestors. It reports whether one of them is a
// terminal multiplexer, whose clients are not ancestors.
func (s *Session) chain(pid int) (multiplexed bool) {
	for range maxAncestors {
		if pid <= 0 || s.seen[pid] {
			break
		}
		s.seen[pid] = true
		name, parent, err := readStat(s.proc, pid)
		if err == nil {
			multiplexed = multiplexed || isMultiplexer(name)
			s.environment(pid)
			err = s.descriptors(ancestor{pid, name})
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.gaps = append(s.gaps, problem.Unread(fmt.Sprintf("process %d", pid), problem.SessionUnread, pid, err))
		}
		if pid == parent {
			break
		}
		pid = parent
	}
	return multiplexed
}

// isMultiplexer recognizes servers and clients of terminal multiplexers by their
// process names: "tmux: server" and "tmux: client", "screen" and "SCREEN".
func isMultiplexer(name string) bool {
	for _, program := range [...]string{"tmux", "screen", "SCREEN", "zellij", "dtach", "abduco", "byobu"} {
		if strings.HasPrefix(name, program) {
			return true
		}
	}
	return false
}

// viewers records every client of a terminal multiplexer: /proc does not tell which client
// is attached to which session.
func (s *Session) viewers() {
	entries, err := os.ReadDir(s.proc)
	if err != nil {
		return
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if name, _, err := readStat(s.proc, pid); err == nil && isMultiplexer(name) {
			s.chain(pid)
		}
	}
}

// environment records the connection that sshd named to a process. It is read from
// each ancestor, because sudo removes the variable from the processes that it starts.
func (s *Session) environment(pid int) {
	text, err := os.ReadFile(path.Join(s.proc, strconv.Itoa(pid), "environ"))
	if err != nil {
		return // an unreadable process is reported when its descriptors are read
	}
	for variable := range bytes.SplitSeq(text, []byte{0}) {
		if value, ok := bytes.CutPrefix(variable, []byte(SSHVariable+"=")); ok {
			s.named(string(value))
		}
	}
}

// named records the connection in a value of [SSHVariable].
func (s *Session) named(ssh string) {
	if f := parseSSH(ssh); f != nil && !slices.Contains(s.flows, *f) {
		s.flows = append(s.flows, *f)
	}
}

// descriptors records the sockets of one process.
func (s *Session) descriptors(a ancestor) error {
	dir := path.Join(s.proc, strconv.Itoa(a.pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		link, err := os.Readlink(path.Join(dir, e.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		number, ok := strings.CutPrefix(link, "socket:[")
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); ok && err == nil {
			s.inodes[uint32(inode)] = a // idiag_inode has 32 bits too
		}
	}
	return nil
}

// ends records the addresses of the sockets that the ancestors have open: the far end
// of such a connection may be on this host too, and none of the ancestors owns it.
func (s *Session) ends(ctx context.Context, from engine.Source) error {
	if s == nil || len(s.inodes) == 0 {
		return nil
	}
	filter, err := query.Parse("exclude listen exclude time-wait exclude syn-recv exclude closed", query.Options{})
	if err != nil {
		return err
	}
	visit := engine.Visit(func(row *socket.Socket) bool {
		a, ours := s.inodes[row.Inode]
		f := flow{unmapped(row.Local), unmapped(row.Remote), a}
		if ours && row.Inode != 0 && f.remote.Port() != 0 && !slices.Contains(s.flows, f) {
			s.flows = append(s.flows, f)
		}
		return true
	})
	_, err = from.Rows(ctx, engine.Scan{Filter: filter, Fields: identifying()}, visit)
	return err
}

// holds returns the ancestor to which a socket belongs.
func (s *Session) holds(row *socket.Socket) (a ancestor, ok bool) {
	if s == nil {
		return a, false
	}
	if row.Inode != 0 {
		if a, ok = s.inodes[row.Inode]; ok {
			return a, true
		}
	}
	if row.State == tcp.Listen {
		return a, false
	}
	for _, f := range s.flows {
		if f.is(unmapped(row.Local), unmapped(row.Remote)) {
			return f.ancestor, true
		}
	}
	return a, false
}

// is reports whether these are the two ends of the flow, in either order. On one host
// both sockets exist, and closing one ends the other.
func (f flow) is(local, remote netip.AddrPort) bool {
	return f.local == local && f.remote == remote || f.local == remote && f.remote == local
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// String returns the name and pid of the ancestor.
func (a ancestor) String() string {
	if a.pid == 0 {
		return a.name
	}
	return fmt.Sprintf("%s[%d]", a.name, a.pid)
}

// parseSSH parses "192.0.2.7 51234 192.0.2.1 22"; it returns nil for anything else.
func parseSSH(text string) *flow {
	word := strings.Fields(text)
	if len(word) != 4 {
		return nil
	}
	remote, err := endpoint(word[0], word[1])
	local, err2 := endpoint(word[2], word[3])
	if err != nil || err2 != nil {
		return nil
	}
	return &flow{local: local, remote: remote, ancestor: ancestor{name: SSHVariable}}
}

func endpoint(addr, port string) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(addr)
	p, err2 := strconv.ParseUint(port, 10, 16)
	return unmapped(netip.AddrPortFrom(a, uint16(p))), errors.Join(err, err2)
}

// readStat reads the name and the parent of a process: /proc/PID/stat, whose
// name may itself hold parentheses (fs/proc/array.c do_task_stat).
func readStat(proc string, pid int) (name string, parent int, err error) {
	text, err := os.ReadFile(path.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", 0, err
	}
	begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return "", 0, problem.Errorf("process %d: its stat cannot be read", "进程 %d：无法读取其 stat", pid)
	}
	rest := strings.Fields(string(text[end+1:]))
	if len(rest) < 2 {
		return "", 0, problem.Errorf("process %d: its stat cannot be read", "进程 %d：无法读取其 stat", pid)
	}
	parent, err = strconv.Atoi(rest[1])
	return string(text[begin+1 : end]), parent, err
}
