// SPDX-License-Identifier: Apache-2.0

package socket

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// Groups of engines that recur in the table.
const (
	everyEngine = FromSockDiag | FromProc | FromListing | FromSnapshot | FromHashwalk
	rowEngines  = FromSockDiag | FromProc | FromListing | FromSnapshot
	diagEngines = FromSockDiag | FromSnapshot
)

// directed are the states in which a row can have a direction: those with another end,
// and CLOSE, which is the state of a traced connection that has ended.
const directed = tcp.Connected | 1<<tcp.Close

// listening are the states in which a socket has an accept queue.
const listening tcp.StateSet = 1 << tcp.Listen

// known makes an accessor for a field that has its own bit in Known.
func known(id FieldID, get func(*Socket) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		if !s.Known.Has(id) {
			return Value{}, false
		}
		return get(s), true
	}
}

// identityFields returns the fields that identify a socket.
func identityFields() []Field {
	return []Field{
		{
			ID: FieldState, Name: "state", Aliases: []string{"st"}, Type: TypeState,
			Doc: Doc{
				"State of the connection, as netstat prints it; BOUND is bound but neither listening nor connected.",
				"连接状态，写法与 netstat 相同；BOUND 表示已绑定端口，但既未监听也未连接。",
			},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldState, func(s *Socket) Value { return Num(uint64(s.State.Reported())) }),
		},
		{
			ID: FieldFamily, Name: "family", Aliases: []string{"af"}, Type: TypeEnum,
			Words: []string{4: "ipv4", 6: "ipv6"},
			Doc: Doc{
				"Address family of the socket. An IPv4 connection accepted by an IPv6 listener is ipv6, with ::ffff: addresses.",
				"套接字的地址族。由 IPv6 监听套接字接受的 IPv4 连接属于 ipv6，地址带 ::ffff: 前缀。",
			},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldFamily, func(s *Socket) Value { return Num(uint64(s.Family)) }),
		},
		{
			ID: FieldKind, Name: "kind", Type: TypeEnum,
			Words: []string{Full: "full", Mini: "mini", Request: "request", Idle: "idle"},
			Doc: Doc{
				"Kernel object behind the row: full socket, mini (time-wait) socket, connection request, or idle bound socket.",
				"这一行对应的内核对象：full 完整套接字，mini 即 TIME_WAIT 的 minisocket，request 连接请求，idle 仅绑定的套接字。",
			},
			Sources: diagEngines | FromHashwalk, States: tcp.AllStates,
			get: known(FieldKind, func(s *Socket) Value { return Num(uint64(s.Kind)) }),
		},
		{
			ID: FieldLocal, Name: "local", Aliases: []string{"src", "laddr", "saddr", "source"}, Type: TypeAddress,
			Doc: Doc{
				"Local address. In filters a host as ss writes it: 10.0.0.0/8, [::1]:80, *:80, :80. An IPv4 prefix also matches ::ffff: addresses.",
				"本地地址。在过滤条件中按 ss 的写法：10.0.0.0/8、[::1]:80、*:80、:80。IPv4 前缀也匹配 ::ffff: 地址。",
			},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldLocal, func(s *Socket) Value { return Addr(s.Local.Addr()) }),
		},
		{
			ID: FieldLocalPort, Name: "sport", Aliases: []string{"lport", "local-port"}, Type: TypePort,
			Doc:     Doc{"Local port. In filters also a service name: sport = :https.", "本地端口。过滤条件中也可写服务名：sport = :https。"},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldLocalPort, func(s *Socket) Value { return Num(uint64(s.Local.Port())) }),
		},
		{
			ID: FieldRemote, Name: "remote", Aliases: []string{"dst", "raddr", "daddr", "peer"}, Type: TypeAddress,
			Doc: Doc{
				"Remote address; the unspecified address for a listener.",
				"远端地址；监听套接字为未指定地址。",
			},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldRemote, func(s *Socket) Value { return Addr(s.Remote.Addr()) }),
		},
		{
			ID: FieldRemotePort, Name: "dport", Aliases: []string{"rport", "remote-port"}, Type: TypePort,
			Doc:     Doc{"Remote port; 0 for a listener.", "远端端口；监听套接字为 0。"},
			Sources: everyEngine, States: tcp.AllStates,
			get: known(FieldRemotePort, func(s *Socket) Value { return Num(uint64(s.Remote.Port())) }),
		},
		{
			ID: FieldDirection, Name: "direction", Aliases: []string{"dir"}, Type: TypeEnum,
			Words: []string{Inbound: "inbound", Outbound: "outbound"},
			Doc: Doc{
				"inbound when a listener owns the local port now, outbound otherwise: the kernel does not remember who opened a connection.",
				"若现在有监听套接字占有本地端口则为 inbound，否则为 outbound：内核并不记录连接由哪一端发起。",
			},
			Sources: rowEngines | FromHashwalk, Cost: CostListeners, States: directed,
			get: known(FieldDirection, func(s *Socket) Value {
				if s.Direction == 0 {
					return Value{}
				}
				return Num(uint64(s.Direction))
			}),
		},
		{
			ID: FieldListener, Name: "listener", Type: TypeEndpoint,
			Doc: Doc{
				"The listener that owns the local port, by its address; none for an outbound connection, and for a listener itself.",
				"占有本地端口的监听套接字的地址；出站连接与监听套接字本身为 none。",
			},
			Sources: rowEngines | FromHashwalk, Cost: CostListeners, States: tcp.AllStates,
			get: known(FieldListener, func(s *Socket) Value { return AddrPort(s.Listener) }),
		},
		{
			ID: FieldInode, Name: "inode", Aliases: []string{"ino"}, Type: TypeID,
			Doc:     Doc{"Inode of the open socket; 0 when no process has it open.", "已打开套接字的 inode；没有进程打开时为 0。"},
			Sources: rowEngines, States: tcp.AllStates,
			get: known(FieldInode, func(s *Socket) Value { return Num(uint64(s.Inode)) }),
		},
		{
			ID: FieldCookie, Name: "cookie", Aliases: []string{"sk"}, Type: TypeID,
			Doc:     Doc{"The kernel's number for the socket, never used again after it.", "内核给套接字的编号，此后不再重复使用。"},
			Sources: diagEngines, States: tcp.AllStates,
			get: known(FieldCookie, func(s *Socket) Value { return Num(s.Cookie) }),
		},
		{
			ID: FieldIfindex, Name: "ifindex", Type: TypeID,
			Doc:     Doc{"Index of the device that the socket is bound to; 0 for none.", "套接字所绑定网络设备的索引；未绑定为 0。"},
			Sources: diagEngines, States: tcp.AllStates,
			get: known(FieldIfindex, func(s *Socket) Value { return Num(uint64(s.Ifindex)) }),
		},
		{
			ID: FieldDevice, Name: "device", Aliases: []string{"dev", "iface"}, Type: TypeString,
			Doc:     Doc{"Name of the device that the socket is bound to (SO_BINDTODEVICE, link-local).", "套接字所绑定网络设备的名称（SO_BINDTODEVICE 或链路本地地址）。"},
			Sources: diagEngines, Cost: CostLookup, States: tcp.AllStates,
			get: known(FieldDevice, func(s *Socket) Value { return Text(s.Device) }),
		},
		{
			ID: FieldMark, Name: "mark", Aliases: []string{"fwmark"}, Type: TypeMask,
			Doc:     Doc{"Firewall mark (SO_MARK). The kernel tells it only to CAP_NET_ADMIN. mark = 0x1/0x3 compares two bits.", "防火墙标记（SO_MARK）。内核只告诉拥有 CAP_NET_ADMIN 的进程。mark = 0x1/0x3 只比较两个比特。"},
			Sources: diagEngines, Cost: CostAttribute, States: tcp.AllStates,
			get: known(FieldMark, func(s *Socket) Value { return Num(uint64(s.Mark)) }),
		},
		{
			ID: FieldV6Only, Name: "v6only", Type: TypeBool,
			Doc:     Doc{"The IPv6 listener takes no IPv4 connections.", "该 IPv6 监听套接字不接受 IPv4 连接。"},
			Sources: diagEngines, Cost: CostAttribute, States: 1<<tcp.Listen | 1<<tcp.Close | 1<<tcp.Bound,
			get: known(FieldV6Only, v6only),
		},
		{
			ID: FieldShutdown, Name: "shutdown", Type: TypeEnum,
			Words:   []string{0: "open", ShutRead: "read", ShutWrite: "write", ShutRead | ShutWrite: "both"},
			Doc:     Doc{"Directions of the socket that are shut down.", "套接字已被关闭的方向。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: known(FieldShutdown, func(s *Socket) Value {
				if small(s) {
					return Value{}
				}
				return Num(uint64(s.Shutdown))
			}),
		},
		{
			ID: FieldAutobound, Name: "autobound", Type: TypeBool,
			Doc: Doc{
				"The kernel chose the local port. Only sock_diag can tell: a socket that is not locked to its port, with a port of ip_local_port_range.",
				"本地端口由内核选定。只有 sock_diag 能回答：端口未被锁定且属于 ip_local_port_range。",
			},
			Sources: FromSockDiag, States: tcp.AllStates,
			get: known(FieldAutobound, func(s *Socket) Value { return Truth(s.Autobound) }),
		},
		{
			ID: FieldMPTCP, Name: "mptcp", Aliases: []string{"subflow"}, Type: TypeBool,
			Doc: Doc{
				"A part (subflow) of an MPTCP connection, or the TCP side of an MPTCP listener. Whether its peer has closed and what is unread is of the MPTCP connection above it, which ss -M shows.",
				"MPTCP 连接的一部分（子流），或 MPTCP 监听套接字的 TCP 一面。对端是否已关闭、有多少未读数据，属于其上的 MPTCP 连接，用 ss -M 查看。",
			},
			Sources: diagEngines, Cost: CostInfo, States: fullStates,
			get: subflow,
		},
	}
}

// fullStates are the states in which a socket can be a full one: all but TIME_WAIT.
const fullStates = tcp.AllStates &^ (1 << tcp.TimeWait)

// small reports whether the row is an object without the attributes of a full
// socket: a time-wait minisocket or a connection request.
func small(s *Socket) bool {
	return s.Kind == Mini || s.Kind == Request || s.State == tcp.TimeWait
}

// subflow returns whether the kernel names MPTCP as the socket's upper protocol;
// small objects do not tell it.
func subflow(s *Socket) (Value, bool) {
	switch {
	case small(s) || s.Kind == Idle:
		return Value{}, true
	case !s.Known.Has(FieldMPTCP):
		return Value{}, false
	default:
		return Truth(s.Subflow), true
	}
}

func v6only(s *Socket) Value {
	if s.Family != IPv6 || s.State != tcp.Listen && s.State != tcp.Close && s.State != tcp.Bound {
		return Value{}
	}
	return Truth(s.V6Only)
}
