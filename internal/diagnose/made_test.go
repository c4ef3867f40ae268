// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A madeMachine is one case of testdata/rules.
type madeMachine struct {
	name        string
	now, before *Machine
	window      time.Duration
	want        []string
	quotes      []quote
	unsaid      []quote
	owners      []quote  // the expected owners of findings
	changes     []string // CODE KEY VALUE
	unchanged   []string // CODE KEY
	exact       bool
	cookie      uint64
}

type quote struct{ code, words string }

// madeMachines reads a file of cases; "== name" begins a case.
func madeMachines(t *testing.T, file, text string) (all []*madeMachine) {
	t.Helper()
	var m *madeMachine
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		name, begins := strings.CutPrefix(line, "== ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case begins:
			m = newMadeMachine(name)
			all = append(all, m)
		case m == nil:
			t.Fatalf("%s:%d: before the first case", file, number)
		default:
			if err := m.line(line); err != nil {
				t.Fatalf("%s:%d: %v", file, number, err)
			}
		}
	}
	for _, m := range all {
		if len(m.want) == 0 {
			t.Fatalf("%s: %s wants nothing", file, m.name)
		}
	}
	return all
}

func newMadeMachine(name string) *madeMachine {
	return &madeMachine{name: name, now: emptyMachine(), before: emptyMachine()}
}

func emptyMachine() *Machine {
	facts := func() Facts {
		return Facts{
			Sysctls: map[string]string{}, Absent: map[string]knowledge.Absence{},
		}
	}
	space := &Space{
		Netns: &socket.Netns{Inode: 1, Name: "host"}, Facts: facts(),
		Sockets: &Reading{Queues: &QueueReading{}, Ports: &PortReading{}},
	}
	return &Machine{Host: facts(), Spaces: []*Space{space}}
}

func (m *madeMachine) descriptors(words []string) error {
	space := m.now.Spaces[0]
	if space.Descriptors == nil {
		space.Descriptors = []Descriptors{}
	}
	if len(words) < 4 {
		return nil // it was looked for, and nothing was found
	}
	s := &socket.Socket{}
	if err := setField(s, "owner", words[0]); err != nil {
		return err
	}
	open, err := strconv.ParseUint(words[1], 10, 64)
	if err != nil {
		return err
	}
	limit, err := strconv.ParseUint(words[3], 10, 64)
	if err != nil {
		return err
	}
	d := Descriptors{Owner: s.Owner, Open: open, Limit: limit}
	if len(words) == 6 { // with "beyond N" at the end
		d.Beyond, err = strconv.ParseUint(words[5], 10, 64)
	}
	space.Descriptors = append(space.Descriptors, d)
	return err
}

func (m *madeMachine) unlisted(words []string) error {
	space := m.now.Spaces[0]
	space.Unlisted = append([]Unlisted{}, space.Unlisted...)
	if len(words) < 4 {
		return nil // it was looked for, and nothing was found
	}
	s := &socket.Socket{}
	if err := setField(s, "owner", words[0]); err != nil {
		return err
	}
	sockets, err := strconv.ParseUint(words[1], 10, 64)
	if err != nil {
		return err
	}
	limit, err := strconv.ParseUint(words[3], 10, 64)
	space.Unlisted = append(space.Unlisted, Unlisted{Owner: s.Owner, Sockets: sockets, Limit: limit})
	return err
}

// line reads one line of a case.
func (m *madeMachine) line(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "window":
		return m.setWindow(rest)
	case "exact":
		m.exact = true
	case "listing":
		m.now.Listing = true
	case "descriptors": // descriptors OWNER OPEN of LIMIT
		return m.descriptors(strings.Fields(rest))
	case "unlisted": // unlisted OWNER SOCKETS of LIMIT
		return m.unlisted(strings.Fields(rest))
	case "trace", "ended":
		return m.traced(verb, rest)
	case "nat":
		d, err := time.ParseDuration(rest)
		for _, at := range []*Machine{m.now, m.before} {
			at.Spaces[0].Sockets.NATTimeout = d
		}
		return err
	case "initial":
		m.now.Spaces[0].Initial = true
		m.before.Spaces[0].Initial = true
	case "counts": // only counts by state are known
		m.now.Spaces[0].Sockets = &Reading{Counts: true}
	case "others":
		n, err := strconv.Atoi(rest)
		m.now.Others = &n
		return err
	case "kernel":
		m.now.Kernel = rest
	case "file": // file PATH:LINE KEY VALUE
		return m.file(strings.Fields(rest))
	case "sysctl":
		return m.sysctl(rest)
	case "counter":
		return m.each(rest, func(f *Facts, name, value string) error { return put(&f.Counters, name, value) })
	case "gauge":
		return m.each(rest, func(f *Facts, name, value string) error { return put(&f.Gauges, name, value) })
	case "absent":
		name, why, _ := strings.Cut(rest, " ")
		for _, f := range m.at(m.now, name) {
			f.Absent[name] = knowledge.Absence{Code: knowledge.AbsentFailed, Detail: knowledge.Text{En: why, Zh: why}}
		}
	case "want":
		m.want = append(m.want, rest)
	case "says":
		code, words, _ := strings.Cut(rest, " ")
		m.quotes = append(m.quotes, quote{code, words})
	case "unsaid":
		code, words, _ := strings.Cut(rest, " ")
		m.unsaid = append(m.unsaid, quote{code, words})
	case "whose":
		code, words, _ := strings.Cut(rest, " ")
		m.owners = append(m.owners, quote{code, words})
	case "nochange":
		m.unchanged = append(m.unchanged, rest)
	case "change":
		m.changes = append(m.changes, rest)
	default:
		return m.sockets(line)
	}
	return nil
}

// sysctl sets a kernel parameter. Parameters that affect how sockets are read, such as
// those of local ports, must come before the sockets.
func (m *madeMachine) sysctl(rest string) error {
	err := m.each(rest, func(f *Facts, name, value string) error { f.Sysctls[name] = value; return nil })
	for _, machine := range []*Machine{m.now, m.before} {
		space := machine.Spaces[0]
		space.Sockets.Idle = IdleOf(space.Facts)
		if space.Sysctls[SysctlPortRange] == "" || space.Sockets.Counts || err != nil {
			continue
		}
		err = space.Sockets.Ports.ReadRules(space.Netns.Inode, space.Sysctls)
	}
	return err
}

func (m *madeMachine) setWindow(text string) (err error) {
	m.window, err = time.ParseDuration(text)
	for _, machine := range []*Machine{m.now, m.before} {
		machine.Spaces[0].Sockets.Ports.Within = m.window
	}
	return err
}

func (m *madeMachine) file(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("file PATH:LINE KEY VALUE")
	}
	path, line, _ := strings.Cut(words[0], ":")
	n, err := strconv.Atoi(line)
	m.now.Files = append(m.now.Files, SysctlLine{File: path, Line: n, Key: words[1], Value: strings.Join(words[2:], " ")})
	return err
}

// at returns the facts that hold a name: those of the host or of the namespace.
func (*madeMachine) at(machine *Machine, name string) []*Facts {
	if hostWide(name) {
		return []*Facts{&machine.Host}
	}
	return []*Facts{&machine.Spaces[0].Facts}
}

// each reads "NAME BEFORE -> NOW", or "NAME NOW" if the value was the same before.
func (m *madeMachine) each(rest string, set func(f *Facts, name, value string) error) error {
	name, values, _ := strings.Cut(rest, " ")
	before, now, changed := strings.Cut(values, "->")
	if !changed {
		now = before
	}
	for _, f := range m.at(m.now, name) {
		if err := set(f, name, strings.TrimSpace(now)); err != nil {
			return err
		}
	}
	for _, f := range m.at(m.before, name) {
		if err := set(f, name, strings.TrimSpace(before)); err != nil {
			return err
		}
	}
	return nil
}

func put(to *Numbers, name, value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	*to = changed(*to, name, n)
	return err
}

// sockets reads "[COUNT] STATE LOCAL REMOTE [field=value]...". An address or port that
// ends in + increases by one for each socket. Lines come in the order of a dump:
// listeners first. "only=now" and "only=before" leave the sockets out of the other
// reading.
func (m *madeMachine) sockets(line string) error {
	words := strings.Fields(line)
	count := 1
	if n, err := strconv.Atoi(words[0]); err == nil {
		count, words = n, words[1:]
	}
	state, err := tcp.Parse(words[0])
	if err != nil {
		return err
	}
	if m.now.Spaces[0].Sockets.Counts {
		m.now.Spaces[0].Sockets.Tally.Add(state, socket.KindUnknown, uint64(count))
		return nil
	}
	if len(words) < 3 {
		return fmt.Errorf("[COUNT] STATE LOCAL REMOTE [field=value]")
	}
	for i := range count {
		m.cookie++
		row := madeRow{Socket: rowOf(state, m.cookie)}
		if row.Local, err = counted(words[1], i); err != nil {
			return err
		}
		if row.Remote, err = counted(words[2], i); err != nil {
			return err
		}
		for _, w := range words[3:] {
			if err := row.set(w); err != nil {
				return err
			}
		}
		row.addTo(m)
	}
	return nil
}

// counted reads an address and port for the socket number i; in 10.0.0.1+:80 and
// 10.0.0.1:80+ they increase.
func counted(text string, i int) (netip.AddrPort, error) {
	host, port, ok := strings.Cut(text, ":")
	if strings.HasPrefix(text, "[") {
		host, port, ok = strings.Cut(text[1:], "]:")
	}
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is no address and port", text)
	}
	host, countsHost := strings.CutSuffix(host, "+")
	port, stride, countsPort := strings.Cut(port, "+") // PORT+ or PORT+STRIDE
	step, err := strconv.Atoi(stride)
	if err != nil {
		step = 1
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.Atoi(port)
	if countsHost {
		addr = plus(addr, i)
	}
	if countsPort {
		n += i * step
	}
	return netip.AddrPortFrom(addr, uint16(n)), err
}

// plus returns the address that is i after addr.
func plus(addr netip.Addr, i int) netip.Addr {
	bytes := addr.As16()
	low := bytes[12:]
	binary.BigEndian.PutUint32(low, binary.BigEndian.Uint32(low)+uint32(i))
	if addr.Is4() {
		return netip.AddrFrom16(bytes).Unmap()
	}
	return netip.AddrFrom16(bytes)
}

// rowOf is a socket with ordinary values, as sock_diag shows it.
func rowOf(state tcp.State, cookie uint64) *socket.Socket {
	s := &socket.Socket{State: state, Kind: socket.Full, Family: socket.IPv4, Cookie: cookie, Inode: 1000 + uint32(cookie), Netns: &socket.Netns{Inode: 1, Name: "host"}}
	switch state {
	case tcp.TimeWait:
		s.Kind, s.Inode, s.Timer, s.Expires = socket.Mini, 0, socket.TimerTimeWait, 5*time.Second
	case tcp.SynRecv:
		s.Kind, s.Inode = socket.Request, 0
	case tcp.Bound:
		s.Kind = socket.Idle
	case tcp.FinWait1, tcp.Closing, tcp.LastAck:
		s.Inode = 0
	default:
	}
	s.Direction = socket.Inbound
	for f := range socket.Fields() {
		if f.ID != socket.FieldV6Only {
			s.Known.Add(f.ID)
		}
	}
	s.Info, s.Mem = &socket.TCPInfo{}, &socket.MemInfo{Words: 9}
	return s
}
