// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Request tells what a dump is to contain. The kernel does the choosing: it never
// copies what is left out.
type Request struct {
	// States is the set of states wanted. The zero set wants none.
	States tcp.StateSet
	// Family is IPv4 or IPv6; zero wants both, in one walk of the table.
	Family socket.Family
	// Fields are the fields wanted of each socket. For those outside the fixed part,
	// the kernel is asked to send the attributes: struct tcp_info, memory, congestion
	// control.
	Fields socket.FieldSet
	// Filter is bytecode from [Compile]; without it every socket is wanted.
	Filter []byte
	// Multipath asks for MPTCP sockets instead of TCP sockets: of one Family, without
	// a Filter. A kernel without MPTCP, or older than Linux 5.9, refuses with an
	// error.
	Multipath bool
}

const (
	flagsDump = 0x301 // NLM_F_REQUEST | NLM_F_DUMP

	sizeofReqV2     = 56 // struct inet_diag_req_v2
	sizeofReqLegacy = 60 // struct inet_diag_req

	reqBytecode = 1                             // INET_DIAG_REQ_BYTECODE
	reqProtocol = 3                             // INET_DIAG_REQ_PROTOCOL
	maxFilter   = (1<<16 - 1 - sizeofAttr) &^ 3 // an attribute's length has 16 bits

	protoTCP   = 6
	protoMPTCP = 262 // does not fit struct inet_diag_req_v2
)

// kernelStates returns the states to request from the kernel: request sockets come
// under SYN_RECV (net/ipv4/tcp_diag.c tcp_diag_dump).
func kernelStates(set tcp.StateSet) uint32 {
	if set.Has(tcp.NewSynRecv) {
		set |= tcp.SetOf(tcp.SynRecv)
	}
	return uint32(set)
}

// marshal writes the request as one netlink message.
//
// One family is requested with SOCK_DIAG_BY_FAMILY. Both are requested with the older
// TCPDIAG_GETSOCK, the only one that takes AF_UNSPEC (net/ipv4/inet_diag.c
// inet_diag_dump_compat): the newer request walks the whole connection table once for
// each family.
func (q Request) marshal(seq uint32) []byte {
	if q.Multipath {
		return q.marshalMultipath(seq)
	}
	if q.Family == 0 {
		return q.marshalLegacy(seq)
	}
	b := q.header(sizeofReqV2, typeByFamily, seq)
	body := b[sizeofHeader:]
	body[0] = addressFamily(q.Family)
	body[1] = protoTCP
	body[2] = q.extensions()
	binary.NativeEndian.PutUint32(body[4:], kernelStates(q.States))
	return b
}

// marshalMultipath names protocol 0 in the fixed part. A kernel that does not know
// the attribute with the real protocol finds no handler for 0, and cannot answer with
// TCP sockets by mistake.
func (q Request) marshalMultipath(seq uint32) []byte {
	b := q.header(sizeofReqV2, typeByFamily, seq)
	body := b[sizeofHeader:]
	body[0] = addressFamily(q.Family)
	binary.NativeEndian.PutUint32(body[4:], kernelStates(q.States))
	b = binary.NativeEndian.AppendUint16(b, sizeofAttr+4)
	b = binary.NativeEndian.AppendUint16(b, reqProtocol)
	b = binary.NativeEndian.AppendUint32(b, protoMPTCP)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func (q Request) marshalLegacy(seq uint32) []byte {
	b := q.header(sizeofReqLegacy, typeTCPDiag, seq)
	b[sizeofHeader+3] = q.extensions()
	binary.NativeEndian.PutUint32(b[sizeofHeader+52:], kernelStates(q.States))
	return b
}

// header makes the message with its struct nlmsghdr, room for a body of the
// given size, and the filter behind it.
func (q Request) header(body int, kind uint16, seq uint32) []byte {
	length := sizeofHeader + body
	if len(q.Filter) > 0 {
		length += sizeofAttr + len(q.Filter)
	}
	b := make([]byte, length)
	binary.NativeEndian.PutUint32(b, uint32(length))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flagsDump)
	binary.NativeEndian.PutUint32(b[8:], seq)
	if len(q.Filter) > 0 {
		attr := b[sizeofHeader+body:]
		binary.NativeEndian.PutUint16(attr, uint16(sizeofAttr+len(q.Filter)))
		binary.NativeEndian.PutUint16(attr[2:], reqBytecode)
		copy(attr[sizeofAttr:], q.Filter)
	}
	return b
}

// extensions returns idiag_ext: bit n-1 asks for attribute n. Mark, cgroup, shutdown
// and v6only have no bit; the kernel sends them anyway (net/ipv4/inet_diag.c
// inet_diag_msg_attrs_fill).
func (q Request) extensions() (ext byte) {
	for id := range q.Fields.Sources().All() {
		switch {
		case id.Field().Cost == socket.CostInfo:
			ext |= 1 << (attrInfo - 1)
		case id == socket.FieldCongestion:
			ext |= 1 << (attrCong - 1)
		case id == socket.FieldDrops, id >= socket.FieldMemRecv && id <= socket.FieldMemBacklog:
			ext |= 1 << (attrSkMemInfo - 1)
		}
	}
	return ext
}

func addressFamily(f socket.Family) byte {
	if f == socket.IPv6 {
		return afInet6
	}
	return afInet
}

const (
	flagsOne = 0x1 // NLM_F_REQUEST

	offReqID   = sizeofHeader + 8 // struct inet_diag_req_v2.id
	anyCookie  = ^uint64(0)       // INET_DIAG_NOCOOKIE, twice
	everyState = ^uint32(0)
)

// marshalOne writes the request for one socket: struct inet_diag_req_v2 with
// its struct inet_diag_sockid (include/uapi/linux/inet_diag.h).
func marshalOne(local, remote netip.AddrPort, device, seq uint32) []byte {
	b := Request{}.header(sizeofReqV2, typeByFamily, seq)
	binary.NativeEndian.PutUint16(b[6:], flagsOne)
	body := b[sizeofHeader:]
	body[0], body[1] = afInet, protoTCP
	if local.Addr().Is6() {
		body[0] = afInet6
	}
	binary.NativeEndian.PutUint32(body[4:], everyState)
	id := b[offReqID:]
	binary.BigEndian.PutUint16(id, local.Port())
	binary.BigEndian.PutUint16(id[2:], remote.Port())
	copy(id[4:20], local.Addr().AsSlice())
	copy(id[20:36], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint32(id[36:], device)
	binary.NativeEndian.PutUint64(id[40:], anyCookie)
	return b
}
