// SPDX-License-Identifier: Apache-2.0

package sockdiag

import "encoding/binary"

// The attributes behind an inet_diag_msg that are read here
// (include/uapi/linux/inet_diag.h). All others are skipped.
const (
	attrShutdown = 8 // INET_DIAG_SHUTDOWN, u8
)

const (
	sizeofAttr    = 4      // struct nlattr
	attrTypeMask  = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	attrAlignment = 4
)

// attribute returns the payload of the first attribute of the given type.
func (m Message) attribute(kind uint16) (payload []byte, ok bool) {
	return findAttribute(m[sizeofMsg:], kind)
}

// findAttribute walks struct nlattr records. One that does not fit ends the
// search: what follows it cannot be read.
func findAttribute(rest []byte, kind uint16) (payload []byte, ok bool) {
	for len(rest) >= sizeofAttr {
		length := int(binary.NativeEndian.Uint16(rest))
		if length < sizeofAttr || length > len(rest) {
			return nil, false
		}
		if binary.NativeEndian.Uint16(rest[2:])&attrTypeMask == kind {
			return rest[sizeofAttr:length], true
		}
		rest = rest[min(align(length), len(rest)):]
	}
	return nil, false
}

// align rounds up to the alignment of netlink (NLMSG_ALIGN, NLA_ALIGN).
func align(n int) int { return (n + attrAlignment - 1) &^ (attrAlignment - 1) }
