// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"bytes"
	"encoding/binary"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Decoder turns messages into rows, attributes included. It owns what the rows
// point to (Info, Mem) and overwrites it with the next row: copy what you keep. The
// zero Decoder is ready to use; it is not safe for concurrent use.
type Decoder struct {
	info       socket.TCPInfo
	mem        socket.MemInfo
	congestion string // the previous name: nearly all sockets have the same
	names      map[string]string
}

// maxNames bounds how many names are kept. A kernel has some twenty congestion
// controls.
const maxNames = 256

// Decode fills s, replacing all of it. It skips unknown attributes and those of an
// unexpected length. Known tells which fields were there.
func (d *Decoder) Decode(m Message, s *socket.Socket) {
	m.Decode(s)
	decodeAbsent(s)
	var kind uint16
	var payload []byte
	for rest := m[sizeofMsg:]; len(rest) > 0; {
		kind, payload, rest = nextAttribute(rest)
		if payload != nil {
			d.attribute(kind, payload, s)
		}
	}
	// Before Linux 6.15 a caller that may not see the mark is not told the upper
	// protocol of the socket either, such as MPTCP (net/ipv4/inet_diag.c
	// inet_sk_diag_fill).
	if s.Info != nil && s.Known.Has(socket.FieldMark) {
		s.Known.Add(socket.FieldMPTCP)
	}
}

// decodeAbsent marks as known what this kind of object cannot have: the kernel tells
// that by sending nothing.
func decodeAbsent(s *socket.Socket) {
	if s.Kind == socket.Mini || s.Kind == socket.Request {
		s.Known.Add(socket.FieldShutdown)
		s.Known.Add(socket.FieldCgroupID)
	}
	if s.Family != socket.IPv6 || s.State != tcp.Listen && s.State != tcp.Bound {
		s.Known.Add(socket.FieldV6Only)
	}
}

// attribute copies one attribute into the row.
func (d *Decoder) attribute(kind uint16, payload []byte, s *socket.Socket) {
	switch {
	case kind == attrShutdown && len(payload) >= 1:
		s.Shutdown = socket.Shutdown(payload[0])
		s.Known.Add(socket.FieldShutdown)
	case kind == attrSkV6Only && len(payload) >= 1:
		s.V6Only = payload[0] != 0
		s.Known.Add(socket.FieldV6Only)
	case kind == attrMark && len(payload) >= 4:
		s.Mark = binary.NativeEndian.Uint32(payload)
		s.Known.Add(socket.FieldMark)
	case kind == attrCgroupID && len(payload) >= 8:
		s.CgroupID = binary.NativeEndian.Uint64(payload)
		s.Known.Add(socket.FieldCgroupID)
	case kind == attrULPInfo:
		name, _ := findAttribute(payload, attrULPName)
		s.Subflow = string(bytes.TrimRight(name, "\x00")) == "mptcp" // net/mptcp/subflow.c subflow_ulp_ops
		s.Known.Add(socket.FieldMPTCP)
	case kind == attrCong:
		s.Congestion = d.intern(payload)
		s.Known.Add(socket.FieldCongestion)
	case kind == attrInfo:
		decodeTCPInfo(payload, &d.info)
		s.Info = &d.info
	case kind == attrSkMemInfo:
		decodeMemInfo(payload, &d.mem)
		s.Mem = &d.mem
	}
}

// intern returns the C string in b without allocating for a name seen before.
func (d *Decoder) intern(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	if string(b) == d.congestion {
		return d.congestion
	}
	name, seen := d.names[string(b)]
	if !seen {
		name = d.remember(string(b))
	}
	d.congestion = name
	return name
}

func (d *Decoder) remember(name string) string {
	if d.names == nil {
		d.names = make(map[string]string)
	}
	if len(d.names) < maxNames {
		d.names[name] = name
	}
	return name
}

// decodeMemInfo reads the words of SK_MEMINFO_* (include/uapi/linux/sock_diag.h; the
// ninth, drops, is there since Linux 4.7). A missing word is 0.
func decodeMemInfo(raw []byte, m *socket.MemInfo) {
	var word [9]uint32
	n := min(len(raw)/4, len(word))
	for i := range n {
		word[i] = binary.NativeEndian.Uint32(raw[4*i:])
	}
	*m = socket.MemInfo{
		Words:         n,
		ReceiveAlloc:  word[0],
		ReceiveLimit:  word[1],
		TransmitAlloc: word[2],
		SendLimit:     word[3],
		Forward:       word[4],
		SendQueued:    word[5],
		Options:       word[6],
		Backlog:       word[7],
		Drops:         word[8],
	}
}
