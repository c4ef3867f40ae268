// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// The first byte of an encoded cell. Encoded cells sort as their values do: numbers
// and addresses in their order, IPv4 before IPv6, then absent, then unknown.
const (
	tagNumber = iota + 1
	tagAddr4
	tagAddr16
	tagEndpoint
	tagText
	tagAbsent
	tagUnknown
)

// appendCell appends a cell. Different cells have different encodings, and no
// encoding is a prefix of another.
func appendCell(b []byte, c Cell) []byte {
	if !c.Known {
		return append(b, tagUnknown)
	}
	switch c.Value.Kind() {
	case socket.Number:
		return binary.BigEndian.AppendUint64(append(b, tagNumber), c.Value.Number())
	case socket.Address:
		return appendAddr(b, c.Value.Addr())
	case socket.Endpoint:
		b = appendAddr(append(b, tagEndpoint), c.Value.Addr())
		return binary.BigEndian.AppendUint16(b, uint16(c.Value.Number()))
	case socket.String:
		return appendText(append(b, tagText), c.Value.Text())
	default:
		return append(b, tagAbsent)
	}
}

func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is4() {
		raw := a.As4()
		return append(append(b, tagAddr4), raw[:]...)
	}
	raw := a.As16()
	return appendText(append(append(b, tagAddr16), raw[:]...), a.Zone())
}

// appendText ends the text with 0 1 and writes a 0 in it as 0 255, which preserves
// the order of texts.
func appendText(b []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, 0)
		if i < 0 {
			return append(append(b, text...), 0, 1)
		}
		b = append(append(b, text[:i]...), 0, 255)
		text = text[i+1:]
	}
}

// cutCell is the inverse of appendCell. Its input was encoded in this process.
func cutCell(b string) (c Cell, rest string) {
	tag, rest := b[0], b[1:]
	switch tag {
	case tagNumber:
		return Cell{socket.Num(binary.BigEndian.Uint64([]byte(rest[:8]))), true}, rest[8:]
	case tagAddr4, tagAddr16:
		a, rest := cutAddr(b)
		return Cell{socket.Addr(a), true}, rest
	case tagEndpoint:
		a, rest := cutAddr(rest)
		port := binary.BigEndian.Uint16([]byte(rest[:2]))
		return Cell{socket.AddrPort(netip.AddrPortFrom(a, port)), true}, rest[2:]
	case tagText:
		text, rest := cutText(rest)
		return Cell{socket.Named(text), true}, rest
	case tagAbsent:
		return Cell{socket.Value{}, true}, rest
	default:
		return Cell{}, rest
	}
}

func cutAddr(b string) (a netip.Addr, rest string) {
	if b[0] == tagAddr4 {
		return netip.AddrFrom4([4]byte([]byte(b[1:5]))), b[5:]
	}
	zone, rest := cutText(b[17:])
	return netip.AddrFrom16([16]byte([]byte(b[1:17]))).WithZone(zone), rest
}

func cutText(b string) (text, rest string) {
	for i := 0; ; i += 2 {
		i += strings.IndexByte(b[i:], 0)
		if b[i+1] == 1 {
			return strings.ReplaceAll(b[:i], "\x00\xff", "\x00"), b[i+2:]
		}
	}
}
