// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// The reasons why a packet is not a segment.
var (
	ErrNotTCP    = problem.New("segment: not a TCP packet", "segment：不是 TCP 报文")
	ErrTruncated = problem.New("segment: packet cut short", "segment：报文不完整")
	ErrFragment  = problem.New("segment: an IP fragment", "segment：是 IP 分片")
	ErrOptions   = problem.New("segment: malformed TCP options", "segment：TCP 选项格式不对")
)

// Decode reads the TCP segment of an IPv4 or IPv6 packet without allocating: the
// payload points into packet. It does not follow IPv6 extension headers and does not
// verify checksums (see [ChecksumOK]). The error is one of [ErrNotTCP],
// [ErrTruncated], [ErrFragment] and [ErrOptions].
func Decode(packet []byte) (Segment, error) {
	src, dst, tcp, err := network(packet)
	if err != nil {
		return Segment{}, err
	}
	if len(tcp) < tcpHeader {
		return Segment{}, ErrTruncated
	}
	header := int(tcp[12]>>4) * 4
	if header < tcpHeader || header > len(tcp) {
		return Segment{}, ErrTruncated
	}
	s := Segment{
		Src:     netip.AddrPortFrom(src, binary.BigEndian.Uint16(tcp)),
		Dst:     netip.AddrPortFrom(dst, binary.BigEndian.Uint16(tcp[2:])),
		Seq:     binary.BigEndian.Uint32(tcp[4:]),
		Ack:     binary.BigEndian.Uint32(tcp[8:]),
		Flags:   Flags(tcp[13]),
		Window:  binary.BigEndian.Uint16(tcp[14:]),
		Urgent:  binary.BigEndian.Uint16(tcp[18:]),
		Payload: tcp[header:],
	}
	return s, decodeOptions(tcp[tcpHeader:header], &s.Options)
}

// ChecksumOK reports whether the TCP checksum of a packet is right. [Decode] must
// accept the packet.
func ChecksumOK(packet []byte) bool {
	_, _, tcp, err := network(packet)
	return err == nil && fold(sum(tcp, pseudo(packet, len(tcp)))) == 0xffff
}

// network removes the IP header. Bytes beyond the packet's own length are padding of
// the link and are dropped.
func network(packet []byte) (src, dst netip.Addr, tcp []byte, err error) {
	if len(packet) == 0 {
		return src, dst, nil, ErrTruncated
	}
	switch packet[0] >> 4 {
	case 4:
		return networkIPv4(packet)
	case 6:
		return networkIPv6(packet)
	default:
		return src, dst, nil, ErrNotTCP
	}
}

func networkIPv4(p []byte) (src, dst netip.Addr, tcp []byte, err error) {
	if len(p) < ipv4Header {
		return src, dst, nil, ErrTruncated
	}
	header, total := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:]))
	switch {
	case p[9] != protoTCP:
		return src, dst, nil, ErrNotTCP
	case binary.BigEndian.Uint16(p[6:])&0x3fff != 0: // more fragments follow, or this is a later one
		return src, dst, nil, ErrFragment
	case header < ipv4Header || header > total || total > len(p):
		return src, dst, nil, ErrTruncated
	}
	src = netip.AddrFrom4([4]byte(p[12:16]))
	dst = netip.AddrFrom4([4]byte(p[16:20]))
	return src, dst, p[header:total], nil
}

func networkIPv6(p []byte) (src, dst netip.Addr, tcp []byte, err error) {
	if len(p) < ipv6Header {
		return src, dst, nil, ErrTruncated
	}
	total := ipv6Header + int(binary.BigEndian.Uint16(p[4:]))
	switch {
	case p[6] != protoTCP:
		return src, dst, nil, ErrNotTCP
	case total > len(p):
		return src, dst, nil, ErrTruncated
	}
	src = netip.AddrFrom16([16]byte(p[8:24]))
	dst = netip.AddrFrom16([16]byte(p[24:40]))
	return src, dst, p[ipv6Header:total], nil
}

func decodeOptions(b []byte, o *Options) error {
	for len(b) > 0 {
		switch b[0] {
		case optEnd:
			return nil
		case optNop:
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return ErrOptions
		}
		decodeOption(b[0], b[2:b[1]], o)
		b = b[b[1]:]
	}
	return nil
}

// decodeOption stores an option's value. It ignores an option of unexpected length, as
// the kernel does (tcp_parse_options in net/ipv4/tcp_input.c).
func decodeOption(kind byte, value []byte, o *Options) {
	switch {
	case kind == optMSS && len(value) == 2:
		o.MSS = binary.BigEndian.Uint16(value)
	case kind == optScale && len(value) == 1:
		o.HasScale, o.Scale = true, value[0]
	case kind == optSACK && len(value) == 0:
		o.SACKPermitted = true
	case kind == optTimestamps && len(value) == 8:
		o.HasTimestamps = true
		o.TSVal, o.TSEcr = binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])
	}
}
