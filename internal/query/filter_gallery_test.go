// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// everyField is the set of all fields.
func everyField() socket.FieldSet {
	var all socket.FieldSet
	for f := range socket.Fields() {
		all.Add(f.ID)
	}
	return all
}

// rowFields is what every row of /proc/net/tcp tells.
func rowFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldState, socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort,
		socket.FieldRemote, socket.FieldRemotePort, socket.FieldRecvQ, socket.FieldSendQ, socket.FieldInode, socket.FieldUID)
}

type exhibit struct {
	name string
	socket.Socket
}

// gallery is the sockets that the cases are tried on. Everything is known of
// each, but of the last, of which only /proc/net/tcp has been read.
func gallery() []exhibit {
	nginx := socket.Owner{
		Confidence: socket.OwnerKnown, Scanned: true, Unit: "nginx.service",
		Process: &socket.Process{PID: 12, Name: "nginx", Command: "nginx: worker process"},
	}
	curl := socket.Owner{Confidence: socket.OwnerKnown, Scanned: true, Process: &socket.Process{PID: 77, Name: "curl", Command: "curl https://a.example"}}
	inferred := socket.Owner{Confidence: socket.OwnerInferred, Scanned: true, Unit: "nginx.service"}
	nobody := socket.Owner{Confidence: socket.OwnerNone, Scanned: true}
	list := []exhibit{
		{"web", row(tcp.Listen, socket.Full, "0.0.0.0:80", "0.0.0.0:0", 10, &nginx)},
		{"ssh6", row(tcp.Listen, socket.Full, "[::]:22", "[::]:0", 11, &curl)},
		{"in", row(tcp.Established, socket.Full, "10.0.0.1:80", "203.0.113.9:50000", 12, &nginx)},
		{"out", row(tcp.Established, socket.Full, "10.0.0.1:40000", "10.8.0.5:443", 13, &curl)},
		{"mapped", row(tcp.Established, socket.Full, "[::ffff:10.0.0.1]:443", "[::ffff:198.51.100.7]:51000", 0, &nobody)},
		{"six", row(tcp.CloseWait, socket.Full, "[2001:db8::1]:443", "[2001:db8:1::9]:52000", 15, &nginx)},
		{"tw", row(tcp.TimeWait, socket.Mini, "10.0.0.1:80", "203.0.113.9:50001", 0, &inferred)},
		{"fw2", row(tcp.FinWait2, socket.Mini, "10.0.0.1:40001", "10.8.0.5:443", 0, &nobody)},
		{"syn", row(tcp.SynRecv, socket.Request, "[::1]:22", "[::1]:6000", 0, &nobody)},
		{"half", row(tcp.Established, socket.Full, "192.168.1.2:33000", "192.168.1.1:5432", 20, nil)},
	}
	paint(list)
	return list
}

// row is a socket of which everything is known and most is zero.
func row(state tcp.State, kind socket.Kind, local, remote string, inode uint32, owner *socket.Owner) socket.Socket {
	s := socket.Socket{
		Known: everyField(), State: state, Kind: kind, Family: socket.IPv4, Inode: inode, UID: 33, User: "www-data", Owner: owner,
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote), CgroupID: 500,
		Info: &socket.TCPInfo{Size: 248, RTT: time.Millisecond}, Mem: &socket.MemInfo{Words: 9}, Congestion: "cubic",
		Netns: &socket.Netns{Inode: 4026531840, Name: "self"}, Cgroup: &socket.Cgroup{ID: 500, Path: "/system.slice/nginx.service"},
	}
	if s.Local.Addr().Is6() {
		s.Family = socket.IPv6
	}
	if tcp.Connected.Has(state) {
		s.Direction, s.Listener = socket.Inbound, netip.AddrPortFrom(netip.IPv4Unspecified(), s.Local.Port())
	}
	if state == tcp.Listen {
		s.Listener = s.Local
	}
	return s
}

// paint gives the exhibits what tells them apart.
func paint(list []exhibit) {
	of := func(name string) *socket.Socket {
		for i := range list {
			if list[i].name == name {
				return &list[i].Socket
			}
		}
		panic(name)
	}
	of("web").RecvQ, of("web").SendQ = 3, 128
	of("ssh6").RecvQ, of("ssh6").SendQ, of("ssh6").UID, of("ssh6").User = 9, 8, 0, "root"
	in, out := of("in"), of("out")
	in.RecvQ, in.Info = 5, &socket.TCPInfo{Size: 248, RTT: 40 * time.Millisecond, DeliveryRate: 2 << 20}
	out.SendQ, out.Mark, out.Ifindex, out.Device, out.Autobound = 100_000, 0x11, 2, "eth0", true
	for _, s := range []*socket.Socket{out, of("fw2")} {
		s.Direction, s.Listener = socket.Outbound, netip.AddrPort{}
	}
	of("fw2").Autobound = true // to the kernel every minisocket is, if its port is an ephemeral one
	out.CgroupID, out.Cgroup = 600, &socket.Cgroup{ID: 600, Path: "/user.slice"}
	of("six").RecvQ = 1
	of("tw").Timer, of("tw").Expires = socket.TimerTimeWait, 42*time.Second
	half := of("half")
	*half = socket.Socket{Known: rowFields(), State: half.State, Family: half.Family, Local: half.Local, Remote: half.Remote, Inode: 20, UID: 1000}
}
