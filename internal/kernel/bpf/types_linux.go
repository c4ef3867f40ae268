// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The kernel tells its types as BTF (Documentation/bpf/btf.rst): a header, then
// records of types that refer to each other by their number, then strings. Of
// some 130,000 types a program needs a dozen structures, so that they are looked
// for rather than everything read: 2 ms instead of 40 ms in a fresh process,
// measured on Linux 6.18.

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

var errBTF = errors.New("bpf: the kernel's types are not as expected")

// A rawTypes is BTF with an index.
type rawTypes struct {
	types, strings []byte
	offsets        []uint32         // of records, by number of the type
	composites     map[string][]int // numbers of structs and unions that are wanted
	cast           int              // number of the function bpf_rdonly_cast; 0: there is none
}

// A rawType is one record.
type rawType struct {
	name       uint32 // in strings
	kind       uint8
	flag       bool
	elements   int
	sizeOrType uint32
	rest       []byte // what follows the record's head
}

// A rawMember is a member of a struct or union.
type rawMember struct {
	name   string
	typ    uint32
	offset uint32 // in bits
	bits   uint32 // of a bit field, 0 for others
}

// indexTypes reads BTF once and notes where the wanted structs and unions are.
func indexTypes(raw []byte, wanted func(name []byte) bool) (*rawTypes, error) {
	if len(raw) < sizeofBTFHeader || binary.LittleEndian.Uint16(raw) != btfMagic {
		return nil, fmt.Errorf("%w: no BTF, or of the other byte order", errBTF)
	}
	u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(raw[at:])) }
	head, typeOff, typeLen, strOff, strLen := u32(4), u32(8), u32(12), u32(16), u32(20)
	if size := uint64(len(raw)); head+typeOff+typeLen > size || head+strOff+strLen > size {
		return nil, fmt.Errorf("%w: cut short", errBTF)
	}
	t := &rawTypes{
		types:      raw[head+typeOff:][:typeLen],
		strings:    raw[head+strOff:][:strLen],
		offsets:    make([]uint32, 1, typeLen/24+1), // type 0 is void and has no record
		composites: map[string][]int{},
	}
	for at := 0; at < len(t.types); {
		if at+sizeofType > len(t.types) {
			return nil, fmt.Errorf("%w: a record is cut short", errBTF)
		}
		info := binary.LittleEndian.Uint32(t.types[at+4:])
		kind := uint8(info >> 24 & 0x1f)
		if kind == kindStruct || kind == kindUnion {
			if name := t.name(binary.LittleEndian.Uint32(t.types[at:])); len(name) > 0 && wanted(name) {
				t.composites[string(name)] = append(t.composites[string(name)], len(t.offsets))
			}
		}
		if kind == kindFunc && t.cast == 0 && t.named(binary.LittleEndian.Uint32(t.types[at:]), castFunction) {
			t.cast = len(t.offsets)
		}
		t.offsets = append(t.offsets, uint32(at))
		at += sizeofType + trailing(kind, int(info&0xffff))
	}
	return t, nil
}

// record reads the record at an offset and returns its size.
func (t *rawTypes) record(at int) (one rawType, size int, err error) {
	if at+sizeofType > len(t.types) {
		return one, 0, fmt.Errorf("%w: a record is cut short", errBTF)
	}
	b := t.types[at:]
	info := binary.LittleEndian.Uint32(b[4:])
	one = rawType{
		name: binary.LittleEndian.Uint32(b), kind: uint8(info >> 24 & 0x1f), flag: info>>31 != 0,
		elements: int(info & 0xffff), sizeOrType: binary.LittleEndian.Uint32(b[8:]),
	}
	size = sizeofType + trailing(one.kind, one.elements)
	if at+size > len(t.types) {
		return one, 0, fmt.Errorf("%w: a record is cut short", errBTF)
	}
	one.rest = b[sizeofType:size]
	return one, size, nil
}

// trailing returns how many bytes follow the head of a record. Kinds that are
// not listed have none.
func trailing(kind uint8, elements int) int {
	switch kind {
	case kindInt, kindVariable, kindDeclTag:
		return 4
	case kindArray:
		return 12
	case kindEnum, kindProto:
		return 8 * elements
	case kindStruct, kindUnion, kindSection, kindEnum64:
		return 12 * elements
	default:
		return 0
	}
}

// name returns a string by its offset.
func (t *rawTypes) name(offset uint32) []byte {
	if uint64(offset) >= uint64(len(t.strings)) {
		return nil
	}
	name, _, _ := bytes.Cut(t.strings[offset:], []byte{0})
	return name
}

// named compares a string without looking for its end.
func (t *rawTypes) named(offset uint32, name string) bool {
	end := uint64(offset) + uint64(len(name))
	return end < uint64(len(t.strings)) && t.strings[end] == 0 && string(t.strings[offset:end]) == name
}

// get reads a type by its number; void is kind 0.
func (t *rawTypes) get(number uint32) (rawType, error) {
	if number == 0 {
		return rawType{}, nil
	}
	if uint64(number) >= uint64(len(t.offsets)) {
		return rawType{}, fmt.Errorf("%w: no type %d", errBTF, number)
	}
	one, _, err := t.record(int(t.offsets[number]))
	return one, err
}

// plain follows a type to what it is without names and qualifiers.
func (t *rawTypes) plain(number uint32) (rawType, error) {
	for range 64 { // deeper is a circle
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
	return rawType{}, fmt.Errorf("%w: type %d refers to itself", errBTF, number)
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
