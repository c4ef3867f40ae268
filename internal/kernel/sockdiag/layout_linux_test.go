// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestTCPInfoLayout compares with the offsets that the compiler computes from the
// kernel's header.
func TestTCPInfoLayout(t *testing.T) {
	in := &unix.TCPInfo{
		Ca_state: 1, Retransmits: 2, Probes: 3, Backoff: 4, Options: 5,
		Rto: 6, Ato: 7, Snd_mss: 8, Rcv_mss: 9, Unacked: 10, Sacked: 11, Lost: 12, Retrans: 13,
		Last_data_sent: 14, Last_data_recv: 15, Last_ack_recv: 16,
		Pmtu: 17, Rcv_ssthresh: 18, Rtt: 19, Rttvar: 20, Snd_ssthresh: 21, Snd_cwnd: 22, Advmss: 23, Reordering: 24,
		Rcv_rtt: 25, Rcv_space: 26, Total_retrans: 27,
		Pacing_rate: 28, Max_pacing_rate: 29, Bytes_acked: 30, Bytes_received: 31, Segs_out: 32, Segs_in: 33,
		Notsent_bytes: 34, Min_rtt: 35, Data_segs_in: 36, Data_segs_out: 37, Delivery_rate: 38,
		Busy_time: 39, Rwnd_limited: 40, Sndbuf_limited: 41, Delivered: 42, Delivered_ce: 43,
		Bytes_sent: 44, Bytes_retrans: 45, Dsack_dups: 46, Reord_seen: 47, Rcv_ooopack: 48, Snd_wnd: 49,
	}
	const us, ms = time.Microsecond, time.Millisecond
	want := socket.TCPInfo{
		Size:    int(unsafe.Sizeof(*in)),
		CAState: 1, Retransmits: 2, Probes: 3, Backoff: 4, Options: 5,
		RTO: 6 * us, ATO: 7 * us, SendMSS: 8, RecvMSS: 9, Unacked: 10, Sacked: 11, Lost: 12, Retrans: 13,
		LastDataSent: 14 * ms, LastDataRecv: 15 * ms, LastAckRecv: 16 * ms,
		PMTU: 17, RecvSSThresh: 18, RTT: 19 * us, RTTVar: 20 * us, SendSSThresh: 21, SendCwnd: 22, AdvMSS: 23, Reordering: 24,
		RecvRTT: 25 * us, RecvSpace: 26, TotalRetrans: 27,
		PacingRate: 28, MaxPacingRate: 29, BytesAcked: 30, BytesReceived: 31, SegsOut: 32, SegsIn: 33,
		NotsentBytes: 34, MinRTT: 35 * us, DataSegsIn: 36, DataSegsOut: 37, DeliveryRate: 38,
		BusyTime: 39 * us, RwndLimited: 40 * us, SndbufLimited: 41 * us, Delivered: 42, DeliveredCE: 43,
		BytesSent: 44, BytesRetrans: 45, DSACKDups: 46, ReordSeen: 47, RecvOOOPack: 48, SendWindow: 49,
	}
	var got socket.TCPInfo
	decodeTCPInfo(unsafe.Slice((*byte)(unsafe.Pointer(in)), unsafe.Sizeof(*in)), &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
