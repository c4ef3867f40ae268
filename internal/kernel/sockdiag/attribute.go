// SPDX-License-Identifier: Apache-2.0

package sockdiag

import "encoding/binary"

// Attributes behind an inet_diag_msg that this package reads
// (include/uapi/linux/inet_diag.h). It skips all others.
const (
	attrInfo      = 2  // INET_DIAG_INFO, struct tcp_info
	attrCong      = 4  // INET_DIAG_CONG, string
	attrSkMemInfo = 7  // INET_DIAG_SKMEMINFO, u32 each
	attrShutdown  = 8  // INET_DIAG_SHUTDOWN, u8
	attrSkV6Only  = 11 // INET_DIAG_SKV6ONLY, u8
	attrMark      = 15 // INET_DIAG_MARK, u32 (Linux 4.9)
	attrULPInfo   = 19 // INET_DIAG_ULP_INFO, nested (Linux 5.4); sent only together with INET_DIAG_INFO
	attrCgroupID  = 21 // INET_DIAG_CGROUP_ID, u64 (Linux 5.8)
)

// attrULPName is INET_ULP_INFO_NAME in INET_DIAG_ULP_INFO: a C string.
const attrULPName = 1

const (
	sizeofAttr    = 4      // struct nlattr
	attrTypeMask  = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	attrAlignment = 4
)

// attribute returns the payload of the first attribute of the given type.
func (m Message) attribute(kind uint16) (payload []byte, ok bool) {
	return findAttribute(m[sizeofMsg:], kind)
}

// findAttribute returns the payload of the first attribute of the given type.
func findAttribute(rest []byte, kind uint16) (payload []byte, ok bool) {
	for len(rest) > 0 {
		var found uint16
		if found, payload, rest = nextAttribute(rest); found == kind && payload != nil {
			return payload, true
		}
	}
	return nil, false
}

// nextAttribute cuts off one struct nlattr. Its payload is nil exactly if the
// attribute does not fit: what follows cannot be read then.
func nextAttribute(b []byte) (kind uint16, payload, rest []byte) {
	if len(b) < sizeofAttr {
		return 0, nil, nil
	}
	length := int(binary.NativeEndian.Uint16(b))
	if length < sizeofAttr || length > len(b) {
		return 0, nil, nil
	}
	kind = binary.NativeEndian.Uint16(b[2:]) & attrTypeMask
	return kind, b[sizeofAttr:length], b[min(align(length), len(b)):]
}

// align rounds up to the alignment of netlink (NLMSG_ALIGN, NLA_ALIGN).
func align(n int) int { return (n + attrAlignment - 1) &^ (attrAlignment - 1) }
