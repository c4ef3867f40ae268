// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/hex"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestRequestOnTheWire(t *testing.T) {
	zeros := func(n int) string { return hex.EncodeToString(make([]byte, n)) }
	tests := []struct {
		name string
		req  Request
		want string
	}{
		{
			"both families in one walk",
			Request{States: tcp.AllStates},
			"4c000000" + "1200" + "0103" + "05000000" + zeros(4) + // nlmsghdr: TCPDIAG_GETSOCK
				zeros(52) + "fe3f0000" + zeros(4), // inet_diag_req: states at 52
		},
		{
			"IPv6 listeners",
			Request{States: tcp.SetOf(tcp.Listen), Family: socket.IPv6},
			"48000000" + "1400" + "0103" + "05000000" + zeros(4) + // nlmsghdr: SOCK_DIAG_BY_FAMILY
				"0a060000" + "00040000" + zeros(48), // inet_diag_req_v2: family, protocol, states
		},
		{
			"request sockets are asked for as SYN_RECV",
			Request{States: tcp.SetOf(tcp.NewSynRecv), Family: socket.IPv4},
			"48000000" + "1400" + "0103" + "05000000" + zeros(4) + "02060000" + "08100000" + zeros(48),
		},
		{
			"tcp_info, congestion control and memory, by what is derived from them too",
			Request{
				States: tcp.SetOf(tcp.Listen), Family: socket.IPv4,
				Fields: socket.FieldsOf(socket.FieldRTT, socket.FieldCongestion, socket.FieldDrops),
			},
			"48000000" + "1400" + "0103" + "05000000" + zeros(4) + "02064a00" + "00040000" + zeros(48),
		},
		{
			"what comes unasked needs no extension",
			Request{
				States: tcp.SetOf(tcp.Listen), Family: socket.IPv4,
				Fields: socket.FieldsOf(socket.FieldMark, socket.FieldCgroupID, socket.FieldShutdown, socket.FieldV6Only, socket.FieldAcceptQ),
			},
			"48000000" + "1400" + "0103" + "05000000" + zeros(4) + "02060000" + "00040000" + zeros(48),
		},
		{
			"a filter with one family",
			Request{States: tcp.SetOf(tcp.Listen), Family: socket.IPv4, Filter: []byte{1, 4, 8, 0}},
			"50000000" + "1400" + "0103" + "05000000" + zeros(4) + "02060000" + "00040000" + zeros(48) + "08000100" + "01040800",
		},
		{
			"MPTCP: no protocol in the row, 262 behind it",
			Request{States: tcp.SetOf(tcp.CloseWait), Family: socket.IPv4, Multipath: true},
			"50000000" + "1400" + "0103" + "05000000" + zeros(4) + "02000000" + "00010000" + zeros(48) + "08000300" + "06010000",
		},
		{
			"MPTCP of IPv6",
			Request{States: tcp.AllStates, Family: socket.IPv6, Multipath: true},
			"50000000" + "1400" + "0103" + "05000000" + zeros(4) + "0a000000" + "fe3f0000" + zeros(48) + "08000300" + "06010000",
		},
		{
			"a filter and memory with both families",
			Request{States: tcp.SetOf(tcp.Listen), Fields: socket.FieldsOf(socket.FieldMemBacklog), Filter: []byte{1, 4, 8, 0}},
			"54000000" + "1200" + "0103" + "05000000" + zeros(4) + "00000040" + zeros(48) + "00040000" + zeros(4) + "08000100" + "01040800",
		},
	}
	for _, tt := range tests {
		if got := hex.EncodeToString(tt.req.marshal(5)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
