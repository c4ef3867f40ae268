// SPDX-License-Identifier: Apache-2.0

package socket

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// queueFields returns the queues. For a listener the kernel reuses the two numbers of
// a connection. So the accept queue has fields of its own, and recvq and sendq of a
// listener are absent: a sum of bytes and backlogs would mean nothing.
func queueFields() []Field {
	const connections = tcp.AllStates &^ (1 << tcp.Listen)
	return []Field{
		{
			ID: FieldRecvQ, Name: "recvq", Aliases: []string{"recv-q", "rqueue"}, Type: TypeBytes,
			Doc:     Doc{"Bytes received that the process has not read. None for a listener: see acceptq.", "已收到而进程尚未读取的字节数。监听套接字没有此项：见 acceptq。"},
			Sources: rowEngines, States: connections,
			get: known(FieldRecvQ, func(s *Socket) Value { return unless(s.State == tcp.Listen, s.RecvQ) }),
		},
		{
			ID: FieldSendQ, Name: "sendq", Aliases: []string{"send-q", "wqueue"}, Type: TypeBytes,
			Doc:     Doc{"Bytes that the peer has not acknowledged. None for a listener: see backlog.", "对端尚未确认的字节数。监听套接字没有此项：见 backlog。"},
			Sources: rowEngines, States: connections,
			get: known(FieldSendQ, func(s *Socket) Value { return unless(s.State == tcp.Listen, s.SendQ) }),
		},
		{
			ID: FieldAcceptQ, Name: "acceptq", Aliases: []string{"accept-q"}, Type: TypeCount,
			Doc:     Doc{"Connections that wait for accept() at this listener.", "在该监听套接字上等待 accept() 的连接数。"},
			Sources: rowEngines, States: listening, From: FieldsOf(FieldState, FieldRecvQ),
			get: known(FieldRecvQ, func(s *Socket) Value { return unless(s.State != tcp.Listen, s.RecvQ) }),
		},
		{
			ID: FieldBacklog, Name: "backlog", Type: TypeCount,
			Doc:     Doc{"Limit of this listener's accept queue: min(listen() argument, somaxconn) at the time of listen().", "该监听套接字的全连接队列上限：调用 listen() 时参数与 somaxconn 中较小者。"},
			Sources: diagEngines | FromListing, States: listening,
			// This field has its own bit in Known: /proc/net/tcp has the send queue
			// of a connection but prints 0 for the limit of a listener.
			get: known(FieldBacklog, func(s *Socket) Value { return unless(s.State != tcp.Listen, s.SendQ) }),
		},
		{
			ID: FieldDrops, Name: "drops", Type: TypeCount,
			Doc:     Doc{"Segments dropped at this socket; for a listener, connections it lost to a full queue among them (SK_MEMINFO_DROPS).", "在该套接字上丢弃的报文数；对监听套接字包括因队列满而丢失的连接（SK_MEMINFO_DROPS）。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(9, func(m *MemInfo) uint32 { return m.Drops }),
		},
	}
}

// unless returns n, or the absent value if the condition holds.
func unless(absent bool, n uint32) Value {
	if absent {
		return Value{}
	}
	return Num(uint64(n))
}
