// SPDX-License-Identifier: Apache-2.0

package tracepoint

import (
	"bufio"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A layout tells where a sample has its fields, from the tracepoint's file format
// (Documentation/trace/events.rst).
type layout struct {
	id                                                                     uint64
	socket, from, to, sport, dport, family, protocol, src, dst, src6, dst6 int
	size                                                                   int
}

const (
	familyIPv4  = 2
	familyIPv6  = 10
	protocolTCP = 6
)

// parseFormat reads the file format. The error tells what differs from the expected
// format.
func parseFormat(text string) (l layout, err error) {
	wanted := map[string]struct {
		at   *int
		size int
	}{
		"skaddr": {&l.socket, 8}, "oldstate": {&l.from, 4}, "newstate": {&l.to, 4}, "sport": {&l.sport, 2}, "dport": {&l.dport, 2},
		"family": {&l.family, 2}, "protocol": {&l.protocol, 0}, "saddr": {&l.src, 4}, "daddr": {&l.dst, 4}, "saddr_v6": {&l.src6, 16}, "daddr_v6": {&l.dst6, 16},
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if number, ok := strings.CutPrefix(line, "ID:"); ok {
			if l.id, err = strconv.ParseUint(strings.TrimSpace(number), 10, 32); err != nil {
				return l, problem.Errorf("tracepoint: number: %w", "tracepoint：编号：%w", err)
			}
		}
		name, offset, size, ok := fieldOf(line)
		w, known := wanted[name]
		if !ok || !known {
			continue
		}
		if w.size != 0 && w.size != size || size > 1<<8 || offset > 1<<12 {
			return l, problem.Errorf("tracepoint: field %s has %d bytes at %d", "tracepoint：字段 %s 有 %d 字节，位于 %d", name, size, offset)
		}
		*w.at = offset
		l.size = max(l.size, offset+size)
		delete(wanted, name)
	}
	for name := range wanted {
		return l, problem.Errorf("tracepoint: no field %s", "tracepoint：没有字段 %s", name)
	}
	return l, nil
}

// fieldOf reads a line such as "field:__u16 sport; offset:24; size:2; signed:0;".
func fieldOf(line string) (name string, offset, size int, ok bool) {
	parts := strings.Split(line, ";")
	declared, ok := strings.CutPrefix(parts[0], "field:")
	if !ok || len(parts) < 3 {
		return "", 0, 0, false
	}
	words := strings.Fields(declared)
	if len(words) == 0 {
		return "", 0, 0, false
	}
	name, _, _ = strings.Cut(words[len(words)-1], "[")
	offset, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(parts[1]), "offset:"))
	if err != nil || offset < 0 {
		return "", 0, 0, false
	}
	size, err = strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(parts[2]), "size:"))
	return name, offset, size, err == nil && size >= 0
}

// read decodes a raw sample; it returns false if the sample is not a state change of
// a TCP socket.
func (l *layout) read(raw []byte, c *Change) bool {
	if len(raw) < l.size || raw[l.protocol] != protocolTCP {
		return false
	}
	c.Socket = binary.NativeEndian.Uint64(raw[l.socket:])
	c.From = tcp.State(binary.NativeEndian.Uint32(raw[l.from:]))
	c.To = tcp.State(binary.NativeEndian.Uint32(raw[l.to:]))
	sport, dport := binary.NativeEndian.Uint16(raw[l.sport:]), binary.NativeEndian.Uint16(raw[l.dport:])
	switch binary.NativeEndian.Uint16(raw[l.family:]) {
	case familyIPv4:
		c.Local = netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[l.src:])), sport)
		c.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[l.dst:])), dport)
	case familyIPv6:
		c.Local = netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw[l.src6:])), sport)
		c.Remote = netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw[l.dst6:])), dport)
	default:
		return false
	}
	return c.From.Valid() && c.To.Valid() && c.From != c.To
}
