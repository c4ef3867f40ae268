// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedBy are the kept rows of one program: of a service when it is known to
// be one, else of the processes of one name.
type ownedBy struct {
	name  string        // "" when it is not known whose they are
	owner *socket.Owner // of the first row
	rows  []Kept
}

// byOwner groups rows by who has them open, the most first.
func byOwner(rows []Kept) (all []*ownedBy) {
	found := map[string]*ownedBy{}
	for i := range rows {
		name := ownerName(rows[i].Owner)
		g := found[name]
		if g == nil {
			g = &ownedBy{name: name, owner: rows[i].Owner}
			found[name] = g
			all = append(all, g)
		}
		g.rows = append(g.rows, rows[i])
	}
	slices.SortFunc(all, func(a, b *ownedBy) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(a.name, b.name))
	})
	return all
}

func ownerName(o *socket.Owner) string {
	switch {
	case o == nil:
		return ""
	case o.Unit != "" && o.Process != nil:
		return o.Process.Name + " (" + o.Unit + ")"
	case o.Process != nil:
		return o.Process.Name
	default:
		return o.Unit
	}
}

// who names the owner in a sentence.
func (g *ownedBy) who() knowledge.Text {
	if g.name == "" {
		return knowledge.Text{En: "a process that could not be found", Zh: "未能找到的进程"}
	}
	return knowledge.Text{En: g.name, Zh: g.name}
}

// filter chooses the sockets of the owner beside what else chooses them.
func (g *ownedBy) filter(states string) string {
	if g.owner == nil || g.owner.Process == nil {
		return fmt.Sprintf("tcpvitals list '%s' -c +process", states)
	}
	return fmt.Sprintf("tcpvitals list '%s and process = %q'", states, g.owner.Process.Name)
}

// peer returns the address that most rows are connected to, and how many are.
func peer(rows []Kept) (addr netip.Addr, n int) {
	counts := map[netip.Addr]int{}
	for i := range rows {
		a := rows[i].Remote.Addr()
		counts[a]++
		if counts[a] > n || counts[a] == n && a.Less(addr) {
			addr, n = a, counts[a]
		}
	}
	return addr, n
}

// peerDetail says who the peer is, when most rows have one peer.
func peerDetail(rows []Kept) []knowledge.Text {
	addr, n := peer(rows)
	if 2*n <= len(rows) {
		return nil
	}
	return []knowledge.Text{say("%s of them are connected to %s.", "其中 %s 个的对端是 %s。", n, addr.String())}
}

// facing counts the rows whose other end is among others: both ends are here.
func facing(rows, others []Kept) (n int) {
	ends := make(map[[2]netip.AddrPort]bool, len(others))
	for i := range others {
		ends[[2]netip.AddrPort{others[i].Remote, others[i].Local}] = true
	}
	for i := range rows {
		if ends[[2]netip.AddrPort{rows[i].Local, rows[i].Remote}] {
			n++
		}
	}
	return n
}

// vanished returns the rows of before that are not there any more.
func vanished(before, now *Watch) (rows []Kept) {
	there := make(map[uint64]bool, len(now.Rows))
	for i := range now.Rows {
		there[now.Rows[i].Cookie] = true
	}
	for i := range before.Rows {
		if !there[before.Rows[i].Cookie] {
			rows = append(rows, before.Rows[i])
		}
	}
	return rows
}

// seenAmong reports whether any of the rows was of the same program. Whose they
// were is often not known any more: then a port of its service, or a server
// that it is connected to, tells.
func (g *ownedBy) seenAmong(rows []Kept) bool {
	local, remote := map[uint16]bool{}, map[netip.AddrPort]bool{}
	for i := range g.rows {
		local[g.rows[i].Local.Port()], remote[g.rows[i].Remote] = true, true
	}
	return slices.ContainsFunc(rows, func(k Kept) bool {
		if k.Owner != nil {
			return ownerName(k.Owner) == g.name
		}
		return local[k.Local.Port()] || remote[k.Remote]
	})
}

// rowsOf returns what a watch kept; nothing for nil.
func (w *Watch) rowsOf() []Kept {
	if w == nil {
		return nil
	}
	return w.Rows
}

// has returns the value of a finding's evidence, 0 when there is none of the name.
func (f *Finding) has(name string) float64 {
	for _, e := range f.Evidence {
		if e.Name == name {
			return e.Value
		}
	}
	return 0
}
