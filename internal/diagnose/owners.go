// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedBy are the kept rows of one owner: of one process, or of several processes of
// one program that have few rows each.
type ownedBy struct {
	owner     *socket.Owner // nil if the owner is not known
	ids       map[ownerID]bool
	processes int // how many processes the group has; 1 for a single one
	rows      []Kept
}

// byOwner groups rows by the process that has them open, the largest group first. Two
// processes with the same name are two owners. Processes with few rows each are put
// together if they have the same name and unit, because many workers may each leak a
// few sockets.
func byOwner(rows []Kept) []*ownedBy { return foldSmall(perProcess(rows)) }

// perProcess groups rows by the process that has them open, the largest group first.
func perProcess(rows []Kept) (all []*ownedBy) {
	found := map[ownerID]*ownedBy{}
	for i := range rows {
		id := identify(rows[i].Owner)
		g := found[id]
		if g == nil {
			g = &ownedBy{owner: rows[i].Owner, ids: map[ownerID]bool{id: true}, processes: 1}
			found[id] = g
			all = append(all, g)
		}
		g.rows = append(g.rows, rows[i])
	}
	sortOwners(all)
	return all
}

func sortOwners(all []*ownedBy) {
	slices.SortStableFunc(all, func(a, b *ownedBy) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(ownerText(a.owner).En, ownerText(b.owner).En))
	})
}

// foldSmall joins the processes of one program that have few rows each.
func foldSmall(all []*ownedBy) (out []*ownedBy) {
	together := map[ownerID]*ownedBy{}
	for _, g := range all {
		if len(g.rows) >= leakSome || g.owner == nil || g.owner.Process == nil {
			out = append(out, g)
			continue
		}
		program := programOf(g.owner)
		sum := together[identify(program)]
		if sum == nil {
			together[identify(program)] = g
			out = append(out, g)
			continue
		}
		sum.owner = program
		sum.processes++
		sum.rows = append(sum.rows, g.rows...)
		for id := range g.ids {
			sum.ids[id] = true
		}
	}
	sortOwners(out)
	return out
}

// ownersOf names the processes that most rows belong to. Where many processes of a
// program have a few each, they are named together.
func (f *Finding) ownersOf(rows []Kept) {
	groups := perProcess(rows)
	if len(groups) > namedOwners {
		groups = foldSmall(groups)
	}
	named := 0
	for _, g := range groups {
		name := processName(g.owner)
		if name == "" || named == namedOwners {
			continue
		}
		named++
		said := say("%s has %s of them", "其中 %[2]s 个属于 %[1]s", name, len(g.rows))
		if g.processes > 1 {
			said = say("%s process[es] of %s [1:has|have] %s of them", "其中 %[3]s 个属于 %[2]s 的 %[1]s 个进程", g.processes, name, len(g.rows))
		}
		f.Detail = append(f.Detail, said)
		if f.Owner == nil {
			f.Owner = g.owner
		}
		if len(groups) == 1 {
			f.Whose = said
		}
	}
}

// namedOwners is how many owners a finding names beside the one that it is about.
const namedOwners = 3

// programOf is an owner without pid and start time, so that all processes of one
// program are equal.
func programOf(o *socket.Owner) *socket.Owner {
	c := *o
	c.Process, c.Sharers = &socket.Process{Name: o.Process.Name}, 0
	return &c
}

// who names the owner in a sentence.
func (g *ownedBy) who() knowledge.Text {
	name := ownerText(g.owner)
	if g.processes == 1 {
		return name
	}
	return say("%s, %s process[es],", "%s 的 %s 个进程", name, g.processes)
}

// sharersDetail says that other processes have the connections open too.
func (g *ownedBy) sharersDetail() []knowledge.Text {
	if g.owner == nil || g.owner.Sharers == 0 {
		return nil
	}
	return []knowledge.Text{say("%s more process[es] [has|have] them open too (%s has the lowest pid): a connection is closed only when the last of them closes it.",
		"还有 %s 个进程也打开着它们（%s 是其中 pid 最小的）：最后一个进程关闭之后，连接才会关闭。", g.owner.Sharers, ownerText(g.owner))}
}

// among counts the rows that belong to the owner.
func (g *ownedBy) among(rows []Kept) (n int) {
	for i := range rows {
		if g.ids[identify(rows[i].Owner)] {
			n++
		}
	}
	return n
}

// peer returns the address to which most rows are connected, and how many are.
func peer(rows []Kept) (addr netip.Addr, n int) {
	counts := map[netip.Addr]int{}
	for i := range rows {
		counts[plainPlace(rows[i].Remote).Addr()]++
	}
	return largest(counts, netip.Addr.Less)
}

// peerDetail names the peer, if most rows have the same one.
func peerDetail(rows []Kept) []knowledge.Text {
	addr, n := peer(rows)
	switch {
	case 2*n <= len(rows):
		return nil
	case len(rows) == 1:
		return []knowledge.Text{say("Its peer is %s.", "对端是 %s。", addr.String())}
	case n == len(rows):
		return []knowledge.Text{text("All of them are connected to "+addr.String()+".", "它们的对端都是 "+addr.String()+"。")}
	}
	return []knowledge.Text{say("%s of them are connected to %s.", "其中 %s 个的对端是 %s。", n, addr.String())}
}

// peerBeside is peerDetail for a summary that contains [placeText]: nothing if that
// names the peer already.
func peerBeside(rows []Kept) []knowledge.Text {
	if _, named := placed(rows); named {
		return nil
	}
	return peerDetail(rows)
}

// facing counts the rows whose other end is among others, which means that both ends
// are on this host. of is how many rows would be found if all had their other end
// here.
func facing(rows, others []Kept) (n, of int) {
	if len(others) == 0 {
		return 0, len(rows)
	}
	ends := make(map[[2]netip.AddrPort]bool, len(others))
	for i := range others {
		ends[[2]netip.AddrPort{others[i].Remote, others[i].Local}] = true
	}
	for i := range rows {
		if !sampled(&rows[i], others[0].level) {
			continue
		}
		of++
		if ends[[2]netip.AddrPort{rows[i].Local, rows[i].Remote}] {
			n++
		}
	}
	return n, of
}

// seenAmong reports whether any of the rows belonged to the same program. The owner of
// a row is often no longer known: then its local port, or the server that it is
// connected to, decides.
func (g *ownedBy) seenAmong(rows []Kept) bool {
	local, remote := map[uint16]bool{}, map[netip.AddrPort]bool{}
	for i := range g.rows {
		local[g.rows[i].Local.Port()], remote[g.rows[i].Remote] = true, true
	}
	return slices.ContainsFunc(rows, func(k Kept) bool {
		if k.Owner != nil {
			return g.ids[identify(k.Owner)]
		}
		return local[k.Local.Port()] || remote[k.Remote]
	})
}

// has returns the value of a finding's evidence, 0 if there is none with the name.
func (f *Finding) has(name string) float64 {
	for _, e := range f.Evidence {
		if e.Name == name {
			return e.Value
		}
	}
	return 0
}
