// SPDX-License-Identifier: Apache-2.0

package snapshot

import "time"

// infoColumns are the columns of struct tcp_info, for rows whose shape has one. A
// column's number is never reused.
func infoColumns() []field {
	return []field{
		{100, "ca_state", func(r *row) uint64 { return uint64(r.Info.CAState) }, func(r *row, v uint64) { r.Info.CAState = uint8(v) }},
		{101, "retransmits", func(r *row) uint64 { return uint64(r.Info.Retransmits) }, func(r *row, v uint64) { r.Info.Retransmits = uint8(v) }},
		{102, "probes", func(r *row) uint64 { return uint64(r.Info.Probes) }, func(r *row, v uint64) { r.Info.Probes = uint8(v) }},
		{103, "backoff", func(r *row) uint64 { return uint64(r.Info.Backoff) }, func(r *row, v uint64) { r.Info.Backoff = uint8(v) }},
		{104, "options", func(r *row) uint64 { return uint64(r.Info.Options) }, func(r *row, v uint64) { r.Info.Options = uint8(v) }},
		{105, "send_scale", func(r *row) uint64 { return uint64(r.Info.SendScale) }, func(r *row, v uint64) { r.Info.SendScale = uint8(v) }},
		{106, "recv_scale", func(r *row) uint64 { return uint64(r.Info.RecvScale) }, func(r *row, v uint64) { r.Info.RecvScale = uint8(v) }},
		{107, "app_limited", func(r *row) uint64 { return truth(r.Info.AppLimited) }, func(r *row, v uint64) { r.Info.AppLimited = v != 0 }},
		{108, "rto", func(r *row) uint64 { return uint64(r.Info.RTO) }, func(r *row, v uint64) { r.Info.RTO = time.Duration(v) }},
		{109, "ato", func(r *row) uint64 { return uint64(r.Info.ATO) }, func(r *row, v uint64) { r.Info.ATO = time.Duration(v) }},
		{110, "send_mss", func(r *row) uint64 { return uint64(r.Info.SendMSS) }, func(r *row, v uint64) { r.Info.SendMSS = uint32(v) }},
		{111, "recv_mss", func(r *row) uint64 { return uint64(r.Info.RecvMSS) }, func(r *row, v uint64) { r.Info.RecvMSS = uint32(v) }},
		{112, "unacked", func(r *row) uint64 { return uint64(r.Info.Unacked) }, func(r *row, v uint64) { r.Info.Unacked = uint32(v) }},
		{113, "sacked", func(r *row) uint64 { return uint64(r.Info.Sacked) }, func(r *row, v uint64) { r.Info.Sacked = uint32(v) }},
		{114, "lost", func(r *row) uint64 { return uint64(r.Info.Lost) }, func(r *row, v uint64) { r.Info.Lost = uint32(v) }},
		{115, "retrans", func(r *row) uint64 { return uint64(r.Info.Retrans) }, func(r *row, v uint64) { r.Info.Retrans = uint32(v) }},
		{116, "last_data_sent", func(r *row) uint64 { return uint64(r.Info.LastDataSent) }, func(r *row, v uint64) { r.Info.LastDataSent = time.Duration(v) }},
		{117, "last_data_recv", func(r *row) uint64 { return uint64(r.Info.LastDataRecv) }, func(r *row, v uint64) { r.Info.LastDataRecv = time.Duration(v) }},
		{118, "last_ack_recv", func(r *row) uint64 { return uint64(r.Info.LastAckRecv) }, func(r *row, v uint64) { r.Info.LastAckRecv = time.Duration(v) }},
		{119, "pmtu", func(r *row) uint64 { return uint64(r.Info.PMTU) }, func(r *row, v uint64) { r.Info.PMTU = uint32(v) }},
		{120, "recv_ss_thresh", func(r *row) uint64 { return uint64(r.Info.RecvSSThresh) }, func(r *row, v uint64) { r.Info.RecvSSThresh = uint32(v) }},
		{121, "rtt", func(r *row) uint64 { return uint64(r.Info.RTT) }, func(r *row, v uint64) { r.Info.RTT = time.Duration(v) }},
		{122, "rtt_var", func(r *row) uint64 { return uint64(r.Info.RTTVar) }, func(r *row, v uint64) { r.Info.RTTVar = time.Duration(v) }},
		{123, "send_ss_thresh", func(r *row) uint64 { return uint64(r.Info.SendSSThresh) }, func(r *row, v uint64) { r.Info.SendSSThresh = uint32(v) }},
		{124, "send_cwnd", func(r *row) uint64 { return uint64(r.Info.SendCwnd) }, func(r *row, v uint64) { r.Info.SendCwnd = uint32(v) }},
		{125, "adv_mss", func(r *row) uint64 { return uint64(r.Info.AdvMSS) }, func(r *row, v uint64) { r.Info.AdvMSS = uint32(v) }},
		{126, "reordering", func(r *row) uint64 { return uint64(r.Info.Reordering) }, func(r *row, v uint64) { r.Info.Reordering = uint32(v) }},
		{127, "recv_rtt", func(r *row) uint64 { return uint64(r.Info.RecvRTT) }, func(r *row, v uint64) { r.Info.RecvRTT = time.Duration(v) }},
		{128, "recv_space", func(r *row) uint64 { return uint64(r.Info.RecvSpace) }, func(r *row, v uint64) { r.Info.RecvSpace = uint32(v) }},
		{129, "total_retrans", func(r *row) uint64 { return uint64(r.Info.TotalRetrans) }, func(r *row, v uint64) { r.Info.TotalRetrans = uint32(v) }},
		{130, "pacing_rate", func(r *row) uint64 { return r.Info.PacingRate }, func(r *row, v uint64) { r.Info.PacingRate = v }},
		{131, "max_pacing_rate", func(r *row) uint64 { return r.Info.MaxPacingRate }, func(r *row, v uint64) { r.Info.MaxPacingRate = v }},
		{132, "bytes_acked", func(r *row) uint64 { return r.Info.BytesAcked }, func(r *row, v uint64) { r.Info.BytesAcked = v }},
		{133, "bytes_received", func(r *row) uint64 { return r.Info.BytesReceived }, func(r *row, v uint64) { r.Info.BytesReceived = v }},
		{134, "segs_out", func(r *row) uint64 { return uint64(r.Info.SegsOut) }, func(r *row, v uint64) { r.Info.SegsOut = uint32(v) }},
		{135, "segs_in", func(r *row) uint64 { return uint64(r.Info.SegsIn) }, func(r *row, v uint64) { r.Info.SegsIn = uint32(v) }},
		{136, "notsent_bytes", func(r *row) uint64 { return uint64(r.Info.NotsentBytes) }, func(r *row, v uint64) { r.Info.NotsentBytes = uint32(v) }},
		{137, "min_rtt", func(r *row) uint64 { return uint64(r.Info.MinRTT) }, func(r *row, v uint64) { r.Info.MinRTT = time.Duration(v) }},
		{138, "data_segs_in", func(r *row) uint64 { return uint64(r.Info.DataSegsIn) }, func(r *row, v uint64) { r.Info.DataSegsIn = uint32(v) }},
		{139, "data_segs_out", func(r *row) uint64 { return uint64(r.Info.DataSegsOut) }, func(r *row, v uint64) { r.Info.DataSegsOut = uint32(v) }},
		{140, "delivery_rate", func(r *row) uint64 { return r.Info.DeliveryRate }, func(r *row, v uint64) { r.Info.DeliveryRate = v }},
		{141, "busy_time", func(r *row) uint64 { return uint64(r.Info.BusyTime) }, func(r *row, v uint64) { r.Info.BusyTime = time.Duration(v) }},
		{142, "rwnd_limited", func(r *row) uint64 { return uint64(r.Info.RwndLimited) }, func(r *row, v uint64) { r.Info.RwndLimited = time.Duration(v) }},
		{143, "sndbuf_limited", func(r *row) uint64 { return uint64(r.Info.SndbufLimited) }, func(r *row, v uint64) { r.Info.SndbufLimited = time.Duration(v) }},
		{144, "delivered", func(r *row) uint64 { return uint64(r.Info.Delivered) }, func(r *row, v uint64) { r.Info.Delivered = uint32(v) }},
		{145, "delivered_ce", func(r *row) uint64 { return uint64(r.Info.DeliveredCE) }, func(r *row, v uint64) { r.Info.DeliveredCE = uint32(v) }},
		{146, "bytes_sent", func(r *row) uint64 { return r.Info.BytesSent }, func(r *row, v uint64) { r.Info.BytesSent = v }},
		{147, "bytes_retrans", func(r *row) uint64 { return r.Info.BytesRetrans }, func(r *row, v uint64) { r.Info.BytesRetrans = v }},
		{148, "dsack_dups", func(r *row) uint64 { return uint64(r.Info.DSACKDups) }, func(r *row, v uint64) { r.Info.DSACKDups = uint32(v) }},
		{149, "reord_seen", func(r *row) uint64 { return uint64(r.Info.ReordSeen) }, func(r *row, v uint64) { r.Info.ReordSeen = uint32(v) }},
		{150, "recv_ooo_pack", func(r *row) uint64 { return uint64(r.Info.RecvOOOPack) }, func(r *row, v uint64) { r.Info.RecvOOOPack = uint32(v) }},
		{151, "send_window", func(r *row) uint64 { return uint64(r.Info.SendWindow) }, func(r *row, v uint64) { r.Info.SendWindow = uint32(v) }},
	}
}

// memoryColumns are the columns of memory figures, for rows whose shape has them. A
// column's number is never reused.
func memoryColumns() []field {
	return []field{
		{200, "receive_alloc", func(r *row) uint64 { return uint64(r.Mem.ReceiveAlloc) }, func(r *row, v uint64) { r.Mem.ReceiveAlloc = uint32(v) }},
		{201, "receive_limit", func(r *row) uint64 { return uint64(r.Mem.ReceiveLimit) }, func(r *row, v uint64) { r.Mem.ReceiveLimit = uint32(v) }},
		{202, "transmit_alloc", func(r *row) uint64 { return uint64(r.Mem.TransmitAlloc) }, func(r *row, v uint64) { r.Mem.TransmitAlloc = uint32(v) }},
		{203, "send_limit", func(r *row) uint64 { return uint64(r.Mem.SendLimit) }, func(r *row, v uint64) { r.Mem.SendLimit = uint32(v) }},
		{204, "forward", func(r *row) uint64 { return uint64(r.Mem.Forward) }, func(r *row, v uint64) { r.Mem.Forward = uint32(v) }},
		{205, "send_queued", func(r *row) uint64 { return uint64(r.Mem.SendQueued) }, func(r *row, v uint64) { r.Mem.SendQueued = uint32(v) }},
		{206, "options", func(r *row) uint64 { return uint64(r.Mem.Options) }, func(r *row, v uint64) { r.Mem.Options = uint32(v) }},
		{207, "backlog", func(r *row) uint64 { return uint64(r.Mem.Backlog) }, func(r *row, v uint64) { r.Mem.Backlog = uint32(v) }},
		{208, "drops", func(r *row) uint64 { return uint64(r.Mem.Drops) }, func(r *row, v uint64) { r.Mem.Drops = uint32(v) }},
	}
}
