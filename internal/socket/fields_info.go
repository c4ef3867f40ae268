// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"math"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// infoStates are the states in which a socket can have a meaningful struct tcp_info.
// Minisockets and requests have none, and listeners put the lengths of their accept
// queue into it (net/ipv4/tcp.c tcp_get_info).
const infoStates = fullStates &^ (1<<tcp.Listen | 1<<tcp.Close | 1<<tcp.Bound)

// withoutInfo reports whether the row has no struct tcp_info of its own.
func withoutInfo(s *Socket) bool { return small(s) || s.Kind == Idle || !infoStates.Has(s.State) }

// info makes an accessor for a field that ends at the given byte of struct tcp_info.
// The kernel sends as much of the struct as it has; a field that it does not send is
// unknown.
func info(end int, get func(*TCPInfo) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		switch {
		case withoutInfo(s):
			return Value{}, true
		case s.Info == nil || s.Info.Size < end:
			return Value{}, false
		default:
			return get(s.Info), true
		}
	}
}

func num(n uint32) Value { return Num(uint64(n)) }

// measured returns a duration; 0 and all ones mean that there is no sample.
func measured(d time.Duration) Value {
	if d <= 0 || d == math.MaxUint32*time.Microsecond {
		return Value{}
	}
	return Span(d)
}

// sampled returns a rate; 0 means that there is no sample.
func sampled(rate uint64) Value {
	if rate == 0 {
		return Value{}
	}
	return Num(rate)
}

// limited returns a rate; all ones mean that there is no limit.
func limited(rate uint64) Value {
	if rate == math.MaxUint64 {
		return Value{}
	}
	return Num(rate)
}

// threshold returns the slow-start threshold, absent until the first loss
// (TCP_INFINITE_SSTHRESH, include/net/tcp.h).
func threshold(n uint32) Value { return unless(n >= math.MaxInt32, n) }

// infoFields returns the fields of struct tcp_info.
func infoFields() []Field {
	return append(pathFields(), append(paceFields(), volumeFields()...)...)
}

// pathFields returns what the connection knows of its path: times, windows, losses.
func pathFields() []Field {
	return []Field{
		{
			ID: FieldRTT, Name: "rtt", Type: TypeDuration,
			Doc:     Doc{"Smoothed round-trip time; none before the first sample.", "平滑往返时间；尚无样本时为 none。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(72, func(i *TCPInfo) Value { return measured(i.RTT) }),
		},
		{
			ID: FieldRTTVar, Name: "rttvar", Type: TypeDuration,
			Doc:     Doc{"Mean deviation of the round-trip time.", "往返时间的平均偏差。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(76, func(i *TCPInfo) Value { return measured(i.RTTVar) }),
		},
		{
			ID: FieldMinRTT, Name: "minrtt", Aliases: []string{"min-rtt"}, Type: TypeDuration,
			Doc:     Doc{"Least round-trip time seen lately (Linux 4.6).", "近期最小往返时间（Linux 4.6）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(152, func(i *TCPInfo) Value { return measured(i.MinRTT) }),
		},
		{
			ID: FieldRTO, Name: "rto", Type: TypeDuration,
			Doc:     Doc{"Retransmission timeout.", "重传超时时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(12, func(i *TCPInfo) Value { return Span(i.RTO) }),
		},
		{
			ID: FieldATO, Name: "ato", Type: TypeDuration,
			Doc:     Doc{"Delayed-acknowledgement timeout.", "延迟确认超时时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(16, func(i *TCPInfo) Value { return Span(i.ATO) }),
		},
		{
			ID: FieldRecvRTT, Name: "rcv-rtt", Type: TypeDuration,
			Doc:     Doc{"Round-trip time as the receiver estimates it.", "接收方估计的往返时间。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(96, func(i *TCPInfo) Value { return measured(i.RecvRTT) }),
		},
		{
			ID: FieldCwnd, Name: "cwnd", Type: TypeCount,
			Doc:     Doc{"Congestion window in segments.", "拥塞窗口（报文段数）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(84, func(i *TCPInfo) Value { return num(i.SendCwnd) }),
		},
		{
			ID: FieldSSThresh, Name: "ssthresh", Type: TypeCount,
			Doc:     Doc{"Slow-start threshold in segments; none before the first loss.", "慢启动阈值（报文段数）；首次丢包之前为 none。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(80, func(i *TCPInfo) Value { return threshold(i.SendSSThresh) }),
		},
		{
			ID: FieldMSS, Name: "mss", Type: TypeBytes,
			Doc:     Doc{"Largest segment that is sent now.", "当前发送的最大报文段。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(20, func(i *TCPInfo) Value { return num(i.SendMSS) }),
		},
		{
			ID: FieldRecvMSS, Name: "rcvmss", Aliases: []string{"rcv-mss"}, Type: TypeBytes,
			Doc:     Doc{"Estimate of the segments that the peer sends.", "对端报文段大小的估计值。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(24, func(i *TCPInfo) Value { return num(i.RecvMSS) }),
		},
		{
			ID: FieldAdvMSS, Name: "advmss", Type: TypeBytes,
			Doc:     Doc{"Largest segment that we announced.", "本端通告的最大报文段。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(88, func(i *TCPInfo) Value { return num(i.AdvMSS) }),
		},
		{
			ID: FieldPMTU, Name: "pmtu", Type: TypeBytes,
			Doc:     Doc{"Path MTU.", "路径 MTU。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(64, func(i *TCPInfo) Value { return num(i.PMTU) }),
		},
		{
			ID: FieldUnacked, Name: "unacked", Type: TypeCount,
			Doc:     Doc{"Segments sent and not yet acknowledged.", "已发送未确认的报文段数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(28, func(i *TCPInfo) Value { return num(i.Unacked) }),
		},
		{
			ID: FieldSacked, Name: "sacked", Type: TypeCount,
			Doc:     Doc{"Segments acknowledged out of order (SACK).", "被选择确认（SACK）的报文段数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(32, func(i *TCPInfo) Value { return num(i.Sacked) }),
		},
		{
			ID: FieldLost, Name: "lost", Type: TypeCount,
			Doc:     Doc{"Segments considered lost.", "被认为已丢失的报文段数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(36, func(i *TCPInfo) Value { return num(i.Lost) }),
		},
		{
			ID: FieldInFlightRetrans, Name: "retrans-now", Type: TypeCount,
			Doc:     Doc{"Segments retransmitted and not yet acknowledged.", "已重传未确认的报文段数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(40, func(i *TCPInfo) Value { return num(i.Retrans) }),
		},
		{
			ID: FieldTotalRetrans, Name: "retrans-total", Aliases: []string{"retransmissions"}, Type: TypeCount,
			Doc:     Doc{"Segments retransmitted over the life of the connection.", "连接一生中重传的报文段总数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(104, func(i *TCPInfo) Value { return num(i.TotalRetrans) }),
		},
		{
			ID: FieldBackoffSteps, Name: "rto-backoff", Type: TypeCount,
			Doc:     Doc{"Times that the retransmission timeout has doubled.", "重传超时加倍的次数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(5, func(i *TCPInfo) Value { return Num(uint64(i.Backoff)) }),
		},
		{
			ID: FieldProbes, Name: "probes", Type: TypeCount,
			Doc:     Doc{"Unanswered window probes or keepalives.", "未获应答的窗口探测或保活次数。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(4, func(i *TCPInfo) Value { return Num(uint64(i.Probes)) }),
		},
		{
			ID: FieldReordering, Name: "reordering", Type: TypeCount,
			Doc:     Doc{"Reordering that is tolerated before a loss is assumed, in segments.", "判定丢包之前容忍的乱序程度（报文段数）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(92, func(i *TCPInfo) Value { return num(i.Reordering) }),
		},
		{
			ID: FieldReordSeen, Name: "reord-seen", Type: TypeCount,
			Doc:     Doc{"Reordering events seen (Linux 4.19).", "观察到的乱序事件数（Linux 4.19）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(224, func(i *TCPInfo) Value { return num(i.ReordSeen) }),
		},
		{
			ID: FieldDSACKDups, Name: "dsack-dups", Type: TypeCount,
			Doc:     Doc{"Duplicates that the peer reported (Linux 4.19).", "对端报告的重复报文段数（Linux 4.19）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(220, func(i *TCPInfo) Value { return num(i.DSACKDups) }),
		},
		{
			ID: FieldRecvOOO, Name: "rcv-ooo", Type: TypeCount,
			Doc:     Doc{"Segments received out of order (Linux 5.4).", "收到的乱序报文段数（Linux 5.4）。"},
			Sources: diagEngines, Cost: CostInfo, States: infoStates,
			get: info(228, func(i *TCPInfo) Value { return num(i.RecvOOOPack) }),
		},
	}
}
