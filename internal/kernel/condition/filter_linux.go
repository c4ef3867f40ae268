// SPDX-License-Identifier: Apache-2.0

package condition

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Offsets of the members of struct subject, from the header subject.h that the
// programs include.
const (
	AtCgroup     = 0
	AtLocal      = 8
	AtRemote     = 24
	AtNetns      = 40
	AtDevice     = 44
	AtLocalPort  = 48
	AtRemotePort = 50
	AtCode       = 52
	AtFamily     = 53
	AtDirection  = 54
	AtListener   = 56
)

// maxFilter bounds the number of instructions of a filter, which run for each socket.
const maxFilter = 4096

// impossible is a value that no byte has: a jump unless a byte equals it is always
// taken. The verifier, which refuses unreachable code, cannot know that.
const impossible = 0x1ff

// A filter collects the code that decides about a socket.
type filter struct {
	code *bpf.Code
	err  error
}

// Compile returns the body of the function match. It returns 1 for a socket that
// meets the condition (nil: every socket) and is in one of the namespaces, given by
// inode (none: all). The error is a [*problem.UnsupportedError] for a condition on
// fields that struct subject does not have.
func Compile(where socket.Condition, netns []uint64) (*bpf.Code, error) {
	f := filter{code: bpf.NewCode("match")}
	no := f.code.NewLabel()
	f.never(no, false) // so that some jump goes to no
	f.namespaces(netns, no)
	if where != nil {
		f.condition(where, no)
	}
	f.code.Return(1)
	f.code.Place(no)
	f.code.Return(0)
	if f.err == nil && f.code.Len() > maxFilter {
		f.err = problem.Errorf("the filter has %d instructions, and the kernel takes %d", "过滤程序有 %d 条指令，内核最多接受 %d 条", f.code.Len(), maxFilter)
	}
	return f.code, f.err
}

// never appends a jump that is taken for every socket, or for none, without the
// verifier knowing which.
func (f *filter) never(to bpf.Label, jumps bool) {
	f.code.Load(bpf.R3, bpf.R1, AtCode, 1)
	if jumps {
		f.code.JumpUnless(bpf.R3, impossible, to)
	} else {
		f.code.JumpAbove(bpf.R3, impossible, to)
	}
}

// leave jumps to the label. The code placed next may not be reachable in another way.
func (f *filter) leave(to, next bpf.Label) {
	if f.code.Leads(next) {
		f.code.Jump(to)
	} else {
		f.never(to, true)
	}
}

// condition appends code that continues if the condition is met, and jumps to no
// otherwise.
func (f *filter) condition(c socket.Condition, no bpf.Label) {
	switch c := c.(type) {
	case socket.And:
		for _, each := range c {
			f.condition(each, no)
		}
	case socket.Or:
		f.either(len(c), no, func(i int, no bpf.Label) { f.condition(c[i], no) })
	case socket.Not:
		met := f.code.NewLabel()
		f.condition(c.Condition, met)
		f.leave(no, met)
		f.code.Place(met)
	case socket.PortCondition:
		f.port(c, no)
	case socket.HostCondition:
		f.host(c, no)
	case socket.DeviceCondition:
		f.word(AtDevice, 4, c.Ifindex, no)
	case socket.DirectionCondition:
		f.word(AtDirection, 1, uint32(c.Direction), no)
	case socket.CgroupCondition:
		f.code.Load(bpf.R3, bpf.R1, AtCgroup, 8)
		f.code.Constant(bpf.R4, c.ID)
		f.code.JumpDifferent(bpf.R3, bpf.R4, no)
	default:
		f.err = &problem.UnsupportedError{Feature: fmt.Sprintf("a filter by %T", c), Reason: "the program in the kernel does not read it", Zh: fmt.Sprintf("这里不支持按 %T 过滤：内核中的程序不读它", c)}
	}
}

// either continues if one of n alternatives is met.
func (f *filter) either(n int, no bpf.Label, each func(i int, no bpf.Label)) {
	if n == 0 {
		f.never(no, true)
		return
	}
	met := f.code.NewLabel()
	for i := range n - 1 {
		missed := f.code.NewLabel()
		each(i, missed)
		f.leave(met, missed)
		f.code.Place(missed)
	}
	each(n-1, no)
	f.code.Place(met)
}

func (f *filter) namespaces(inodes []uint64, no bpf.Label) {
	if len(inodes) == 0 {
		return
	}
	f.either(len(inodes), no, func(i int, no bpf.Label) { f.word(AtNetns, 4, uint32(inodes[i]), no) })
}

// word compares a member for equality.
func (f *filter) word(at int16, size int, n uint32, no bpf.Label) {
	f.code.Load(bpf.R3, bpf.R1, at, size)
	f.code.JumpUnless(bpf.R3, n, no)
}

func (f *filter) port(c socket.PortCondition, no bpf.Label) {
	at := int16(AtLocalPort)
	if c.Side == socket.RemoteSide {
		at = AtRemotePort
	}
	f.code.Load(bpf.R3, bpf.R1, at, 2)
	switch c.Is {
	case socket.PortAtLeast:
		f.code.JumpBelow(bpf.R3, uint32(c.Port), no)
	case socket.PortAtMost:
		f.code.JumpAbove(bpf.R3, uint32(c.Port), no)
	default:
		f.code.JumpUnless(bpf.R3, uint32(c.Port), no)
	}
}

// host compares an address. An IPv4 prefix also covers v4-mapped addresses of IPv6
// sockets; the subject has all IPv4 addresses in that form. An IPv6 prefix covers
// IPv6 sockets only.
func (f *filter) host(c socket.HostCondition, no bpf.Label) {
	if !c.Prefix.IsValid() {
		return
	}
	at := int16(AtLocal)
	if c.Side == socket.RemoteSide {
		at = AtRemote
	}
	addr, bits := c.Prefix.Masked().Addr(), c.Prefix.Bits()
	if addr.Is4() {
		bits += 96
		addr = netip.AddrFrom16(addr.As16())
	} else {
		f.word(AtFamily, 1, uint32(socket.IPv6), no)
	}
	bytes := addr.As16()
	for i := range 4 {
		mask := WordMask(bits, i)
		if mask == 0 {
			break
		}
		f.code.Load(bpf.R3, bpf.R1, at+int16(4*i), 4)
		if mask != ^uint32(0) {
			f.code.And(bpf.R3, mask)
		}
		f.code.JumpUnless(bpf.R3, binary.NativeEndian.Uint32(bytes[4*i:])&mask, no)
	}
}

// WordMask returns the mask of the i-th word of an address for a prefix of this many
// bits. The word is in memory order.
func WordMask(bits, i int) uint32 {
	bits = min(max(bits-32*i, 0), 32)
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(uint64(0xffffffff)<<(32-bits)))
	return binary.NativeEndian.Uint32(b[:])
}
