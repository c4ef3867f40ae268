// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// fill makes the row from the line just read.
func (rd *Reader) fill() {
	l := &rd.line
	rd.row = Row{Line: rd.result.Lines, Moment: rd.parts.n + 1}
	s := &rd.row.Socket
	s.State, s.Kind = l.state, l.kind
	switch {
	case l.tabled:
		rd.fillCells()
		return
	case l.format == SS && l.local < 2 || l.format == SS && !isNumber(l.at[l.local-1]): // output of ss -Q
		rd.fillEndpoints(nil)
		rd.fillSS(l.after(l.local + 1))
		return
	}
	switch l.format {
	case Proc:
		rd.fillProc()
	case PowerShell:
		s.Local = rd.endOf(l.at[0], l.at[1])
		s.Remote = rd.endOf(l.at[2], l.at[3])
		rd.fillFamily(nil)
		rd.fillPID(l.at[l.n-1], l.n > 5)
	case Windows:
		rd.fillEndpoints(nil)
		rd.fillPID(l.get(l.local+3), l.n > l.local+3)
	case SS:
		rd.fillQueues(l.local - 2)
		rd.fillEndpoints(nil)
		rd.fillSS(l.after(l.local + 1))
	default:
		rd.fillQueues(l.local - 2)
		rd.fillEndpoints(l.at[l.local-3])
		if l.format == Netstat {
			rd.fillNetstat(l.after(l.local + 2))
		} else {
			rd.fillNamed(l.after(l.local + 2))
		}
	}
}

// fillCells reads the row of a table. Columns that it does not have stay
// unknown.
func (rd *Reader) fillCells() {
	c, s := &rd.line.cell, &rd.row.Socket
	s.Local = rd.cellEnd(c[columnLocal], c[columnLocalPort])
	s.Remote = rd.cellEnd(c[columnRemote], c[columnRemotePort])
	local, remote := s.Local.Addr(), s.Remote.Addr()
	switch {
	case local.Is6(), remote.Is6():
		s.Family = socket.IPv6
	case local.Is4(), remote.Is4():
		s.Family = socket.IPv4
	}
	s.Local = inFamily(s.Local, s.Family, isAny(c[columnLocal]))
	s.Remote = inFamily(s.Remote, s.Family, isAny(c[columnRemote]))
	rd.fillPID(c[columnPID], len(c[columnPID]) > 0)
}

// cellEnd puts an end together from an address and a port that can be in one
// cell or in two, or missing.
func (rd *Reader) cellEnd(address, port []byte) netip.AddrPort {
	switch {
	case len(port) == 0 && len(address) == 0:
		return netip.AddrPort{}
	case len(port) == 0:
		return rd.endpoint(address)
	case len(address) > 0:
		return rd.endOf(address, port)
	}
	p, _ := parsePort(port)
	rd.has(Ports)
	return netip.AddrPortFrom(netip.Addr{}, p)
}

// has notes that this row shows something.
func (rd *Reader) has(c Columns) {
	rd.row.Columns |= c
	rd.result.Columns |= c
}

func (rd *Reader) fillPID(w []byte, there bool) {
	if pid, ok := parseUint(w); ok && there {
		rd.row.PID = pid
		rd.has(Process)
	}
}

func (rd *Reader) fillQueues(at int) {
	s := &rd.row.Socket
	s.RecvQ, _ = parseUint(rd.line.at[at])
	s.SendQ, _ = parseUint(rd.line.at[at+1])
	rd.has(Queues)
}

// fillEndpoints reads the addresses; proto is the word tcp6 of netstat, or nil.
func (rd *Reader) fillEndpoints(proto []byte) {
	l, s := &rd.line, &rd.row.Socket
	s.Local = rd.endpoint(l.at[l.local])
	s.Remote = rd.endpoint(l.at[l.local+1])
	rd.fillFamily(proto)
}

// endOf puts an address and a port together.
func (rd *Reader) endOf(address, port []byte) netip.AddrPort {
	a, okAddress := parseAddress(address)
	p, okPort := parsePort(port)
	if len(address) == 1 && address[0] == '*' {
		okAddress = true // any address of the family that the other end has
	}
	if !okAddress && isNumeric(address) || !okPort && isNumeric(port) {
		rd.impossible.add(rd.result.Lines, rd.line.line)
		return netip.AddrPort{} // the rest of the address was cut off and could be anything
	}
	if okPort {
		rd.has(Ports)
	}
	if okAddress {
		rd.has(Addresses)
	}
	if !okAddress || !okPort {
		rd.names++
	}
	return netip.AddrPortFrom(a, p)
}

// isNumeric reports whether w is digits, with the dots or colons of an address:
// when it is none it was damaged, and no name.
func isNumeric(w []byte) bool {
	for _, c := range w {
		if !isDigit(c) && c != '.' && c != ':' {
			return false
		}
	}
	return len(w) > 0 && w[0] != '.'
}

// shortenedLen is how wide net-tools and busybox make an address with its port
// at most without -W, by cutting the address (net-tools netstat.c,
// addr_do_one). No IPv4 address is as long.
const shortenedLen = 23

// endpoint reads an address with a port after its last colon, or dot on BSD.
func (rd *Reader) endpoint(w []byte) netip.AddrPort {
	sep := byte(':')
	if dotted(w) {
		sep = '.'
	}
	i := bytes.LastIndexByte(w, sep)
	if i < 0 {
		rd.names++
		return netip.AddrPort{}
	}

	if rd.line.format == Netstat && len(w) == shortenedLen && bytes.IndexByte(w[:i], ':') >= 0 {
		rd.shortened++
		port, _ := parsePort(w[i+1:])
		return netip.AddrPortFrom(netip.Addr{}, port)
	}
	return rd.endOf(w[:i], w[i+1:])
}

// fillFamily tells the family of the row and makes both addresses of it: * is
// any address, and the IPv4 addresses of a tcp6 row are v4-mapped ones.
// A row with * at both ends is IPv6 from ss, which since 4.15 prints * for an
// IPv6 socket that takes IPv4 too; from BSD it is what proto says.
func (rd *Reader) fillFamily(proto []byte) {
	s := &rd.row.Socket
	local, remote := s.Local.Addr(), s.Remote.Addr()
	six := bytes.HasSuffix(proto, []byte("6"))
	switch {
	case six, local.Is6(), remote.Is6(), rd.shortEnd():
		s.Family = socket.IPv6
	case local.Is4(), remote.Is4(), bytes.HasSuffix(proto, []byte("4")):
		s.Family = socket.IPv4
	case rd.line.format == SS && isAny(rd.line.at[rd.line.local]):
		s.Family = socket.IPv6
	}
	s.Local = inFamily(s.Local, s.Family, isAny(rd.line.at[rd.line.local]))
	s.Remote = inFamily(s.Remote, s.Family, isAny(rd.remoteField()))
}

// remoteField is the field with the remote address.
func (rd *Reader) remoteField() []byte {
	if rd.line.format == PowerShell {
		return rd.line.at[rd.line.local+2]
	}
	return rd.line.at[rd.line.local+1]
}

// shortEnd reports whether an end was cut short, which only happens to IPv6.
func (rd *Reader) shortEnd() bool {
	l := &rd.line
	return l.format == Netstat && (bytes.Count(l.at[l.local], []byte(":")) > 1 || bytes.Count(l.at[l.local+1], []byte(":")) > 1)
}

// isAny reports whether endpoint w has * for an address.
func isAny(w []byte) bool { return len(w) > 0 && w[0] == '*' }

func inFamily(e netip.AddrPort, f socket.Family, anyAddress bool) netip.AddrPort {
	a := e.Addr()
	switch {
	case f == socket.IPv6 && anyAddress:
		a = netip.IPv6Unspecified()
	case f == socket.IPv4 && anyAddress:
		a = netip.IPv4Unspecified()
	case f == socket.IPv6 && a.Is4() && a.IsUnspecified():
		a = netip.IPv6Unspecified() // busybox prints tcp ::1:80 with 0.0.0.0:*
	case f == socket.IPv6 && a.Is4():
		a = netip.AddrFrom16(a.As16())
	}
	return netip.AddrPortFrom(a, e.Port())
}

// userHZ is the unit of the times in /proc/net/tcp: 1/100 s on every
// architecture that still is (USER_HZ, include/asm-generic/param.h).
const userHZ = 10 * time.Millisecond

func (rd *Reader) fillProc() {
	l, s := &rd.line, &rd.row.Socket
	s.Local, s.Remote = rd.hexEnd(l.at[procLocal]), rd.hexEnd(l.at[procRemote])
	s.Family = socket.IPv4
	if s.Local.Addr().Is6() {
		s.Family = socket.IPv6
	}
	rd.has(Addresses | Ports)
	if tx, rx, ok := hexPair(l.get(procQueues)); ok {
		s.SendQ, s.RecvQ = uint32(tx), uint32(rx)
		rd.has(Queues)
	}
	if timer, when, ok := hexPair(l.get(procTimer)); ok {
		s.Timer, s.Expires = socket.Timer(timer), time.Duration(when)*userHZ
		rd.has(Timers)
	}
	if s.Timer == socket.TimerOff {
		s.Expires = 0
	}
	if n, ok := parseHex(l.get(procRetrans)); ok {
		s.Retrans = uint8(min(n, 255))
	}
	if uid, ok := parseUint(l.get(procUID)); ok {
		s.UID = uid
		rd.has(UID)
	}
	if inode, ok := parseUint(l.get(procInode)); ok {
		s.Inode = inode
		rd.has(Inode)
	}
}

// hexEnd reads an address of /proc/net/tcp in the byte order of its machine.
func (rd *Reader) hexEnd(w []byte) netip.AddrPort {
	e := parseHexEndpoint(w)
	if !rd.bigEnd {
		return e
	}
	if a := e.Addr(); a.Is4() {
		b := a.As4()
		b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
		return netip.AddrPortFrom(netip.AddrFrom4(b), e.Port())
	}
	b := e.Addr().As16()
	for i := 0; i < len(b); i += 4 {
		b[i], b[i+1], b[i+2], b[i+3] = b[i+3], b[i+2], b[i+1], b[i]
	}
	return netip.AddrPortFrom(netip.AddrFrom16(b), e.Port())
}

// bigEndian reports whether the start of a listing is a /proc/net/tcp of a
// big-endian machine: its loopback addresses read backwards.
func bigEndian(start []byte) bool {
	big := bytes.Contains(start, []byte(" 7F000001:")) || bytes.Contains(start, []byte(" 00000000000000000000000000000001:")) ||
		bytes.Contains(start, []byte(" 00000000000000000000FFFF"))
	little := bytes.Contains(start, []byte("00007F:")) || bytes.Contains(start, []byte(" 00000000000000000000000001000000:")) ||
		bytes.Contains(start, []byte(" 0000000000000000FFFF0000"))
	return big && !little
}

// hexPair reads two hexadecimal numbers with a colon between them; the second
// is at most 32 bits.
func hexPair(w []byte) (a, b uint64, ok bool) {
	before, after, ok := bytes.Cut(w, []byte{':'})
	if !ok {
		return 0, 0, false
	}
	a, okA := parseHex(before)
	b, okB := parseHex(after)
	return a, min(b, 1<<32-1), okA && okB
}
