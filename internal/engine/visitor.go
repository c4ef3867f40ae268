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

// A Visitor is told of the sockets of a scan, one network namespace after the other.
// A scan reports in no other way. An error of a Visitor ends the scan.
type Visitor interface {
	// Enter is called before the rows of a namespace. What a visitor reads here is
	// the state at that time. Enter may remove fields from Space.Fields.
	Enter(*Space) error
	// Row takes one socket. The socket and all that it points to are reused. It
	// returns false to stop.
	Row(*socket.Socket) bool
	// Leave is called after the rows of a namespace.
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
	// Netns is the namespace; nil for a listing, which does not tell it.
	Netns *socket.Netns
	// Fields are the fields that are read of its sockets.
	Fields socket.FieldSet
	// Spread is the longest time between two readings in this namespace: from just
	// before Enter to the end of its rows. It is set when the namespace is left; 0
	// for a source that does not change.
	Spread time.Duration

	facts   facts
	report  *Report
	refused bool // a Visitor refused, and the error is its own
	hold    func() error
}

// Hold keeps the namespace open until the source is closed. Later questions are about
// this namespace, even if its name or process then leads to another. A source with a
// single scope then answers for held namespaces only.
func (s *Space) Hold() error {
	if s == nil || s.hold == nil {
		return nil
	}
	return s.hold()
}

// facts reads the files of a namespace. An error that matches [fs.ErrNotExist] means
// that the thing does not exist.
type facts interface {
	sysctl(name string) (string, error)
	counters() (map[string]uint64, error)
	// files reads files as [procfs.FS.ReadFacts] does. A saved machine returns all
	// files that it has.
	files(patterns []string) (texts map[string]string, missing []problem.Gap)
}

// Sysctls reads kernel parameters. The answer lacks parameters that the namespace
// does not have: the caller knows which to expect. A parameter that cannot be read is
// missing too, and becomes a gap of the report.
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

// Counters reads the kernel's counters, such as TcpExt.ListenDrops. It returns nil if
// the source has none, or if they cannot be read, which becomes a gap of the report.
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

// Established returns how many connections are in ESTABLISHED and CLOSE_WAIT, by the
// kernel's own count (Tcp.CurrEstab). ok is false if the count cannot be read.
func (s *Space) Established() (n uint64, ok bool) { return s.snmp("Tcp.CurrEstab") }

// ActiveOpens returns how many connections connect() has begun since the namespace
// exists (Tcp.ActiveOpens). ok is false if the count cannot be read.
func (s *Space) ActiveOpens() (n uint64, ok bool) { return s.snmp("Tcp.ActiveOpens") }

func (s *Space) snmp(counter string) (n uint64, ok bool) {
	const file = "/proc/net/snmp"
	texts, _ := s.facts.files([]string{file})
	all, err := procfs.ParseCounters(strings.NewReader(texts[file]))
	n, ok = all[counter]
	return n, ok && err == nil
}

// Files reads the files that the patterns name. It returns the texts by name, and the
// reasons for files that are missing. A saved machine returns all files that it has.
func (s *Space) Files(patterns []string) (texts map[string]string, missing []problem.Gap) {
	return s.facts.files(patterns)
}

// Again reads files anew. ok is false for a source that does not change.
func (s *Space) Again(files []string) (texts map[string]string, missing []problem.Gap, ok bool) {
	if !s.live() {
		return nil, nil, false
	}
	texts, missing = s.facts.files(files)
	return texts, missing, true
}

// Multipath shows the MPTCP sockets in some states; no scan shows them. Unread bytes
// and whether the peer has closed belong to the MPTCP socket, not to its subflows. ok
// is false if no kernel can be asked.
func (s *Space) Multipath(states tcp.StateSet, show func(*socket.Socket)) (ok bool, err error) {
	if !s.live() {
		return false, nil
	}
	conn, err := sockdiag.Open()
	if err != nil {
		return true, err
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
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

// live reports whether the source is a running host, whose state changes.
func (s *Space) live() bool {
	_, live := s.facts.(liveFacts)
	return live
}

// visit shows one namespace to a visitor; read shows the rows.
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

// liveFacts reads the facts of the calling thread's namespace in the proc tree of the
// host.
type liveFacts struct{ proc procfs.FS }

func (l liveFacts) sysctl(name string) (string, error) { return sysctl.ReadIn(l.proc, name) }

func (l liveFacts) counters() (map[string]uint64, error) { return l.proc.Counters() }

func (l liveFacts) files(patterns []string) (map[string]string, []problem.Gap) {
	return l.proc.ReadFacts(patterns)
}
