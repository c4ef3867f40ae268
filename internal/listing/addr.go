// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"net/netip"
)

// The parsers of this file are those of package netip on byte slices and
// without allocation. FuzzAddress holds them equal.

// parseIPv4 reads 127.0.0.1.
func parseIPv4(b []byte) (netip.Addr, bool) {
	var a [4]byte
	for i := range a {
		octet := b
		if i < 3 {
			dot := bytes.IndexByte(b, '.')
			if dot < 0 {
				return netip.Addr{}, false
			}
			octet, b = b[:dot], b[dot+1:]
		}
		n, ok := parseUint(octet)
		if !ok || n > 255 || len(octet) > 3 || len(octet) > 1 && octet[0] == '0' {
			return netip.Addr{}, false
		}
		a[i] = byte(n)
	}
	return netip.AddrFrom4(a), true
}

// parseIPv6 reads ::1 and its like, with a dotted tail or without (RFC 4291
// section 2.2), no zone.
func parseIPv6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1 // bytes written; position of ::
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		if n == 16 {
			return netip.Addr{}, false
		}
		colon := bytes.IndexByte(b, ':')
		if colon < 0 && bytes.IndexByte(b, '.') >= 0 {
			return withTail(a, n, gap, b)
		}
		group := b
		if colon >= 0 {
			group = b[:colon]
		}
		v, ok := parseHex(group)
		if !ok || len(group) > 4 {
			return netip.Addr{}, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n += 2
		if colon < 0 {
			break
		}
		b = b[colon+1:]
		switch {
		case len(b) == 0:
			return netip.Addr{}, false
		case b[0] == ':' && gap >= 0:
			return netip.Addr{}, false
		case b[0] == ':':
			gap, b = n, b[1:]
		}
	}
	return expand(a, n, gap)
}

// withTail ends an IPv6 address with the dotted form of its last four bytes.
func withTail(a [16]byte, n, gap int, tail []byte) (netip.Addr, bool) {
	v4, ok := parseIPv4(tail)
	if !ok || n > 12 {
		return netip.Addr{}, false
	}
	four := v4.As4()
	copy(a[n:], four[:])
	return expand(a, n+4, gap)
}

// expand puts the zeros at the gap.
func expand(a [16]byte, n, gap int) (netip.Addr, bool) {
	switch {
	case gap < 0 && n != 16, gap >= 0 && n == 16:
		return netip.Addr{}, false
	case gap >= 0:
		moved := copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-moved])
	}
	return netip.AddrFrom16(a), true
}

// parseAddress reads an IPv4 or IPv6 address, with brackets or a zone or
// without. The zone is dropped: an address of this package is to be compared.
func parseAddress(b []byte) (netip.Addr, bool) {
	if n := len(b); n >= 2 && b[0] == '[' && b[n-1] == ']' {
		b = b[1 : n-1]
	}
	if i := bytes.IndexByte(b, '%'); i > 0 {
		b = b[:i]
	}
	if n := len(b); n >= 2 && b[0] == '[' && b[n-1] == ']' { // [fe80::1]%eth0
		b = b[1 : n-1]
	}
	if bytes.IndexByte(b, ':') >= 0 {
		return parseIPv6(b)
	}
	return parseIPv4(b)
}

func isAddress(b []byte) bool {
	_, ok := parseAddress(b)
	return ok
}

// parsePort reads a port; * is 0.
func parsePort(b []byte) (port uint16, ok bool) {
	if len(b) == 1 && b[0] == '*' {
		return 0, true
	}
	n, ok := parseUint(b)
	return uint16(n), ok && n <= 65535
}

// parseHexEndpoint reads 0100007F:1F90 of /proc/net/tcp: the address is in
// words of four bytes in the byte order of the machine, which is taken for
// little-endian, and the port is a number (net/ipv4/tcp_ipv4.c,
// get_tcp4_sock).
func parseHexEndpoint(b []byte) netip.AddrPort {
	var a [16]byte
	n := len(b) - 5
	for word := 0; word < n/8; word++ {
		v, _ := parseHex(b[word*8 : word*8+8])
		a[word*4], a[word*4+1], a[word*4+2], a[word*4+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	port, _ := parseHex(b[n+1:])
	if n == 8 {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a[:4])), uint16(port))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a), uint16(port))
}
