// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownedBy are the kept rows of one owner: of a process, or of several small ones
// of one program.
type ownedBy struct {
	owner     *socket.Owner // nil when it is not known whose they are
	ids       map[ownerID]bool
	processes int // that are taken together; 1 of a process
	rows      []Kept
}

// byOwner groups rows by who has them open, the most first. Two processes of one
// name are two owners. What is too little to speak of is taken together with
// others of the same name and place: many workers may each leak a few.
func byOwner(rows []Kept) (all []*ownedBy) {
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
	return foldSmall(all)
}

func sortOwners(all []*ownedBy) {
	slices.SortStableFunc(all, func(a, b *ownedBy) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(ownerText(a.owner).En, ownerText(b.owner).En))
	})
}

// foldSmall takes together the processes of one program that have few rows each.
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

// programOf is an owner without what tells its process from others of the name.
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

// filter chooses the sockets of the owner beside what else chooses them.
func (g *ownedBy) filter(states string) command.Line {
	if of := whose(g.owner); of != "" {
		return listOf(states, of)
	}
	return command.Of("list", states, "-c", "+process")
}

// among counts the rows that are of the owner.
func (g *ownedBy) among(rows []Kept) (n int) {
	for i := range rows {
		if g.ids[identify(rows[i].Owner)] {
			n++
		}
	}
	return n
}

// peer returns the address that most rows are connected to, and how many are.
func peer(rows []Kept) (addr netip.Addr, n int) {
	counts := map[netip.Addr]int{}
	for i := range rows {
		counts[plainPlace(rows[i].Remote).Addr()]++
	}
	return largest(counts, netip.Addr.Less)
}

// peerDetail says who the peer is, when most rows have one peer.
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

// peerBeside is peerDetail beside a summary that has [placeText]: nothing where
// that names the peer.
func peerBeside(rows []Kept) []knowledge.Text {
	if _, named := placed(rows); named {
		return nil
	}
	return peerDetail(rows)
}

// facing counts the rows whose other end is among others: both ends are here. of
// is how many rows would be found if they had one there.
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
			return g.ids[identify(k.Owner)]
		}
		return local[k.Local.Port()] || remote[k.Remote]
	})
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
