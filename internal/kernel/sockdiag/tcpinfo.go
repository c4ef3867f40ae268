// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// tcpInfo is struct tcp_info up to tcpi_snd_wnd (Linux 5.4). Members that later
// kernels append are not read; members that earlier kernels lack are 0.
type tcpInfo [232]byte

func (b *tcpInfo) u32(off int) uint32 { return binary.NativeEndian.Uint32(b[off:]) }
func (b *tcpInfo) u64(off int) uint64 { return binary.NativeEndian.Uint64(b[off:]) }

func (b *tcpInfo) ms(off int) time.Duration { return time.Duration(b.u32(off)) * time.Millisecond }
func (b *tcpInfo) us(off int) time.Duration { return time.Duration(b.u32(off)) * time.Microsecond }
func (b *tcpInfo) longUs(off int) time.Duration {
	return time.Duration(b.u64(off)) * time.Microsecond
}

// decodeTCPInfo reads struct tcp_info (include/uapi/linux/tcp.h). The kernel sends as
// much of it as it has: 104 bytes in Linux 2.6, more ever since. Times are in
// microseconds, except those since the last segment, which are in milliseconds
// (net/ipv4/tcp.c tcp_get_info).
func decodeTCPInfo(raw []byte, t *socket.TCPInfo) {
	var b tcpInfo
	copy(b[:], raw)
	sendScale, recvScale, appLimited := bitFields(b[6], b[7])
	*t = socket.TCPInfo{
		Size:          len(raw),
		CAState:       b[1],
		Retransmits:   b[2],
		Probes:        b[3],
		Backoff:       b[4],
		Options:       b[5],
		SendScale:     sendScale,
		RecvScale:     recvScale,
		AppLimited:    appLimited,
		RTO:           b.us(8),
		ATO:           b.us(12),
		SendMSS:       b.u32(16),
		RecvMSS:       b.u32(20),
		Unacked:       b.u32(24),
		Sacked:        b.u32(28),
		Lost:          b.u32(32),
		Retrans:       b.u32(36),
		LastDataSent:  b.ms(44),
		LastDataRecv:  b.ms(52),
		LastAckRecv:   b.ms(56),
		PMTU:          b.u32(60),
		RecvSSThresh:  b.u32(64),
		RTT:           b.us(68),
		RTTVar:        b.us(72),
		SendSSThresh:  b.u32(76),
		SendCwnd:      b.u32(80),
		AdvMSS:        b.u32(84),
		Reordering:    b.u32(88),
		RecvRTT:       b.us(92),
		RecvSpace:     b.u32(96),
		TotalRetrans:  b.u32(100),
		PacingRate:    b.u64(104),
		MaxPacingRate: b.u64(112),
		BytesAcked:    b.u64(120),
		BytesReceived: b.u64(128),
		SegsOut:       b.u32(136),
		SegsIn:        b.u32(140),
		NotsentBytes:  b.u32(144),
		MinRTT:        b.us(148),
		DataSegsIn:    b.u32(152),
		DataSegsOut:   b.u32(156),
		DeliveryRate:  b.u64(160),
		BusyTime:      b.longUs(168),
		RwndLimited:   b.longUs(176),
		SndbufLimited: b.longUs(184),
		Delivered:     b.u32(192),
		DeliveredCE:   b.u32(196),
		BytesSent:     b.u64(200),
		BytesRetrans:  b.u64(208),
		DSACKDups:     b.u32(216),
		ReordSeen:     b.u32(220),
		RecvOOOPack:   b.u32(224),
		SendWindow:    b.u32(228),
	}
}

// bitFields reads tcpi_snd_wscale:4, tcpi_rcv_wscale:4 and
// tcpi_delivery_rate_app_limited:1. Compilers order bit fields as they order bytes:
// from the least significant on little-endian machines.
func bitFields(scales, flags byte) (send, recv uint8, appLimited bool) {
	if littleEndian() {
		return scales & 15, scales >> 4, flags&1 != 0
	}
	return scales >> 4, scales & 15, flags>>7 != 0
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }
