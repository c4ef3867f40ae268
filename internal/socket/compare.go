// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"cmp"
	"strings"
)

// Compare orders two values of one field: numbers by size, addresses by their
// bytes, text by its letters. The absent value comes first.
func Compare(a, b Value) int {
	if a.kind != b.kind {
		return cmp.Compare(a.kind, b.kind)
	}
	return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.num, b.num), strings.Compare(a.text, b.text))
}

// Clone copies the socket, including what engines reuse from row to row. Names and
// owners are shared and not copied.
func (s *Socket) Clone() *Socket {
	c := *s
	if s.Info != nil {
		info := *s.Info
		c.Info = &info
	}
	if s.Mem != nil {
		mem := *s.Mem
		c.Mem = &mem
	}
	return &c
}
