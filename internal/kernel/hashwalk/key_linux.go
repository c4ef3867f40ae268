// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/condition"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// keyStart is the offset of a key behind the worker's number and the table.
const keyStart = 4

// A part is one piece of a key: size bytes at offset at.
type part struct {
	field socket.FieldID
	at    int16
	size  int
	key   Key
}

// A layout tells which field stands where in a key.
type layout struct {
	parts []part
	size  int // size of the key in bytes, a multiple of 4
	// listeners are the addresses that the last walk found, by number; only for a key
	// by listener.
	listeners map[uint32]netip.AddrPort
}

// canonical maps fields that have the same source to one of them.
func canonical(f socket.FieldID) socket.FieldID {
	switch f {
	case socket.FieldKind:
		return socket.FieldState
	case socket.FieldNetns, socket.FieldNetnsContainer:
		return socket.FieldNetnsInode
	case socket.FieldCgroup:
		return socket.FieldCgroupID
	default:
		return f
	}
}

// keyParts are all possible parts, in the order in which a key holds them, widest
// first, each with its offset in the subject.
var keyParts = []struct {
	field socket.FieldID
	from  int16
	size  int
}{
	{socket.FieldNetnsInode, condition.AtNetns, 4},
	{socket.FieldCgroupID, condition.AtCgroup, 8},
	{socket.FieldLocal, condition.AtLocal, 16},
	{socket.FieldRemote, condition.AtRemote, 16},
	{socket.FieldIfindex, condition.AtDevice, 4},
	{socket.FieldListener, condition.AtListener, 4},
	{socket.FieldLocalPort, condition.AtLocalPort, 2},
	{socket.FieldRemotePort, condition.AtRemotePort, 2},
	{socket.FieldState, condition.AtCode, 1},
	{socket.FieldFamily, condition.AtFamily, 1},
	{socket.FieldDirection, condition.AtDirection, 1},
}

// lay orders the keys of a query. It refuses one field with two prefixes.
func lay(q *Query) (*layout, error) {
	wanted := map[socket.FieldID]Key{}
	for _, k := range q.By {
		if !Groupable().Has(k.Field) {
			name := k.Field.Field().Name
			return nil, &problem.UnsupportedError{Feature: "grouping by " + name, Reason: "the walk in the kernel does not read it", Zh: "这里不支持按 " + name + " 分组：内核中的遍历不读它"}
		}
		k.Field = canonical(k.Field)
		if before, twice := wanted[k.Field]; twice && before != k {
			k.Cut = false // the rows are finer than asked for
		}
		wanted[k.Field] = k
	}
	if _, ok := wanted[socket.FieldCgroupID]; ok || q.Unowned {
		wanted[socket.FieldState] = Key{Field: socket.FieldState} // a minisocket has no cgroup
	}
	l := &layout{}
	at := keyStart
	for _, p := range keyParts {
		if k, ok := wanted[p.field]; ok {
			l.parts = append(l.parts, part{p.field, int16(at), p.size, k})
			at += p.size
		}
	}
	l.size = (at + 3) &^ 3
	return l, nil
}

// has reports whether the field is in the key.
func (l *layout) has(f socket.FieldID) bool {
	for _, p := range l.parts {
		if p.field == f {
			return true
		}
	}
	return false
}

// narrow reports whether the plain counts have all fields of the key.
func (l *layout) narrow() bool {
	for _, p := range l.parts {
		switch p.field {
		case socket.FieldNetnsInode, socket.FieldState, socket.FieldFamily:
		default:
			return false
		}
	}
	return true
}

// plain returns the layout of the plain counts.
func plain() *layout {
	l, err := lay(&Query{By: []Key{{Field: socket.FieldState}, {Field: socket.FieldFamily}, {Field: socket.FieldNetnsInode}}})
	if err != nil {
		panic(err) // the line above is wrong
	}
	return l
}

// code returns the body of make_key.
func (l *layout) code() *bpf.Code {
	c := bpf.NewCode("make_key")
	for _, p := range l.parts {
		from := subjectOf(p.field)
		if p.size == 16 {
			address(c, p, from)
			continue
		}
		c.Load(bpf.R3, bpf.R1, from, p.size)
		c.Store(bpf.R2, p.at, bpf.R3, p.size)
	}
	c.Return(0)
	return c
}

func subjectOf(f socket.FieldID) int16 {
	for _, p := range keyParts {
		if p.field == f {
			return p.from
		}
	}
	return 0
}

// address copies an address word by word, each cut to the prefix. IPv4, mapped or
// not, has its own prefix length.
func address(c *bpf.Code, p part, from int16) {
	done := c.NewLabel()
	if p.key.Cut {
		wide := c.NewLabel()
		for i, mapped := range mappedWords() {
			c.Load(bpf.R3, bpf.R1, from+int16(4*i), 4)
			c.JumpUnless(bpf.R3, mapped, wide)
		}
		words(c, p.at, from, 96+int(p.key.Bits4))
		c.Jump(done)
		c.Place(wide)
		words(c, p.at, from, int(p.key.Bits6))
	} else {
		words(c, p.at, from, 128)
	}
	c.Place(done)
}

// mappedWords are the first words of ::ffff:0.0.0.0/96 as they lie in memory.
func mappedWords() [3]uint32 {
	return [3]uint32{0, 0, binary.NativeEndian.Uint32([]byte{0, 0, 0xff, 0xff})}
}

func words(c *bpf.Code, at, from int16, bits int) {
	for i := range 4 {
		place := at + int16(4*i)
		mask := condition.WordMask(bits, i)
		if mask == 0 {
			c.Zero(bpf.R2, place, 4)
			continue
		}
		c.Load(bpf.R3, bpf.R1, from+int16(4*i), 4)
		if mask != ^uint32(0) {
			c.And(bpf.R3, mask)
		}
		c.Store(bpf.R2, place, bpf.R3, 4)
	}
}

// row makes the socket of a key and reports whether the key is for unowned sockets.
func (l *layout) row(key []byte) (s socket.Socket, unowned bool) {
	var local, remote netip.Addr
	var localPort, remotePort uint16
	for _, p := range l.parts {
		b := key[p.at : int(p.at)+p.size]
		s.Known.Add(p.field)
		switch p.field {
		case socket.FieldNetnsInode:
			s.Netns = &socket.Netns{Inode: uint64(binary.NativeEndian.Uint32(b))}
		case socket.FieldCgroupID:
			s.CgroupID = binary.NativeEndian.Uint64(b)
		case socket.FieldLocal:
			local = netip.AddrFrom16([16]byte(b)).Unmap()
		case socket.FieldRemote:
			remote = netip.AddrFrom16([16]byte(b)).Unmap()
		case socket.FieldIfindex:
			s.Ifindex = binary.NativeEndian.Uint32(b)
		case socket.FieldLocalPort:
			localPort = binary.NativeEndian.Uint16(b)
		case socket.FieldRemotePort:
			remotePort = binary.NativeEndian.Uint16(b)
		case socket.FieldState:
			s.State, s.Kind = code(b[0] & codeMask).state()
			s.Known.Add(socket.FieldKind)
			unowned = b[0]&unownedBit != 0
		case socket.FieldFamily:
			s.Family = socket.Family(b[0])
		case socket.FieldDirection:
			s.Direction = socket.Direction(b[0])
		case socket.FieldListener:
			s.Listener = l.listeners[binary.NativeEndian.Uint32(b)]
		default:
			panic(fmt.Sprintf("no part of a key: %s", p.field.Field().Name))
		}
	}
	s.Local, s.Remote = netip.AddrPortFrom(local, localPort), netip.AddrPortFrom(remote, remotePort)
	return s, unowned
}
