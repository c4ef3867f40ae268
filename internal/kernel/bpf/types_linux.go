// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"bytes"
	"encoding/binary"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// The kernel describes its types as BTF (Documentation/bpf/btf.rst): a header, then
// records of types that refer to each other by number, then strings. A program needs
// a dozen of some 130,000 types. Searching for those instead of reading all takes 2
// ms instead of 40 ms in a fresh process, measured on Linux 6.18.

// The kinds of types (include/uapi/linux/btf.h BTF_KIND_*).
const (
	kindInt      = 1
	kindPointer  = 2
	kindArray    = 3
	kindStruct   = 4
	kindUnion    = 5
	kindEnum     = 6
	kindTypedef  = 8
	kindVolatile = 9
	kindConst    = 10
	kindRestrict = 11
	kindFunc     = 12
	kindProto    = 13
	kindVariable = 14
	kindSection  = 15
	kindDeclTag  = 17
	kindTypeTag  = 18
	kindEnum64   = 19
)

const (
	sizeofBTFHeader = 24
	sizeofType      = 12
	sizeofMember    = 12
	btfMagic        = 0xeb9f
)

var errBTF = problem.New("bpf: the kernel's types are not as expected", "bpf：内核的类型与预期不符")

// A rawTypes is BTF with an index.
type rawTypes struct {
	types, strings []byte
	count          int              // number of types, including void
	offsets        []uint32         // offset of every indexed-th record, beginning with type 1
	composites     map[string][]int // numbers of the wanted structs and unions, by name
	cast           int              // number of the function bpf_rdonly_cast; 0 if there is none
}

// indexed is how many records lie between two whose offsets are kept. Only a dozen
// types are looked up, and an index of all would take half a megabyte.
const indexed = 32

// A rawType is one record.
type rawType struct {
	name       uint32 // offset in strings
	kind       uint8
	flag       bool
	elements   int
	sizeOrType uint32
	rest       []byte // bytes after the head of the record
}

// A rawMember is a member of a struct or union.
type rawMember struct {
	name   string
	typ    uint32
	offset uint32 // in bits
	bits   uint32 // width of a bit field in bits, 0 for other members
}

// indexTypes reads BTF once and records where the wanted structs and unions are.
func indexTypes(raw []byte, wanted map[string]bool) (*rawTypes, error) {
	if len(raw) < sizeofBTFHeader || binary.LittleEndian.Uint16(raw) != btfMagic {
		return nil, problem.Errorf("%w: no BTF, or of the other byte order", "%w：没有 BTF，或字节序相反", errBTF)
	}
	u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(raw[at:])) }
	head, typeOff, typeLen, strOff, strLen := u32(4), u32(8), u32(12), u32(16), u32(20)
	if size := uint64(len(raw)); head+typeOff+typeLen > size || head+strOff+strLen > size {
		return nil, problem.Errorf("%w: cut short", "%w：不完整", errBTF)
	}
	t := &rawTypes{
		types:      raw[head+typeOff:][:typeLen],
		strings:    raw[head+strOff:][:strLen],
		offsets:    make([]uint32, 0, typeLen/(sizeofType*indexed)+1),
		composites: map[string][]int{},
	}
	return t, t.index(wanted)
}

// index goes through all records.
func (t *rawTypes) index(wanted map[string]bool) error {
	sieve := newSieve(wanted)
	cast := t.find(castFunction)
	number, at := 1, 0 // type 0 is void and has no record
	for ; at+sizeofType <= len(t.types); number++ {
		if (number-1)%indexed == 0 {
			t.offsets = append(t.offsets, uint32(at))
		}
		name, info := binary.LittleEndian.Uint32(t.types[at:]), binary.LittleEndian.Uint32(t.types[at+4:])
		switch kind := uint8(info >> 24 & 0x1f); {
		case kind == kindFunc && name == cast && cast != 0:
			t.cast = number
		case (kind == kindStruct || kind == kindUnion) && sieve.passes(t.strings, name):
			if name := t.name(name); wanted[string(name)] {
				t.composites[string(name)] = append(t.composites[string(name)], number)
			}
		}
		at += recordSize(info)
	}
	t.count = number
	if at != len(t.types) {
		return problem.Errorf("%w: a record is cut short", "%w：有一条记录不完整", errBTF)
	}
	return nil
}

// A sieve accepts all names that begin like a wanted name, and few others. Comparing
// two bytes is faster than searching for the end of a name.
type sieve [1 << 16 / 64]uint64

func newSieve(wanted map[string]bool) *sieve {
	s := &sieve{}
	for name := range wanted {
		begin := append([]byte(name), 0) // the name with its final zero byte
		at := uint(begin[0]) | uint(begin[min(1, len(name))])<<8
		s[at/64] |= 1 << (at % 64)
	}
	return s
}

func (s *sieve) passes(strings []byte, name uint32) bool {
	if uint64(name)+1 >= uint64(len(strings)) {
		return false
	}
	at := uint(strings[name]) | uint(strings[name+1])<<8
	return s[at/64]>>(at%64)&1 != 0
}

// find returns the offset of a string, 0 if there is none. Each string occurs once.
func (t *rawTypes) find(name string) uint32 {
	for from := 0; ; {
		at := bytes.Index(t.strings[from:], []byte(name))
		if at < 0 {
			return 0
		}
		begin, end := from+at, from+at+len(name)
		if begin > 0 && t.strings[begin-1] == 0 && end < len(t.strings) && t.strings[end] == 0 {
			return uint32(begin)
		}
		from = end
	}
}

// recordSize returns the size of a record in bytes, from its second word.
func recordSize(info uint32) int {
	tail := tails[info>>24&0x1f]
	return sizeofType + int(tail.fixed) + int(tail.each)*int(info&0xffff)
}

// tails is how many bytes follow the head of a record: a fixed number, and a number
// for each element. Kinds that are not listed have none.
var tails = [32]struct{ fixed, each uint8 }{
	kindInt: {4, 0}, kindVariable: {4, 0}, kindDeclTag: {4, 0}, kindArray: {12, 0},
	kindEnum: {0, 8}, kindProto: {0, 8},
	kindStruct: {0, 12}, kindUnion: {0, 12}, kindSection: {0, 12}, kindEnum64: {0, 12},
}

// record reads the record at an offset and returns its size.
func (t *rawTypes) record(at int) (one rawType, size int, err error) {
	if at+sizeofType > len(t.types) {
		return one, 0, problem.Errorf("%w: a record is cut short", "%w：有一条记录不完整", errBTF)
	}
	b := t.types[at:]
	info := binary.LittleEndian.Uint32(b[4:])
	one = rawType{
		name: binary.LittleEndian.Uint32(b), kind: uint8(info >> 24 & 0x1f), flag: info>>31 != 0,
		elements: int(info & 0xffff), sizeOrType: binary.LittleEndian.Uint32(b[8:]),
	}
	size = recordSize(info)
	if at+size > len(t.types) {
		return one, 0, problem.Errorf("%w: a record is cut short", "%w：有一条记录不完整", errBTF)
	}
	one.rest = b[sizeofType:size]
	return one, size, nil
}

// name returns a string by its offset.
func (t *rawTypes) name(offset uint32) []byte {
	if uint64(offset) >= uint64(len(t.strings)) {
		return nil
	}
	name, _, _ := bytes.Cut(t.strings[offset:], []byte{0})
	return name
}

// get reads a type by its number; void is kind 0.
func (t *rawTypes) get(number uint32) (rawType, error) {
	if number == 0 {
		return rawType{}, nil
	}
	if uint64(number) >= uint64(t.count) {
		return rawType{}, problem.Errorf("%w: no type %d", "%w：没有类型 %d", errBTF, number)
	}
	at := int(t.offsets[(number-1)/indexed])
	for range (number - 1) % indexed {
		at += recordSize(binary.LittleEndian.Uint32(t.types[at+4:]))
	}
	one, _, err := t.record(at)
	return one, err
}

// plain follows typedefs and qualifiers to the type behind them.
func (t *rawTypes) plain(number uint32) (rawType, error) {
	for range 64 { // more steps mean a cycle
		one, err := t.get(number)
		if err != nil {
			return one, err
		}
		switch one.kind {
		case kindTypedef, kindVolatile, kindConst, kindRestrict, kindTypeTag:
			number = one.sizeOrType
		default:
			return one, nil
		}
	}
	return rawType{}, problem.Errorf("%w: type %d refers to itself", "%w：类型 %d 引用自身", errBTF, number)
}

// member reads the i-th member of a struct or union.
func (t *rawTypes) member(one rawType, i int) rawMember {
	b := one.rest[i*sizeofMember:]
	m := rawMember{
		name:   string(t.name(binary.LittleEndian.Uint32(b))),
		typ:    binary.LittleEndian.Uint32(b[4:]),
		offset: binary.LittleEndian.Uint32(b[8:]),
	}
	if one.flag {
		m.bits = m.offset >> 24
		m.offset &= 1<<24 - 1
	}
	return m
}
