// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func examples() []Segment {
	v4, w4 := netip.MustParseAddrPort("192.0.2.2:40000"), netip.MustParseAddrPort("192.0.2.1:80")
	v6, w6 := netip.MustParseAddrPort("[2001:db8::2]:40000"), netip.MustParseAddrPort("[2001:db8::1]:80")
	all := Options{MSS: 1460, HasScale: true, Scale: 7, SACKPermitted: true, HasTimestamps: true, TSVal: 1, TSEcr: 0xffffffff}
	return []Segment{
		{Src: v4, Dst: w4, Seq: 1, Flags: SYN, Window: 65535, Options: all, Payload: []byte{}},
		{Src: v4, Dst: w4, Seq: 0xfffffff0, Ack: 7, Flags: FIN | ACK, Window: 1, Payload: []byte("odd")},
		{Src: v6, Dst: w6, Seq: 1, Flags: SYN | ACK, Options: Options{MSS: 1}, Payload: []byte{}},
		{Src: v6, Dst: w6, Flags: RST, Urgent: 9, Options: Options{HasTimestamps: true}, Payload: []byte("even")},
	}
}

func TestRoundTrip(t *testing.T) {
	for _, want := range examples() {
		packet := Append(nil, &want)
		got, err := Decode(packet)
		if err != nil {
			t.Fatalf("Decode(%v): %v", want, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("round trip:\n got %+v\nwant %+v", got, want)
		}
		if !ChecksumOK(packet) {
			t.Errorf("checksum of %v is wrong", want)
		}
		packet[len(packet)-1] ^= 1
		if ChecksumOK(packet) {
			t.Errorf("a flipped bit in %v was not seen", want)
		}
	}
}

// SYNs that Linux 6.18 sent to a TUN device, so that the decoder is tested against an
// encoder other than ours.
const (
	linuxSYN = "4500003c6eb7400040064801c0000201c000020280e80050a58e69f100000000a002faf0b195" +
		"0000020405b40402080abbfccabd000000000103030a"
	linuxSYN6 = "6006f8c40028064020010db800000000000000000000000120010db800000000000000000000000280e80050" +
		"5712509f00000000a002fd20f1880000020405a00402080a4b1989ef000000000103030a"
)

func TestDecodeLinuxSYN(t *testing.T) {
	tests := []struct {
		dump string
		want Segment
	}{
		{linuxSYN, Segment{
			Src: netip.MustParseAddrPort("192.0.2.1:33000"), Dst: netip.MustParseAddrPort("192.0.2.2:80"),
			Seq: 0xa58e69f1, Flags: SYN, Window: 64240, Payload: []byte{},
			Options: Options{MSS: 1460, HasScale: true, Scale: 10, SACKPermitted: true, HasTimestamps: true, TSVal: 0xbbfccabd},
		}},
		{linuxSYN6, Segment{
			Src: netip.MustParseAddrPort("[2001:db8::1]:33000"), Dst: netip.MustParseAddrPort("[2001:db8::2]:80"),
			Seq: 0x5712509f, Flags: SYN, Window: 64800, Payload: []byte{},
			Options: Options{MSS: 1440, HasScale: true, Scale: 10, SACKPermitted: true, HasTimestamps: true, TSVal: 0x4b1989ef},
		}},
	}
	for _, tt := range tests {
		packet, err := hex.DecodeString(tt.dump)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(packet)
		if err != nil || !reflect.DeepEqual(got, tt.want) || !ChecksumOK(packet) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, tt.want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	v4, v6 := Append(nil, &examples()[0]), Append(nil, &examples()[2])
	change := func(packet []byte, at int, value byte) []byte {
		c := append([]byte(nil), packet...)
		c[at] = value
		return c
	}
	tests := []struct {
		name   string
		packet []byte
		want   error
	}{
		{"empty", nil, ErrTruncated},
		{"version 5", []byte{0x50}, ErrNotTCP},
		{"short IPv4", v4[:19], ErrTruncated},
		{"short IPv6", v6[:39], ErrTruncated},
		{"IPv4 cut", v4[:len(v4)-1], ErrTruncated},
		{"IPv6 cut", v6[:len(v6)-1], ErrTruncated},
		{"UDP", change(v4, 9, 17), ErrNotTCP},
		{"ICMPv6", change(v6, 6, 58), ErrNotTCP},
		{"fragment", change(v4, 6, 0x20), ErrFragment},
		{"header of 16", change(v4, 0, 0x44), ErrTruncated},
		{"data offset 4", change(v4, 32, 0x40), ErrTruncated},
		{"data offset beyond", change(v6, 52, 0xf0), ErrTruncated},
		{"option of length 1", change(v4, 41, 1), ErrOptions},
		{"option beyond", change(v4, 41, 200), ErrOptions},
	}
	for _, tt := range tests {
		if _, err := Decode(tt.packet); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestFlags(t *testing.T) {
	for f := range Flags(255) {
		got, err := ParseFlags(strings.ToLower(f.String()))
		if err != nil || got != f {
			t.Errorf("ParseFlags(%q) = %v, %v", f.String(), got, err)
		}
	}
	if _, err := ParseFlags("SYN,ACKK"); err == nil {
		t.Error("ACKK was taken for a flag")
	}
}

func TestAllocations(t *testing.T) {
	s := examples()[0]
	buf := make([]byte, 0, 128)
	packet := Append(nil, &s)
	if n := testing.AllocsPerRun(100, func() { Append(buf, &s) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = Decode(packet) }); n != 0 {
		t.Errorf("Decode allocates %v times", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	s, buf := examples()[0], make([]byte, 0, 128)
	for b.Loop() {
		Append(buf, &s)
	}
}

func BenchmarkDecode(b *testing.B) {
	packet := Append(nil, &examples()[0])
	for b.Loop() {
		_, _ = Decode(packet)
	}
}

// FuzzDecode: no packet makes Decode panic, and what it accepts survives
// being encoded and decoded again.
func FuzzDecode(f *testing.F) {
	for _, s := range examples() {
		f.Add(Append(nil, &s))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		s, err := Decode(packet)
		ChecksumOK(packet)
		if err != nil || len(packet) > 60000 {
			return
		}
		again := Append(nil, &s)
		got, err := Decode(again)
		if err != nil || !reflect.DeepEqual(got, s) || !ChecksumOK(again) {
			t.Errorf("again: %v\n got %+v\nwant %+v", err, got, s)
		}
	})
}
