// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Visitor is told of the sockets of a scan, one network namespace after the
// other. There is no other way to be told of anything. An error ends the scan.
type Visitor interface {
	// Enter begins a namespace, before its rows: what is read of it here is as
	// it was then. It may take fields out of Space.Fields.
	Enter(*Space) error
	// Row takes one socket, which is reused with all that it points to. It
	// reports whether more are wanted.
	Row(*socket.Socket) bool
	// Leave ends the namespace, behind its rows.
	Leave(*Space) error
}

// Visit is a [Visitor] that looks at rows only.
type Visit func(*socket.Socket) bool

// Enter does nothing.
func (Visit) Enter(*Space) error { return nil }

// Row takes one socket.
func (v Visit) Row(s *socket.Socket) bool { return v(s) }

// Leave does nothing.
func (Visit) Leave(*Space) error { return nil }

// A Space is a network namespace while a [Visitor] is in it.
type Space struct {
	// Netns is which one; nil for a listing, which does not tell.
	Netns *socket.Netns
	// Fields is what is read of its sockets.
	Fields socket.FieldSet
	// Spread is how far apart what was read of it can be, from before it was
	// entered to behind its rows, when it is left; 0 where nothing moves.
	Spread time.Duration

	facts   facts
	report  *Report
	refused bool // by the visitor, whose error it is
	hold    func() error
}

// Hold keeps the namespace until the source is closed: later questions are about
// it, whatever its name or the process that was asked for leads to then. Of a
// source with one scope they are about those that are held only.
func (s *Space) Hold() error {
	if s == nil || s.hold == nil {
		return nil
	}
	return s.hold()
}

// facts are the files of a namespace. An error that matches [fs.ErrNotExist]
// says that there is no such thing.
type facts interface {
	sysctl(name string) (string, error)
	counters() (map[string]uint64, error)
	// files reads files, as [procfs.FS.ReadFacts] does; a saved machine gives all
	// that it has.
	files(patterns []string) (texts map[string]string, missing []problem.Gap)
}

// Sysctls reads kernel parameters. One that the namespace does not have is not
// in the answer: which there are is for the asker to know. One that cannot be
// read is not either, and a gap of the report.
func (s *Space) Sysctls(names ...string) map[string]string {
	values := make(map[string]string, len(names))
	for _, name := range names {
		value, err := s.facts.sysctl(name)
		switch {
		case err == nil:
			values[name] = value
		case !errors.Is(err, fs.ErrNotExist):
			s.report.note(problem.Failed(name, err))
		}
	}
	return values
}

// Counters reads the kernel's counters, such as TcpExt.ListenDrops. It is nil
// when they cannot be read, which is a gap of the report, or when the source
// has none.
func (s *Space) Counters() map[string]uint64 {
	all, err := s.facts.counters()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.report.note(problem.Failed("/proc/net/netstat", err))
	}
	if err != nil {
		return nil
	}
	return all
}

// Established returns how many connections are in ESTABLISHED and CLOSE_WAIT, by
// the kernel's own count (Tcp.CurrEstab); ok is false when it cannot be read.
func (s *Space) Established() (n uint64, ok bool) {
	const snmp = "/proc/net/snmp"
	texts, _ := s.facts.files([]string{snmp})
	all, err := procfs.ParseCounters(strings.NewReader(texts[snmp]))
	n, ok = all["Tcp.CurrEstab"]
	return n, ok && err == nil
}

// Files reads the files that the patterns name: the texts by name, and why others
// are not among them. A saved machine gives all that it has.
func (s *Space) Files(patterns []string) (texts map[string]string, missing []problem.Gap) {
	return s.facts.files(patterns)
}

// Again reads files anew; ok is false where nothing moves.
func (s *Space) Again(files []string) (texts map[string]string, missing []problem.Gap, ok bool) {
	if !s.live() {
		return nil, nil, false
	}
	texts, missing = s.facts.files(files)
	return texts, missing, true
}

// Multipath shows the sockets of MPTCP in some states, which no scan has: what is
// unread and whether the peer has closed is theirs, not their subflows'. ok is false
// where no kernel can be asked.
func (s *Space) Multipath(states tcp.StateSet, show func(*socket.Socket)) (ok bool, err error) {
	if !s.live() {
		return false, nil
	}
	conn, err := sockdiag.Open()
	if err != nil {
		return true, err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	var row socket.Socket
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		request := sockdiag.Request{States: states, Family: family, Multipath: true}
		if err := conn.Dump(context.Background(), request, func(m sockdiag.Message) bool {
			m.Decode(&row)
			show(&row)
			return true
		}); err != nil {
			return true, err
		}
	}
	return true, nil
}

// live reports whether what is read of it moves.
func (s *Space) live() bool {
	_, live := s.facts.(liveFacts)
	return live
}

// visit lets a visitor see one namespace: what read shows it.
func (s *Space) visit(v Visitor, read func() error) error {
	entered := time.Now()
	if err := v.Enter(s); err != nil {
		s.refused = true
		return err
	}
	if err := read(); err != nil {
		return err
	}
	if s.live() {
		s.Spread = time.Since(entered)
	}
	err := v.Leave(s)
	s.refused = err != nil
	return err
}

// liveFacts are those of the namespace of the calling thread, in the proc tree of
// the host.
type liveFacts struct{ proc procfs.FS }

func (l liveFacts) sysctl(name string) (string, error) { return sysctl.ReadIn(l.proc, name) }

func (l liveFacts) counters() (map[string]uint64, error) { return l.proc.Counters() }

func (l liveFacts) files(patterns []string) (map[string]string, []problem.Gap) {
	return l.proc.ReadFacts(patterns)
}
