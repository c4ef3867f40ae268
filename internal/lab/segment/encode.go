// SPDX-License-Identifier: Apache-2.0

package segment

import "encoding/binary"

// Header sizes without options, in bytes.
const (
	ipv4Header = 20
	ipv6Header = 40
	tcpHeader  = 20
	protoTCP   = 6
	hopLimit   = 64
)

// Option kinds (the IANA registry of TCP parameters).
const (
	optEnd        = 0
	optNop        = 1
	optMSS        = 2
	optScale      = 3
	optSACK       = 4
	optTimestamps = 8
)

// Append appends the packet of s to buf, with checksums. The family of the packet is
// that of s.Src.
func Append(buf []byte, s *Segment) []byte {
	start := len(buf)
	v4 := s.Src.Addr().Is4()
	if v4 {
		buf = appendIPv4(buf, s)
	} else {
		buf = appendIPv6(buf, s)
	}
	tcp := len(buf)
	buf = appendTCP(buf, s)
	packet := buf[start:]
	if v4 {
		binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
		binary.BigEndian.PutUint16(packet[10:], ^fold(sum(packet[:ipv4Header], 0)))
	} else {
		binary.BigEndian.PutUint16(packet[4:], uint16(len(packet)-ipv6Header))
	}
	segment := buf[tcp:]
	binary.BigEndian.PutUint16(segment[16:], ^fold(sum(segment, pseudo(packet, len(segment)))))
	return buf
}

func appendIPv4(buf []byte, s *Segment) []byte {
	src, dst := s.Src.Addr().As4(), s.Dst.Addr().As4()
	buf = append(buf, 0x45, 0, 0, 0, 0, 0, 0x40, 0, hopLimit, protoTCP, 0, 0) // 0x40 is the don't-fragment bit
	buf = append(buf, src[:]...)
	return append(buf, dst[:]...)
}

func appendIPv6(buf []byte, s *Segment) []byte {
	src, dst := s.Src.Addr().As16(), s.Dst.Addr().As16()
	buf = append(buf, 0x60, 0, 0, 0, 0, 0, protoTCP, hopLimit)
	buf = append(buf, src[:]...)
	return append(buf, dst[:]...)
}

func appendTCP(buf []byte, s *Segment) []byte {
	start := len(buf)
	buf = binary.BigEndian.AppendUint16(buf, s.Src.Port())
	buf = binary.BigEndian.AppendUint16(buf, s.Dst.Port())
	buf = binary.BigEndian.AppendUint32(buf, s.Seq)
	buf = binary.BigEndian.AppendUint32(buf, s.Ack)
	buf = append(buf, 0, byte(s.Flags))
	buf = binary.BigEndian.AppendUint16(buf, s.Window)
	buf = append(buf, 0, 0) // checksum, filled in later
	buf = binary.BigEndian.AppendUint16(buf, s.Urgent)
	buf = appendOptions(buf, &s.Options)
	for (len(buf)-start)%4 != 0 {
		buf = append(buf, optEnd)
	}
	buf[start+12] = byte((len(buf)-start)/4) << 4
	return append(buf, s.Payload...)
}

func appendOptions(buf []byte, o *Options) []byte {
	if o.MSS != 0 {
		buf = append(buf, optMSS, 4)
		buf = binary.BigEndian.AppendUint16(buf, o.MSS)
	}
	if o.SACKPermitted {
		buf = append(buf, optSACK, 2, optNop, optNop)
	}
	if o.HasTimestamps {
		buf = append(buf, optNop, optNop, optTimestamps, 10)
		buf = binary.BigEndian.AppendUint32(buf, o.TSVal)
		buf = binary.BigEndian.AppendUint32(buf, o.TSEcr)
	}
	if o.HasScale {
		buf = append(buf, optNop, optScale, 3, o.Scale)
	}
	return buf
}

// pseudo is the sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1)
// of a packet whose TCP part has n bytes.
func pseudo(packet []byte, n int) uint32 {
	if packet[0]>>4 == 4 {
		return sum(packet[12:20], uint32(protoTCP+n))
	}
	return sum(packet[8:40], uint32(protoTCP+n))
}

// sum adds the big-endian 16-bit words of b to s. It does not overflow for b up to 64
// KiB.
func sum(b []byte, s uint32) uint32 {
	for len(b) >= 2 {
		s += uint32(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

// fold reduces a sum to 16 bits by adding the carries (RFC 1071).
func fold(s uint32) uint16 {
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
