// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Redactor replaces what must not leave a machine, everywhere in the same
// way: addresses (see scrambler), the host's name, the names of users. Command
// lines and the boot id are dropped. The names of processes, units, containers,
// cgroups and namespaces stay, but for addresses, the host's name and users'
// names in them (sshd@0-192.0.2.1:22-192.0.2.7:50123.service). Ports stay.
//
// The key is random and never kept: what was replaced cannot be told again,
// and two redacted snapshots have nothing in common. Not safe for concurrent use.
type Redactor struct {
	addresses *scrambler
	host      string
	users     map[string]string
	owners    map[*socket.Owner]*socket.Owner
	cgroups   map[*socket.Cgroup]*socket.Cgroup
	words     *regexp.Regexp // names that are replaced inside other texts too

	socket socket.Socket
}

// RedactedHost is the name of every host that was redacted.
const RedactedHost = "host"

// What may be an address in a text: 192.0.2.1, ip-192-0-2-1, and whatever has
// two colons. Compiled when first needed: most commands redact nothing.
var (
	dotted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]+(?:\.[0-9]+){3}`) })
	dashed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]+(?:-[0-9]+){3}`) })
	colons = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*`)
	})
)

// NewRedactor makes a redactor with a random key. people are the names of
// users that are replaced wherever they stand as a word, such as in the path
// of a cgroup; others are replaced only as the user of a socket, because
// programs and their users often have the same name.
func NewRedactor(people []string) (*Redactor, error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	return newRedactor(key, people)
}

func newRedactor(key [32]byte, people []string) (*Redactor, error) {
	s, err := newScrambler(key)
	if err != nil {
		return nil, err
	}
	r := &Redactor{
		addresses: s, users: map[string]string{},
		owners: map[*socket.Owner]*socket.Owner{}, cgroups: map[*socket.Cgroup]*socket.Cgroup{},
	}
	for _, name := range people {
		r.user(name)
	}
	r.compile(people)
	return r, nil
}

// compile prepares the search for names in texts.
func (r *Redactor) compile(names []string) {
	var quoted []string
	for _, n := range names {
		if n != "" {
			quoted = append(quoted, regexp.QuoteMeta(n))
		}
	}
	if len(quoted) > 0 {
		r.words = regexp.MustCompile(`\b(?:` + strings.Join(quoted, "|") + `)\b`)
	}
}

// user returns what stands for a user: numbers stay, for they name nobody, and
// so does root, who is everywhere the same.
func (r *Redactor) user(name string) string {
	if _, err := strconv.ParseUint(name, 10, 32); err == nil || name == "" || name == "root" {
		return name
	}
	to, ok := r.users[name]
	if !ok {
		to = fmt.Sprintf("user-%d", len(r.users)+1)
		r.users[name] = to
	}
	return to
}

// text replaces addresses and names in a text.
func (r *Redactor) text(s string) string {
	if r.words != nil {
		s = r.words.ReplaceAllStringFunc(s, func(name string) string {
			if name == r.host || strings.HasPrefix(r.host, name+".") {
				return RedactedHost
			}
			return r.user(name)
		})
	}
	if strings.Contains(s, ":") {
		s = colons().ReplaceAllStringFunc(s, r.ipv6)
	}
	s = dotted().ReplaceAllStringFunc(s, r.ipv4)
	return dashed().ReplaceAllStringFunc(s, func(name string) string {
		return strings.ReplaceAll(r.ipv4(strings.ReplaceAll(name, "-", ".")), ".", "-")
	})
}

// ipv4 replaces what is an IPv4 address.
func (r *Redactor) ipv4(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	return r.addresses.address(a).String()
}

// ipv6 replaces the longest address in a text of digits and colons, which may
// have a port or a number beside it. An IPv4 address at its end is left for
// ipv4, which has the same answer.
func (r *Redactor) ipv6(s string) string {
	for size := len(s); size > 2; size-- {
		for start := 0; start+size <= len(s); start++ {
			part := s[start : start+size]
			a, err := netip.ParseAddr(part)
			if err == nil && !strings.Contains(part, ".") {
				return r.ipv6(s[:start]) + r.addresses.address(a).String() + r.ipv6(s[start+size:])
			}
		}
	}
	return s
}

func (r *Redactor) machine(m *Machine) {
	r.host = m.Host
	names := []string{m.Host}
	if short, _, ok := strings.Cut(m.Host, "."); ok {
		names = append(names, short)
	}
	for name := range r.users {
		names = append(names, name)
	}
	r.compile(names)
	if m.Host != "" {
		m.Host = RedactedHost
	}
	m.Boot, m.Redacted, m.Scope = "", true, r.text(m.Scope)
	m.Missing = r.gaps(m.Missing)
	devices := m.Devices
	m.Devices = map[string]uint32{}
	for name, index := range devices {
		m.Devices[r.text(name)] = index
	}
}

func (r *Redactor) namespace(n *Namespace) {
	n.Name, n.Container, n.Missing = r.text(n.Name), r.text(n.Container), r.gaps(n.Missing)
}

func (r *Redactor) tail(t *Tail) {
	t.Limits = r.gaps(t.Limits)
	gaps := t.Gaps
	t.Gaps = nil
	for _, g := range gaps {
		t.Gaps = append(t.Gaps, Gap{r.gap(g.Gap), g.When})
	}
}

func (r *Redactor) gaps(in []problem.Gap) (out []problem.Gap) {
	for _, g := range in {
		out = append(out, r.gap(g))
	}
	return out
}

func (r *Redactor) gap(g problem.Gap) problem.Gap {
	g.Source, g.Reason = r.text(g.Source), r.text(g.Reason)
	return g
}

// row returns a redacted copy, valid until the next call.
func (r *Redactor) row(s *socket.Socket, byPlace *socket.Owner) (*socket.Socket, *socket.Owner) {
	r.socket = *s
	to := &r.socket
	for _, a := range [...]*netip.AddrPort{&to.Local, &to.Remote, &to.Listener} {
		*a = netip.AddrPortFrom(r.addresses.address(a.Addr()), a.Port())
	}
	to.User = r.user(s.User)
	if s.Device != "" {
		to.Device = r.text(s.Device)
	}
	to.Owner, to.Cgroup = r.owner(s.Owner), r.cgroup(s.Cgroup)
	return to, r.owner(byPlace)
}

func (r *Redactor) owner(o *socket.Owner) *socket.Owner {
	if o == nil {
		return nil
	}
	if to, ok := r.owners[o]; ok {
		return to
	}
	to := *o
	to.Why, to.Unit, to.Container, to.Pod = r.text(o.Why), r.text(o.Unit), r.text(o.Container), r.text(o.Pod)
	if o.Process != nil {
		to.Process = &socket.Process{PID: o.Process.PID, Name: r.text(o.Process.Name)}
	}
	if len(r.owners) >= maxPointers {
		clear(r.owners)
	}
	r.owners[o] = &to
	return &to
}

func (r *Redactor) cgroup(c *socket.Cgroup) *socket.Cgroup {
	if c == nil {
		return nil
	}
	if to, ok := r.cgroups[c]; ok {
		return to
	}
	to := socket.Cgroup{ID: c.ID, Path: r.text(c.Path), Unit: r.text(c.Unit), Container: r.text(c.Container), Pod: r.text(c.Pod)}
	if len(r.cgroups) >= maxPointers {
		clear(r.cgroups)
	}
	r.cgroups[c] = &to
	return &to
}
