// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"net/netip"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Flags are the control bits of a segment (RFC 9293 section 3.1).
type Flags uint8

// The control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// flagNames has the names in the order in which they are written: SYN,ACK and FIN,ACK.
var flagNames = [...]struct {
	bit  Flags
	name string
}{{SYN, "SYN"}, {FIN, "FIN"}, {RST, "RST"}, {PSH, "PSH"}, {ACK, "ACK"}, {URG, "URG"}, {ECE, "ECE"}, {CWR, "CWR"}}

// String returns the names of the bits separated by commas, such as "SYN,ACK",
// and "none" when no bit is set.
func (f Flags) String() string {
	var parts []string
	for _, n := range flagNames {
		if f&n.bit != 0 {
			parts = append(parts, n.name)
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ",")
}

// ParseFlags is the inverse of [Flags.String]; case does not matter.
func ParseFlags(text string) (Flags, error) {
	if strings.EqualFold(text, "none") {
		return 0, nil
	}
	var f Flags
	for part := range strings.SplitSeq(text, ",") {
		bit := flagNamed(part)
		if bit == 0 {
			return 0, problem.Errorf("unknown TCP flag %q", "没有 TCP 标志 %q", part)
		}
		f |= bit
	}
	return f, nil
}

func flagNamed(name string) Flags {
	for _, n := range flagNames {
		if strings.EqualFold(n.name, name) {
			return n.bit
		}
	}
	return 0
}

// Segment is one TCP segment with the addresses of its packet.
type Segment struct {
	Src, Dst netip.AddrPort // both IPv4 or both IPv6
	Seq, Ack uint32
	Flags    Flags
	Window   uint16 // as on the wire, without scaling
	Urgent   uint16
	Options  Options
	Payload  []byte // after Decode it points into the packet
}

// Options are the TCP options that the lab knows. It ignores others.
type Options struct {
	MSS           uint16 // 0: absent (RFC 9293 section 3.7.1)
	HasScale      bool   // window scale (RFC 7323 section 2)
	Scale         uint8
	SACKPermitted bool   // RFC 2018
	HasTimestamps bool   // RFC 7323 section 3
	TSVal, TSEcr  uint32 // TSVal counts by the sender's clock, TSEcr by the receiver's
}

// Len is the length of the segment in sequence numbers: its payload, plus one each for
// SYN and FIN (RFC 9293 section 3.4).
func (s *Segment) Len() uint32 {
	n := uint32(len(s.Payload))
	if s.Flags&SYN != 0 {
		n++
	}
	if s.Flags&FIN != 0 {
		n++
	}
	return n
}
