// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// decodeFixed reads what struct inet_diag_msg holds.
func decodeFixed(m Message) socket.Socket {
	var s socket.Socket
	m.Decode(&s)
	return s
}

// fullMessage has a different value in every field of struct inet_diag_msg.
func fullMessage(family byte) Message {
	b := make([]byte, sizeofMsg)
	b[offFamily], b[offState], b[offTimer], b[offRetrans] = family, byte(tcp.FinWait1), 1, 4
	binary.BigEndian.PutUint16(b[offSport:], 443)
	binary.BigEndian.PutUint16(b[offDport:], 51000)
	copy(b[offSrc:], []byte{192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9})
	copy(b[offDst:], []byte{198, 51, 100, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8})
	for i, off := range []int{offIfindex, offCookie, offCookie + 4, offExpires, offRqueue, offWqueue, offUID, offInode} {
		binary.NativeEndian.PutUint32(b[off:], uint32(i+1))
	}
	return b
}

func TestDecode(t *testing.T) {
	want := socket.Socket{
		Known: fixedFields(),
		State: tcp.FinWait1, Kind: socket.Full, Family: socket.IPv4,
		Local:  netip.MustParseAddrPort("192.0.2.1:443"),
		Remote: netip.MustParseAddrPort("198.51.100.7:51000"),
		Timer:  socket.TimerOn, Expires: 4 * time.Millisecond, Retrans: 4,
		Ifindex: 1, Cookie: 3<<32 | 2, RecvQ: 5, SendQ: 6, UID: 7, Inode: 8,
	}
	equal := cmpopts.EquateComparable(netip.AddrPort{})
	if diff := cmp.Diff(want, decodeFixed(fullMessage(afInet)), equal); diff != "" {
		t.Errorf("IPv4 (-want +got):\n%s", diff)
	}
	want.Family = socket.IPv6
	want.Local = netip.MustParseAddrPort("[c000:201::9]:443")
	want.Remote = netip.MustParseAddrPort("[c633:6407::8]:51000")
	if diff := cmp.Diff(want, decodeFixed(fullMessage(afInet6)), equal); diff != "" {
		t.Errorf("IPv6 (-want +got):\n%s", diff)
	}
}

func TestExpiresIsNeverNegative(t *testing.T) {
	m := fullMessage(afInet)
	for _, tt := range []struct {
		raw  uint32
		want time.Duration
	}{{0, 0}, {59123, 59123 * time.Millisecond}, {math.MaxInt32, math.MaxInt32 * time.Millisecond}, {math.MaxUint32 - 39, 0}} {
		binary.NativeEndian.PutUint32(m[offExpires:], tt.raw)
		if got := decodeFixed(m).Expires; got != tt.want {
			t.Errorf("idiag_expires %d: %v, want %v", tt.raw, got, tt.want)
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	m, s := fullMessage(afInet6), socket.Socket{}
	if n := testing.AllocsPerRun(100, func() { m.Decode(&s) }); n != 0 {
		t.Errorf("Decode allocates %v times", n)
	}
}

func TestStateAndKind(t *testing.T) {
	shutdown := []byte{5, 0, attrShutdown, 0, 0, 0, 0, 0}
	other := []byte{8, 0, 15, 0, 1, 2, 3, 4}
	tests := []struct {
		name  string
		raw   tcp.State
		timer socket.Timer
		attrs []byte
		state tcp.State
		kind  socket.Kind
	}{
		{"TIME_WAIT is a minisocket", tcp.TimeWait, socket.TimerTimeWait, nil, tcp.TimeWait, socket.Mini},
		{"orphaned FIN_WAIT2 is a minisocket", tcp.FinWait2, socket.TimerTimeWait, nil, tcp.FinWait2, socket.Mini},
		{"held FIN_WAIT2 is full", tcp.FinWait2, socket.TimerOff, shutdown, tcp.FinWait2, socket.Full},
		{"FIN_WAIT2 before its minisocket (tcp_fin_timeout > 60) is full", tcp.FinWait2, socket.TimerKeepalive, shutdown, tcp.FinWait2, socket.Full},
		{"half-open is a request", tcp.SynRecv, socket.TimerOn, nil, tcp.SynRecv, socket.Request},
		{"half-open with a mark is a request", tcp.SynRecv, socket.TimerOn, other, tcp.SynRecv, socket.Request},
		{"simultaneous open is full", tcp.SynRecv, socket.TimerOn, append(other, shutdown...), tcp.SynRecv, socket.Full},
		{"a request by its own number", tcp.NewSynRecv, socket.TimerOn, nil, tcp.SynRecv, socket.Request},
		{"state 7 is bound but idle", tcp.Close, socket.TimerOff, shutdown, tcp.Bound, socket.Idle},
		{"LISTEN is full", tcp.Listen, socket.TimerOff, shutdown, tcp.Listen, socket.Full},
	}
	for _, tt := range tests {
		b := sock(tt.raw, tt.attrs...)
		b[offTimer] = byte(tt.timer)
		if s, k := Message(b).State(), Message(b).Kind(); s != tt.state || k != tt.kind {
			t.Errorf("%s: got %v %v, want %v %v", tt.name, s, k, tt.state, tt.kind)
		}
	}
}

func TestAttributes(t *testing.T) {
	tests := []struct {
		name  string
		attrs []byte
		want  bool
	}{
		{"none", nil, false},
		{"behind an unknown one", []byte{6, 0, 99, 0, 1, 2, 0, 0, 5, 0, attrShutdown, 0, 3, 0, 0, 0}, true},
		{"nested flag ignored", []byte{5, 0, attrShutdown, 0x80, 3, 0, 0, 0}, true},
		{"unpadded at the end", []byte{5, 0, attrShutdown, 0, 3}, true},
		{"length too small", []byte{3, 0, attrShutdown, 0}, false},
		{"length beyond the end", []byte{9, 0, attrShutdown, 0, 3, 0, 0, 0}, false},
		{"cut header", []byte{5, 0, attrShutdown}, false},
	}
	for _, tt := range tests {
		if _, ok := Message(sock(tcp.Listen, tt.attrs...)).attribute(attrShutdown); ok != tt.want {
			t.Errorf("%s: found %v, want %v", tt.name, ok, tt.want)
		}
	}
}
