// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Request says what a dump is to contain. The kernel does the choosing: what
// is left out here is never copied.
type Request struct {
	// States is the set of states wanted. The zero set wants none.
	States tcp.StateSet
	// Family is IPv4 or IPv6; zero wants both, in one walk of the table.
	Family socket.Family
}

const (
	flagsDump = 0x301 // NLM_F_REQUEST | NLM_F_DUMP

	sizeofReqV2     = 56 // struct inet_diag_req_v2
	sizeofReqLegacy = 60 // struct inet_diag_req

	protoTCP = 6
)

// kernelStates widens the set to what the kernel must be asked for: request
// sockets are asked for as SYN_RECV too (net/ipv4/tcp_diag.c tcp_diag_dump).
func kernelStates(set tcp.StateSet) uint32 {
	if set.Has(tcp.NewSynRecv) {
		set |= tcp.SetOf(tcp.SynRecv)
	}
	return uint32(set)
}

// marshal writes the request as one netlink message.
//
// One family is asked for with SOCK_DIAG_BY_FAMILY. Both families are asked
// for with the older TCPDIAG_GETSOCK, because only that one takes AF_UNSPEC
// (net/ipv4/inet_diag.c inet_diag_dump_compat): the newer request walks the
// whole connection table once for each family.
func (q Request) marshal(seq uint32) []byte {
	if q.Family == 0 {
		return q.marshalLegacy(seq)
	}
	b := header(sizeofHeader+sizeofReqV2, typeByFamily, seq)
	body := b[sizeofHeader:]
	body[0] = addressFamily(q.Family)
	body[1] = protoTCP
	binary.NativeEndian.PutUint32(body[4:], kernelStates(q.States))
	return b
}

func (q Request) marshalLegacy(seq uint32) []byte {
	b := header(sizeofHeader+sizeofReqLegacy, typeTCPDiag, seq)
	binary.NativeEndian.PutUint32(b[sizeofHeader+52:], kernelStates(q.States))
	return b
}

func header(length int, kind uint16, seq uint32) []byte {
	b := make([]byte, length)
	binary.NativeEndian.PutUint32(b, uint32(length))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flagsDump)
	binary.NativeEndian.PutUint32(b[8:], seq)
	return b
}

func addressFamily(f socket.Family) byte {
	if f == socket.IPv6 {
		return afInet6
	}
	return afInet
}
