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

// attr makes one attribute, padded.
func attr(kind uint16, payload ...byte) []byte {
	b := make([]byte, align(sizeofAttr+len(payload)))
	binary.NativeEndian.PutUint16(b, uint16(sizeofAttr+len(payload)))
	binary.NativeEndian.PutUint16(b[2:], kind)
	copy(b[sizeofAttr:], payload)
	return b
}

func u32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

func u64(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

// allAttributes are the attributes of a listener if all are requested.
func allAttributes() []byte {
	return join(
		attr(attrShutdown, 3), attr(attrSkV6Only, 1), attr(attrMark, u32(0xbeef)...),
		attr(14), // INET_DIAG_PAD
		attr(attrCgroupID, u64(1<<40|7)...), attr(22, 0, 0),
		attr(attrSkMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...),
		attr(attrInfo, make([]byte, 248)...), attr(attrCong, []byte("cubic\x00")...),
	)
}

func TestDecoderAttributes(t *testing.T) {
	with := func(ids ...socket.FieldID) socket.FieldSet { return fixedFields().Union(socket.FieldsOf(ids...)) }
	listener := socket.Socket{State: tcp.Listen, Kind: socket.Full, Family: socket.IPv4}
	v6 := listener
	v6.Family = socket.IPv6
	tests := []struct {
		name   string
		family byte
		attrs  []byte
		want   socket.Socket
		known  socket.FieldSet
	}{
		{"none: no listener of IPv4 has v6only", afInet, nil, listener, with(socket.FieldV6Only)},
		{"none: v6only unknown", afInet6, nil, v6, with()},
		{"shutdown", afInet, attr(attrShutdown, 2), set(listener, func(s *socket.Socket) { s.Shutdown = socket.ShutWrite }), with(socket.FieldV6Only, socket.FieldShutdown)},
		{"v6only", afInet6, attr(attrSkV6Only, 1), set(v6, func(s *socket.Socket) { s.V6Only = true }), with(socket.FieldV6Only)},
		{"not v6only", afInet6, attr(attrSkV6Only, 0), v6, with(socket.FieldV6Only)},
		{"mark", afInet6, attr(attrMark, u32(7)...), set(v6, func(s *socket.Socket) { s.Mark = 7 }), with(socket.FieldMark)},
		{"cgroup behind padding", afInet6, join(attr(14), attr(attrCgroupID, u64(1<<33)...)), set(v6, func(s *socket.Socket) { s.CgroupID = 1 << 33 }), with(socket.FieldCgroupID)},
		{"congestion", afInet6, attr(attrCong, 'b', 'b', 'r', 0), set(v6, func(s *socket.Socket) { s.Congestion = "bbr" }), with(socket.FieldCongestion)},
		{"congestion without its end", afInet6, attr(attrCong, 'b', 'b', 'r'), set(v6, func(s *socket.Socket) { s.Congestion = "bbr" }), with(socket.FieldCongestion)},
		{"too short ones are skipped", afInet6, join(attr(attrShutdown), attr(attrSkV6Only), attr(attrMark, 1, 2, 3), attr(attrCgroupID, 1, 2, 3, 4)), v6, with()},
		{"unknown ones are skipped", afInet6, join(attr(99, 1, 2, 3), attr(attrShutdown, 1), attr(0)), set(v6, func(s *socket.Socket) { s.Shutdown = socket.ShutRead }), with(socket.FieldShutdown)},
		{"what follows a broken one is not read", afInet6, join([]byte{200, 0, 8, 0}, attr(attrShutdown, 1)), v6, with()},
	}
	for _, tt := range tests {
		b := sock(tcp.Listen, tt.attrs...)
		b[offFamily] = tt.family
		var d Decoder
		var got socket.Socket
		d.Decode(b, &got)
		tt.want.Known = tt.known
		tt.want.Local, tt.want.Remote = got.Local, got.Remote
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func set(s socket.Socket, change func(*socket.Socket)) socket.Socket {
	change(&s)
	return s
}

// TestDecoderAbsent: attributes that the kernel never sends for a minisocket or a
// request are known to be absent; attributes that it might have sent are unknown.
func TestDecoderAbsent(t *testing.T) {
	for _, state := range []tcp.State{tcp.TimeWait, tcp.NewSynRecv} {
		var d Decoder
		var s socket.Socket
		d.Decode(sock(state), &s)
		for _, id := range []socket.FieldID{socket.FieldShutdown, socket.FieldCgroupID, socket.FieldRTT, socket.FieldDrops, socket.FieldCongestion} {
			if v, ok := id.Field().Value(&s); !ok || v.Kind() != socket.Absent {
				t.Errorf("%v: %s is %v, known %v; want absent", state, id.Field().Name, v, ok)
			}
		}
		if _, ok := socket.FieldMark.Field().Value(&s); ok {
			t.Errorf("%v: mark is known without the attribute", state)
		}
	}
	var d Decoder
	var s socket.Socket
	d.Decode(sock(tcp.Established), &s)
	for _, id := range []socket.FieldID{socket.FieldShutdown, socket.FieldCgroupID, socket.FieldRTT, socket.FieldDrops, socket.FieldCongestion, socket.FieldAutobound} {
		if _, ok := id.Field().Value(&s); ok {
			t.Errorf("ESTABLISHED: %s is known without the attribute", id.Field().Name)
		}
	}
}

func TestDecodeMemInfo(t *testing.T) {
	for words := range 12 {
		raw := u32(11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)[:4*words]
		want := socket.MemInfo{Words: min(words, 9)}
		for i, p := range []*uint32{
			&want.ReceiveAlloc, &want.ReceiveLimit, &want.TransmitAlloc, &want.SendLimit, &want.Forward,
			&want.SendQueued, &want.Options, &want.Backlog, &want.Drops,
		}[:min(words, 9)] {
			*p = uint32(11 + i)
		}
		got := socket.MemInfo{Drops: 99}
		decodeMemInfo(append(raw, 1, 2), &got)
		if got != want {
			t.Errorf("%d words: got %+v, want %+v", words, got, want)
		}
	}
}

// TestDecodeTCPInfoOfAnyLength cuts struct tcp_info at every byte: fields beyond the
// cut are unknown, and values of an earlier row are gone.
func TestDecodeTCPInfoOfAnyLength(t *testing.T) {
	raw := make([]byte, 280)
	for i := range raw {
		raw[i] = 0x11
	}
	for _, off := range []int{168, 176, 184} { // durations of 64 bits
		binary.NativeEndian.PutUint64(raw[off:], 1e6)
	}
	full := socket.Socket{State: tcp.Established, Kind: socket.Full, Info: new(socket.TCPInfo)}
	last := -1
	for n := range len(raw) {
		decodeTCPInfo(raw[:n], full.Info)
		if full.Info.Size != n {
			t.Fatalf("Size %d of %d bytes", full.Info.Size, n)
		}
		known := 0
		for f := range socket.Fields() {
			if v, ok := f.Value(&full); ok && f.Cost == socket.CostInfo {
				known++
				if v.Kind() == socket.Number && v.Number() == 0 {
					t.Errorf("%d bytes: %s is known and 0", n, f.Name)
				}
			}
		}
		if known < last {
			t.Errorf("%d bytes tell %d fields, fewer bytes told %d", n, known, last)
		}
		last = known
	}
	if last < 50 {
		t.Errorf("all bytes tell %d fields", last)
	}
}

func TestTCPInfoUnits(t *testing.T) {
	raw := make([]byte, 232)
	for off, v := range map[int]uint32{8: 204000, 44: 12, 68: 1500, 92: math.MaxUint32, 148: 7} {
		binary.NativeEndian.PutUint32(raw[off:], v)
	}
	binary.NativeEndian.PutUint64(raw[168:], 5e6)
	if littleEndian() {
		raw[6], raw[7] = 0x97, 0x06|1
	} else {
		raw[6], raw[7] = 0x79, 0x80
	}
	want := socket.TCPInfo{
		Size: 232, SendScale: 7, RecvScale: 9, AppLimited: true,
		RTO: 204 * time.Millisecond, LastDataSent: 12 * time.Millisecond, RTT: 1500 * time.Microsecond,
		RecvRTT: math.MaxUint32 * time.Microsecond, MinRTT: 7 * time.Microsecond, BusyTime: 5 * time.Second,
	}
	var got socket.TCPInfo
	decodeTCPInfo(raw, &got)
	if got != want {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestDecoderDoesNotAllocate(t *testing.T) {
	m := Message(sock(tcp.Established, allAttributes()...))
	other := Message(sock(tcp.Established, attr(attrCong, 'b', 'b', 'r', 0)...))
	var d Decoder
	var s socket.Socket
	d.Decode(m, &s)
	d.Decode(other, &s)
	if n := testing.AllocsPerRun(100, func() { d.Decode(m, &s); d.Decode(other, &s) }); n != 0 {
		t.Errorf("%v allocations for two sockets", n)
	}
	if s.Congestion != "bbr" || s.Info != nil || s.Mem != nil {
		t.Errorf("the row before shines through: %+v", s)
	}
}

// TestDecoderNamesAreBounded: a decoder that lives for days does not collect garbage.
func TestDecoderNamesAreBounded(t *testing.T) {
	var d Decoder
	for i := range 4 * maxNames {
		name := []byte{byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676), 0}
		if got := d.intern(name); got != string(name[:3]) {
			t.Fatalf("interned %q as %q", name, got)
		}
	}
	if len(d.names) != maxNames {
		t.Errorf("%d names kept", len(d.names))
	}
}

func BenchmarkDecode(b *testing.B) {
	plain := Message(sock(tcp.Established, join(attr(attrShutdown, 0), attr(attrCgroupID, u64(1)...))...))
	all := Message(sock(tcp.Established, allAttributes()...))
	for _, bb := range []struct {
		name string
		m    Message
	}{{"plain", plain}, {"all", all}} {
		b.Run(bb.name, func(b *testing.B) {
			var d Decoder
			var s socket.Socket
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(bb.m, &s)
			}
		})
	}
}
