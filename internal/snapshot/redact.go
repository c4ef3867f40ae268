// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/rand"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Redactor replaces what must not leave a machine, consistently in the whole file:
// addresses (see scrambler), the host's name, the names of users, and every name of a
// process, unit, container, cgroup, namespace or device that is not the same
// everywhere (see known words). Command lines and the boot id are dropped. Ports
// stay.
//
// The key is random and never kept. So replaced names cannot be recovered, and two
// redacted snapshots have no replacement in common. Not safe for concurrent use.
type Redactor struct {
	addresses *scrambler
	names     map[string]string // replacement of each name
	users     map[string]string
	rows      map[string]string // names of rows, with their replacement
	secrets   []secret
	owners    map[*socket.Owner]*socket.Owner
	cgroups   map[*socket.Cgroup]*socket.Cgroup

	socket socket.Socket
}

// RedactedHost is the host name in every redacted snapshot.
const RedactedHost = "host"

// NewRedactor makes a redactor with a random key. people are names of users; they are
// replaced wherever they occur, even if programs have the same names.
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
		addresses: s, names: map[string]string{}, users: map[string]string{}, rows: map[string]string{},
		owners: map[*socket.Owner]*socket.Owner{}, cgroups: map[*socket.Cgroup]*socket.Cgroup{},
	}
	for _, name := range people {
		r.hide(name, r.user(name))
	}
	return r, nil
}

func (r *Redactor) machine(m *Machine) {
	r.host(m.Host)
	if m.Host != "" {
		m.Host = RedactedHost
	}
	m.Kernel, m.Files = r.setting(m.Kernel), r.files(m.Files)
	m.Boot, m.Redacted, m.Scope = "", true, r.name(m.Scope)
	m.Missing = r.gaps(m.Missing)
	devices := m.Devices
	m.Devices = map[string]uint32{}
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		m.Devices[r.name(name)] = devices[name]
	}
}

// host registers the name of the host to be replaced: in full, without its domain,
// and the domain alone.
func (r *Redactor) host(name string) {
	if name == "" || name == "localhost" {
		return
	}
	short, domain, _ := strings.Cut(name, ".")
	r.hide(name, RedactedHost)
	r.hide(short, RedactedHost)
	if strings.Contains(domain, ".") {
		r.hide(domain, "domain")
	}
	slices.SortStableFunc(r.secrets, func(a, b secret) int { return len(b.pieces) - len(a.pieces) })
}

// files replaces names in the texts of parameters. The other files hold only numbers
// under the kernel's own names.
func (r *Redactor) files(in map[string]string) map[string]string {
	out := make(map[string]string, len(in))
	for name, text := range in {
		if strings.HasPrefix(name, "/proc/sys/") {
			text = r.setting(text)
		}
		out[name] = text
	}
	return out
}

func (r *Redactor) namespace(n *Namespace) {
	n.Name, n.Container, n.Files, n.Missing = r.name(n.Name), r.name(n.Container), r.files(n.Files), r.gaps(n.Missing)
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
	args := g.Args.Texts()
	for i, arg := range args {
		args[i] = r.text(arg)
	}
	g.Args = problem.ArgsOf(args)
	return g
}

// row returns a redacted copy of a row, valid until the next call.
func (r *Redactor) row(s *socket.Socket, byPlace *socket.Owner) (*socket.Socket, *socket.Owner) {
	r.socket = *s
	to := &r.socket
	for _, a := range [...]*netip.AddrPort{&to.Local, &to.Remote, &to.Listener} {
		*a = netip.AddrPortFrom(r.addresses.address(a.Addr()), a.Port())
		if zone := a.Addr().Zone(); zone != "" {
			*a = netip.AddrPortFrom(a.Addr().WithZone(r.name(zone)), a.Port())
		}
	}
	to.User = r.user(s.User)
	to.Device, to.Congestion = r.short(s.Device), r.short(s.Congestion)
	to.Owner, to.Cgroup = r.owner(s.Owner), r.cgroup(s.Cgroup)
	return to, r.owner(byPlace)
}

// short is name with a cache, for the few names that every row has.
func (r *Redactor) short(name string) string {
	if name == "" {
		return ""
	}
	to, ok := r.rows[name]
	if !ok {
		to = r.name(name)
		if len(r.rows) >= maxPointers {
			clear(r.rows)
		}
		r.rows[name] = to
	}
	return to
}

func (r *Redactor) owner(o *socket.Owner) *socket.Owner {
	if o == nil {
		return nil
	}
	if to, ok := r.owners[o]; ok {
		return to
	}
	to := *o
	to.Why, to.Unit, to.Container, to.Pod = r.text(o.Why), r.name(o.Unit), r.name(o.Container), r.name(o.Pod)
	to.Also, to.Among = r.name(o.Also), r.name(o.Among)
	if o.Process != nil {
		to.Process = &socket.Process{PID: o.Process.PID, Name: r.name(o.Process.Name)}
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
	to := socket.Cgroup{ID: c.ID, Path: r.name(c.Path), Unit: r.name(c.Unit), Container: r.name(c.Container), Pod: r.name(c.Pod)}
	if len(r.cgroups) >= maxPointers {
		clear(r.cgroups)
	}
	r.cgroups[c] = &to
	return &to
}
