// SPDX-License-Identifier: Apache-2.0

package socket

// memory makes an accessor for the n-th word of INET_DIAG_SKMEMINFO.
func memory(n int, get func(*MemInfo) uint32) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		switch {
		case small(s):
			return Value{}, true
		case s.Mem == nil || s.Mem.Words < n:
			return Value{}, false
		default:
			return Num(uint64(get(s.Mem))), true
		}
	}
}

// memoryFields returns the memory of a socket, in the kernel's order (net/core/sock.c
// sk_get_meminfo). Drops is among the queue fields.
func memoryFields() []Field {
	return []Field{
		{
			ID: FieldMemRecv, Name: "rmem", Type: TypeBytes,
			Doc:     Doc{"Memory held by received data, with overhead.", "已收到数据占用的内存，含开销。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(1, func(m *MemInfo) uint32 { return m.ReceiveAlloc }),
		},
		{
			ID: FieldMemRecvLimit, Name: "rcvbuf", Type: TypeBytes,
			Doc:     Doc{"Limit of the receive buffer.", "接收缓冲区上限。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(2, func(m *MemInfo) uint32 { return m.ReceiveLimit }),
		},
		{
			ID: FieldMemTransmit, Name: "tmem", Type: TypeBytes,
			Doc:     Doc{"Memory of segments handed to the network and not yet freed.", "已交给网络层而尚未释放的报文占用的内存。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(3, func(m *MemInfo) uint32 { return m.TransmitAlloc }),
		},
		{
			ID: FieldMemSendLimit, Name: "sndbuf", Type: TypeBytes,
			Doc:     Doc{"Limit of the send buffer.", "发送缓冲区上限。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(4, func(m *MemInfo) uint32 { return m.SendLimit }),
		},
		{
			ID: FieldMemForward, Name: "fmem", Type: TypeBytes,
			Doc:     Doc{"Memory reserved for the socket and not yet used.", "已为套接字预留而未使用的内存。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(5, func(m *MemInfo) uint32 { return m.Forward }),
		},
		{
			ID: FieldMemSendQueued, Name: "wmem", Type: TypeBytes,
			Doc:     Doc{"Memory held by the send queue, with overhead.", "发送队列占用的内存，含开销。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(6, func(m *MemInfo) uint32 { return m.SendQueued }),
		},
		{
			ID: FieldMemOptions, Name: "optmem", Type: TypeBytes,
			Doc:     Doc{"Memory held by options and filters.", "选项与过滤器占用的内存。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(7, func(m *MemInfo) uint32 { return m.Options }),
		},
		{
			ID: FieldMemBacklog, Name: "backlog-mem", Type: TypeBytes,
			Doc:     Doc{"Memory of segments that wait because a process is inside the socket.", "因进程正在操作套接字而等待处理的报文占用的内存。"},
			Sources: diagEngines, Cost: CostAttribute, States: fullStates,
			get: memory(8, func(m *MemInfo) uint32 { return m.Backlog }),
		},
	}
}
