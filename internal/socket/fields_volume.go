// SPDX-License-Identifier: Apache-2.0

package socket

// paceFields returns how recently and how fast data moves.
func paceFields() []Field {
	return []Field{
		{
			ID: FieldLastSend, Name: "lastsnd", Aliases: []string{"last-send"}, Type: TypeDuration,
			Doc:     Doc{"Time since data was last sent.", "距上次发送数据的时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(48, func(i *TCPInfo) Value { return Span(i.LastDataSent) }),
		},
		{
			ID: FieldLastRecv, Name: "lastrcv", Aliases: []string{"last-recv", "last-receive"}, Type: TypeDuration,
			Doc:     Doc{"Time since data was last received.", "距上次收到数据的时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(56, func(i *TCPInfo) Value { return Span(i.LastDataRecv) }),
		},
		{
			ID: FieldLastAck, Name: "lastack", Aliases: []string{"last-ack-age"}, Type: TypeDuration,
			Doc:     Doc{"Time since an acknowledgement was last received.", "距上次收到确认的时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(60, func(i *TCPInfo) Value { return Span(i.LastAckRecv) }),
		},
		{
			ID: FieldDeliveryRate, Name: "delivery-rate", Type: TypeRate,
			Doc:     Doc{"Rate at which the peer received lately (Linux 4.9); none before the first sample.", "近期对端收到数据的速率（Linux 4.9）；尚无样本时为 none。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(168, func(i *TCPInfo) Value { return sampled(i.DeliveryRate) }),
		},
		{
			ID: FieldPacingRate, Name: "pacing-rate", Type: TypeRate,
			Doc:     Doc{"Rate at which segments are paced; none when they are not.", "报文发送的限速；未限速时为 none。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(112, func(i *TCPInfo) Value { return limited(i.PacingRate) }),
		},
		{
			ID: FieldMaxPacingRate, Name: "max-pacing-rate", Type: TypeRate,
			Doc:     Doc{"Limit that the process set on the pacing rate; none without one.", "进程设置的限速上限；没有时为 none。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(120, func(i *TCPInfo) Value { return limited(i.MaxPacingRate) }),
		},
		{
			ID: FieldAppLimited, Name: "app-limited", Type: TypeBool,
			Doc:     Doc{"The delivery rate was measured while the process had too little to send.", "测量 delivery-rate 时进程没有足够的数据可发。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(168, func(i *TCPInfo) Value { return Truth(i.AppLimited) }),
		},
		{
			ID: FieldCongestion, Name: "congestion", Aliases: []string{"cong", "ca"}, Type: TypeString,
			Doc:     Doc{"Congestion control in use.", "所用的拥塞控制算法。"},
			Sources: diagEngines, Cost: CostAttribute, States: infoStates,
			get: func(s *Socket) (Value, bool) {
				if withoutInfo(s) {
					return Value{}, true
				}
				return Text(s.Congestion), s.Known.Has(FieldCongestion)
			},
		},
		{
			ID: FieldCAState, Name: "ca-state", Type: TypeEnum, Words: []string{"open", "disorder", "cwr", "recovery", "loss"},
			Doc:     Doc{"State of congestion control: open, disorder, cwr, recovery, loss.", "拥塞控制状态：open、disorder、cwr、recovery、loss。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(2, func(i *TCPInfo) Value { return Num(uint64(i.CAState)) }),
		},
	}
}

// volumeFields returns how much data has been moved.
func volumeFields() []Field {
	return []Field{
		{
			ID: FieldBytesSent, Name: "bytes-sent", Type: TypeBytes,
			Doc:     Doc{"Bytes sent, retransmissions among them (Linux 4.19).", "已发送字节数，含重传（Linux 4.19）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(208, func(i *TCPInfo) Value { return Num(i.BytesSent) }),
		},
		{
			ID: FieldBytesAcked, Name: "bytes-acked", Type: TypeBytes,
			Doc:     Doc{"Bytes that the peer acknowledged (Linux 4.1).", "对端已确认的字节数（Linux 4.1）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(128, func(i *TCPInfo) Value { return Num(i.BytesAcked) }),
		},
		{
			ID: FieldBytesReceived, Name: "bytes-received", Type: TypeBytes,
			Doc:     Doc{"Bytes received (Linux 4.1).", "已收到的字节数（Linux 4.1）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(136, func(i *TCPInfo) Value { return Num(i.BytesReceived) }),
		},
		{
			ID: FieldBytesRetrans, Name: "bytes-retrans", Type: TypeBytes,
			Doc:     Doc{"Bytes retransmitted (Linux 4.19).", "重传的字节数（Linux 4.19）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(216, func(i *TCPInfo) Value { return Num(i.BytesRetrans) }),
		},
		{
			ID: FieldNotSent, Name: "notsent", Type: TypeBytes,
			Doc:     Doc{"Bytes in the send queue that were never sent (Linux 4.6).", "发送队列中尚未发送过的字节数（Linux 4.6）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(148, func(i *TCPInfo) Value { return num(i.NotsentBytes) }),
		},
		{
			ID: FieldSegsOut, Name: "segs-out", Type: TypeCount,
			Doc:     Doc{"Segments sent (Linux 4.2).", "已发送报文段数（Linux 4.2）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(140, func(i *TCPInfo) Value { return num(i.SegsOut) }),
		},
		{
			ID: FieldSegsIn, Name: "segs-in", Type: TypeCount,
			Doc:     Doc{"Segments received (Linux 4.2).", "已收到报文段数（Linux 4.2）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(144, func(i *TCPInfo) Value { return num(i.SegsIn) }),
		},
		{
			ID: FieldDataSegsOut, Name: "data-segs-out", Type: TypeCount,
			Doc:     Doc{"Segments with data sent (Linux 4.6).", "已发送的带数据报文段数（Linux 4.6）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(160, func(i *TCPInfo) Value { return num(i.DataSegsOut) }),
		},
		{
			ID: FieldDataSegsIn, Name: "data-segs-in", Type: TypeCount,
			Doc:     Doc{"Segments with data received (Linux 4.6).", "已收到的带数据报文段数（Linux 4.6）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(156, func(i *TCPInfo) Value { return num(i.DataSegsIn) }),
		},
		{
			ID: FieldDelivered, Name: "delivered", Type: TypeCount,
			Doc:     Doc{"Segments delivered to the peer (Linux 4.18).", "已送达对端的报文段数（Linux 4.18）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(196, func(i *TCPInfo) Value { return num(i.Delivered) }),
		},
		{
			ID: FieldDeliveredCE, Name: "delivered-ce", Type: TypeCount,
			Doc:     Doc{"Segments delivered with an ECN congestion mark (Linux 4.18).", "带 ECN 拥塞标记送达的报文段数（Linux 4.18）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(200, func(i *TCPInfo) Value { return num(i.DeliveredCE) }),
		},
		{
			ID: FieldSendWindow, Name: "snd-wnd", Type: TypeBytes,
			Doc:     Doc{"Receive window that the peer announced (Linux 5.4); 0 is a closed window.", "对端通告的接收窗口（Linux 5.4）；0 表示窗口关闭。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(232, func(i *TCPInfo) Value { return num(i.SendWindow) }),
		},
		{
			ID: FieldRecvSpace, Name: "rcv-space", Type: TypeBytes,
			Doc:     Doc{"Receive buffer space that auto-tuning aims at.", "接收缓冲区自动调节的目标大小。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(100, func(i *TCPInfo) Value { return num(i.RecvSpace) }),
		},
		{
			ID: FieldRecvSSThresh, Name: "rcv-ssthresh", Type: TypeBytes,
			Doc:     Doc{"Limit of the receive window that is announced.", "通告的接收窗口的上限。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(68, func(i *TCPInfo) Value { return num(i.RecvSSThresh) }),
		},
		{
			ID: FieldSendScale, Name: "snd-wscale", Type: TypeCount,
			Doc:     Doc{"Window scale of the peer.", "对端的窗口扩大因子。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(7, func(i *TCPInfo) Value { return Num(uint64(i.SendScale)) }),
		},
		{
			ID: FieldRecvScale, Name: "rcv-wscale", Type: TypeCount,
			Doc:     Doc{"Window scale of this end.", "本端的窗口扩大因子。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(7, func(i *TCPInfo) Value { return Num(uint64(i.RecvScale)) }),
		},
		{
			ID: FieldBusyTime, Name: "busy", Type: TypeDuration,
			Doc:     Doc{"Time spent sending (Linux 4.10).", "处于发送中的时间（Linux 4.10）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(176, func(i *TCPInfo) Value { return Span(i.BusyTime) }),
		},
		{
			ID: FieldRwndLimited, Name: "rwnd-limited", Type: TypeDuration,
			Doc:     Doc{"Of it, time held up by the peer's window.", "其中受对端窗口限制的时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(184, func(i *TCPInfo) Value { return Span(i.RwndLimited) }),
		},
		{
			ID: FieldSndbufLimited, Name: "sndbuf-limited", Type: TypeDuration,
			Doc:     Doc{"Of it, time held up by the send buffer.", "其中受发送缓冲区限制的时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(192, func(i *TCPInfo) Value { return Span(i.SndbufLimited) }),
		},
	}
}
