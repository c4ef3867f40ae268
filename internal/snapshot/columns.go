// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A field is one member of a row as a column: its number in the file, its name in
// docs/snapshot.md, and how to read and write it. A column of zeros is left out, so a
// member that a kind of row does not have takes no space.
type field struct {
	id   uint16
	name string
	get  func(*row) uint64
	set  func(*row, uint64)
}

// columnShape is the column that decoding the others needs: it tells which rows have
// a struct tcp_info and which form their addresses have.
const columnShape = 1

// rowColumns are the columns of every row. A column's number is never reused.
func rowColumns() []field {
	return append(plainColumns(), append(addressColumns(), tableColumns()...)...)
}

func plainColumns() []field {
	return []field{
		{2, "state", func(r *row) uint64 { return uint64(r.State) }, func(r *row, v uint64) { r.State = tcp.State(v) }},
		{3, "kind", func(r *row) uint64 { return uint64(r.Kind) }, func(r *row, v uint64) { r.Kind = socket.Kind(v) }},
		{4, "family", func(r *row) uint64 { return uint64(r.Family) }, func(r *row, v uint64) { r.Family = socket.Family(v) }},
		{5, "timer", func(r *row) uint64 { return uint64(r.Timer) }, func(r *row, v uint64) { r.Timer = socket.Timer(v) }},
		{6, "expires", func(r *row) uint64 { return uint64(r.Expires) }, func(r *row, v uint64) { r.Expires = time.Duration(v) }},
		{7, "retrans", func(r *row) uint64 { return uint64(r.Retrans) }, func(r *row, v uint64) { r.Retrans = uint8(v) }},
		{8, "recvq", func(r *row) uint64 { return uint64(r.RecvQ) }, func(r *row, v uint64) { r.RecvQ = uint32(v) }},
		{9, "sendq", func(r *row) uint64 { return uint64(r.SendQ) }, func(r *row, v uint64) { r.SendQ = uint32(v) }},
		{10, "uid", func(r *row) uint64 { return uint64(r.UID) }, func(r *row, v uint64) { r.UID = uint32(v) }},
		{11, "inode", func(r *row) uint64 { return uint64(r.Inode) }, func(r *row, v uint64) { r.Inode = uint32(v) }},
		{12, "ifindex", func(r *row) uint64 { return uint64(r.Ifindex) }, func(r *row, v uint64) { r.Ifindex = uint32(v) }},
		{13, "cookie", func(r *row) uint64 { return r.Cookie }, func(r *row, v uint64) { r.Cookie = v }},
		{14, "mark", func(r *row) uint64 { return uint64(r.Mark) }, func(r *row, v uint64) { r.Mark = uint32(v) }},
		{15, "cgroup_id", func(r *row) uint64 { return r.CgroupID }, func(r *row, v uint64) { r.CgroupID = v }},
		{16, "shutdown", func(r *row) uint64 { return uint64(r.Shutdown) }, func(r *row, v uint64) { r.Shutdown = socket.Shutdown(v) }},
		{17, "v6only", func(r *row) uint64 { return truth(r.V6Only) }, func(r *row, v uint64) { r.V6Only = v != 0 }},
		{18, "autobound", func(r *row) uint64 { return truth(r.Autobound) }, func(r *row, v uint64) { r.Autobound = v != 0 }},
		{19, "direction", func(r *row) uint64 { return uint64(r.Direction) }, func(r *row, v uint64) { r.Direction = socket.Direction(v) }},
		{20, "subflow", func(r *row) uint64 { return truth(r.Subflow) }, func(r *row, v uint64) { r.Subflow = v != 0 }},
	}
}

// addressColumns are the columns of the endpoints: an address as a 128-bit number in
// two halves (an IPv4 address is in the lower half), and the port.
func addressColumns() []field {
	local := func(s *socket.Socket) *netip.AddrPort { return &s.Local }
	remote := func(s *socket.Socket) *netip.AddrPort { return &s.Remote }
	listener := func(s *socket.Socket) *netip.AddrPort { return &s.Listener }
	var all []field
	for i, end := range []struct {
		name string
		of   func(*socket.Socket) *netip.AddrPort
	}{{"local", local}, {"remote", remote}, {"listener", listener}} {
		all = append(all, endpointColumns(uint16(30+3*i), end.name, end.of)...)
	}
	return all
}

func endpointColumns(id uint16, name string, of func(*socket.Socket) *netip.AddrPort) []field {
	return []field{
		{id, name + "_high", func(r *row) uint64 { high, _ := halves(of(r.Socket).Addr()); return high }, func(r *row, v uint64) {
			a := of(r.Socket)
			_, low := halves(a.Addr())
			*a = netip.AddrPortFrom(whole(a.Addr(), v, low), a.Port())
		}},
		{id + 1, name + "_low", func(r *row) uint64 { _, low := halves(of(r.Socket).Addr()); return low }, func(r *row, v uint64) {
			a := of(r.Socket)
			high, _ := halves(a.Addr())
			*a = netip.AddrPortFrom(whole(a.Addr(), high, v), a.Port())
		}},
		{id + 2, name + "_port", func(r *row) uint64 { return uint64(of(r.Socket).Port()) }, func(r *row, v uint64) {
			a := of(r.Socket)
			*a = netip.AddrPortFrom(a.Addr(), uint16(v))
		}},
	}
}

func halves(a netip.Addr) (high, low uint64) {
	switch {
	case a.Is4():
		b := a.As4()
		return 0, uint64(binary.BigEndian.Uint32(b[:]))
	case a.Is6():
		b := a.As16()
		return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	default:
		return 0, 0
	}
}

// whole puts an address together from its halves, with the form and zone of like.
func whole(like netip.Addr, high, low uint64) netip.Addr {
	switch {
	case like.Is4():
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(low))
		return netip.AddrFrom4(b)
	case like.Is6():
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], high)
		binary.BigEndian.PutUint64(b[8:], low)
		return netip.AddrFrom16(b).WithZone(like.Zone())
	default:
		return like
	}
}

// tableColumns are the columns that refer to tables; 0 refers to nothing.
func tableColumns() []field {
	return []field{
		{columnShape, "shape", func(r *row) uint64 { return r.shape }, func(r *row, v uint64) { r.shape = v }},
		{50, "congestion", func(r *row) uint64 { return r.congestion }, func(r *row, v uint64) { r.congestion = v }},
		{51, "user", func(r *row) uint64 { return r.user }, func(r *row, v uint64) { r.user = v }},
		{52, "device", func(r *row) uint64 { return r.device }, func(r *row, v uint64) { r.device = v }},
		{53, "cgroup", func(r *row) uint64 { return r.cgroup }, func(r *row, v uint64) { r.cgroup = v }},
		{54, "owner", func(r *row) uint64 { return r.owner }, func(r *row, v uint64) { r.owner = v }},
		{55, "place_owner", func(r *row) uint64 { return r.byPlace }, func(r *row, v uint64) { r.byPlace = v }},
	}
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
