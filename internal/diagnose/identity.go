// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// About is what a finding is about, as data that does not depend on wording. Together
// with the rule's code, the namespace and the owner it identifies the finding.
type About struct {
	// Local is a listener, or the local end of connections. Port 0 means any port of
	// the address; an invalid address means any address of the namespace.
	Local netip.AddrPort
	// Remote is a destination. If Local is set, only connections from there count.
	Remote netip.AddrPort
	// Network is the network of the peers.
	Network netip.Prefix
	// Name is something without an address: a kernel parameter, or a line of a file.
	Name string
}

// Subject writes what the finding is about in a word or two: an address, a
// destination, a process; "" for the whole namespace.
func (f *Finding) Subject() string {
	local, remote := f.About.Local, f.About.Remote
	switch {
	case local.Addr().IsValid() && remote.IsValid():
		return local.Addr().String() + " -> " + remote.String()
	case remote.IsValid():
		return remote.String()
	case local.Port() != 0 && !local.Addr().IsValid():
		return ":" + strconv.Itoa(int(local.Port()))
	case local.Port() != 0:
		return local.String()
	case local.Addr().IsValid():
		return local.Addr().String()
	case f.About.Network.IsValid():
		return f.About.Network.String()
	case f.About.Name != "":
		return f.About.Name
	case f.ofOwner && f.Owner != nil && shortOwner(f.Owner) != "":
		return ownerText(f.Owner).En
	default:
		return ""
	}
}

// listening is about a listener.
func listening(local netip.AddrPort) About { return About{Local: local} }

// destinedTo is about the connections from an address to a destination.
func destinedTo(local netip.Addr, remote netip.AddrPort) About {
	return About{Local: netip.AddrPortFrom(local, 0), Remote: remote}
}

// samePlace reports whether two addresses and ports are the same. An IPv4 address
// mapped into IPv6 equals the IPv4 address. Zones are ignored, because not every
// source shows them.
func samePlace(a, b netip.AddrPort) bool { return plainPlace(a) == plainPlace(b) }

func plainPlace(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// ownerID distinguishes owners: a process by its pid and start time, because pids are
// reused and anybody can choose names; an owner that is not a single process by its
// names.
type ownerID struct {
	pid   uint32
	start uint64

	process, unit, container string
}

func identify(o *socket.Owner) ownerID {
	switch {
	case o == nil:
		return ownerID{}
	case o.Process != nil && o.Process.PID != 0:
		return ownerID{pid: o.Process.PID, start: o.Process.Start}
	case o.Process != nil:
		return ownerID{process: o.Process.Name, unit: o.Unit, container: o.Container}
	default:
		return ownerID{unit: o.Unit, container: o.Container}
	}
}

// ownerText names an owner in a sentence so that the reader can find it: the process
// with its pid, its unit and its container.
func ownerText(o *socket.Owner) knowledge.Text {
	names, home := processName(o), knowledge.Text{}
	if o != nil {
		home = knowledge.ListedText(homeOf(o))
	}
	name := text(names, knowledge.Relisted(names, knowledge.Chinese))
	switch {
	case names == "" && home.En == "":
		return text("a process that could not be found", "未能找到的进程")
	case names == "":
		return home
	case home.En == "":
		return name
	default:
		return text(name.En+" ("+home.En+")", name.Zh+"（"+home.Zh+"）")
	}
}

// processName is a process with its pid, such as nginx[812]; "" if it is not known.
func processName(o *socket.Owner) string {
	switch {
	case o == nil:
		return ""
	case o.Among != "":
		return o.Among
	case o.Process == nil || o.Process.Name == "" && o.Process.PID == 0:
		return ""
	case o.Process.PID == 0:
		return visible.Phrase(o.Process.Name)
	default:
		return visible.Phrase(o.Process.Name) + "[" + strconv.Itoa(int(o.Process.PID)) + "]"
	}
}

// homeOf are the unit and the container of an owner.
func homeOf(o *socket.Owner) (names []string) {
	if o.Unit != "" {
		names = append(names, visible.Phrase(o.Unit))
	}
	if o.Container != "" {
		names = append(names, ShortContainer(o.Container))
	}
	return names
}

// ShortContainer cuts a container's id to the length that runtimes print.
func ShortContainer(id string) string {
	const short, whole = 12, 64
	if len(id) == whole {
		return id[:short]
	}
	return id
}

// placeText says where most of the connections are: at a local port or at a
// destination; empty if they are spread.
func placeText(rows []Kept) knowledge.Text {
	where, _ := placed(rows)
	return where
}

// placed is placeText; peer says whether the text names the peer.
func placed(rows []Kept) (where knowledge.Text, peer bool) {
	if port, n := commonPort(rows); n > 0 {
		where := ":" + strconv.Itoa(int(port))
		return partly(n, len(rows), knowledge.Text{En: "on " + where, Zh: "本地 " + where}), false
	}
	to, n := largest(remotes(rows), func(a, b netip.AddrPort) bool { return a.Compare(b) < 0 })
	if 2*n > len(rows) {
		return partly(n, len(rows), knowledge.Text{En: "to " + to.String(), Zh: "到 " + to.String()}), true
	}
	return knowledge.Text{}, false
}

// commonPort returns the local port that most of the connections have, and how many
// have it; 0 if there is none, as with outgoing connections.
func commonPort(rows []Kept) (port uint16, n int) {
	ports := map[uint16]int{}
	for i := range rows {
		ports[rows[i].Local.Port()]++
	}
	port, n = largest(ports, func(a, b uint16) bool { return a < b })
	if 2*n > len(rows) && len(rows) > 1 || len(rows) == 1 && !ephemeral(rows) {
		return port, n
	}
	return 0, 0
}

// remotes counts the connections by destination.
func remotes(rows []Kept) map[netip.AddrPort]int {
	places := map[netip.AddrPort]int{}
	for i := range rows {
		places[plainPlace(rows[i].Remote)]++
	}
	return places
}

// partly says that n of all connections are at a place.
func partly(n, all int, where knowledge.Text) knowledge.Text {
	if n == all {
		return knowledge.Text{En: " " + where.En, Zh: "（" + where.Zh + "）"}
	}
	return knowledge.Text{En: fmt.Sprintf(" (%d of them %s)", n, where.En), Zh: fmt.Sprintf("（其中 %d 个%s）", n, where.Zh)}
}

// ephemeral reports whether the local port of a row is the larger of the two. Then the
// connection is nearly always an outgoing one.
func ephemeral(rows []Kept) bool { return rows[0].Local.Port() > rows[0].Remote.Port() }

// largest returns the key with the greatest count. If several have it, the first in
// the order of less.
func largest[K comparable](counts map[K]int, less func(a, b K) bool) (key K, n int) {
	for k, count := range counts {
		if count > n || count == n && less(k, key) {
			key, n = k, count
		}
	}
	return key, n
}

// Ownerless reports whether the finding is about sockets but does not name the process
// that has them open.
func (f *Finding) Ownerless() bool {
	sockets := f.ofOwner || len(f.rows) > 0 || f.About.Local.Port() != 0 || f.About.Remote.IsValid()
	return sockets && (f.Owner == nil || f.Owner.Process == nil && f.Owner.Among == "")
}
