// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"maps"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// maxDepth bounds how deeply structures may be nested.
const maxDepth = 32

// A pruner copies those of the kernel's types that an object refers to: structs and
// unions whose names the object declares, with the members whose names the object
// declares anywhere. Each pointer becomes a pointer to void: if the object follows
// it, the target is declared under its own name.
type pruner struct {
	raw              *rawTypes
	structs, members map[string]bool
	done             map[uint32]btf.Type
}

// prunedTypes returns the kernel's types as far as the object needs them, and the
// type numbers for direct loads. After an error the caller lets the library read all
// types.
func prunedTypes(object *ebpf.CollectionSpec) (*btf.Spec, direct, error) {
	p := &pruner{structs: map[string]bool{}, members: map[string]bool{}, done: map[uint32]btf.Type{}}
	if err := p.declared(object.Types); err != nil {
		return nil, direct{}, err
	}
	raw, free, err := kernelTypes()
	if err != nil {
		return nil, direct{}, err
	}
	defer free()
	wanted := maps.Clone(p.structs)
	wanted[windowType] = true
	if p.raw, err = indexTypes(raw, wanted); err != nil {
		return nil, direct{}, err
	}
	types, err := p.build()
	return types, p.raw.direct(), err
}

// build makes the library's form of all wanted types.
func (p *pruner) build() (*btf.Spec, error) {
	builder, err := btf.NewBuilder(nil, nil)
	if err != nil {
		return nil, problem.Errorf("bpf: build types: %w", "bpf：生成类型：%w", err)
	}
	for _, numbers := range p.raw.composites {
		for _, number := range numbers {
			t, err := p.copy(uint32(number), 0)
			if err != nil {
				return nil, err
			}
			if _, err := builder.Add(t); err != nil {
				return nil, problem.Errorf("bpf: build types: %w", "bpf：生成类型：%w", err)
			}
		}
	}
	return builder.Spec()
}

// declared records the names that the object declares. A suffix after three
// underscores distinguishes versions of one structure.
func (p *pruner) declared(types *btf.Spec) error {
	for t, err := range types.All() {
		if err != nil {
			return problem.Errorf("bpf: types of the object: %w", "bpf：目标文件的类型：%w", err)
		}
		name, members := composite(t)
		if members == nil {
			continue
		}
		name, _, _ = strings.Cut(name, "___")
		if name != "" {
			p.structs[name] = true
		}
		for _, m := range members {
			p.members[m.Name] = true
		}
	}
	return nil
}

func composite(t btf.Type) (name string, members []btf.Member) {
	switch t := t.(type) {
	case *btf.Struct:
		return t.Name, t.Members
	case *btf.Union:
		return t.Name, t.Members
	default:
		return "", nil
	}
}

// copy makes the library's form of a type.
func (p *pruner) copy(number uint32, depth int) (btf.Type, error) {
	if t := p.done[number]; t != nil {
		return t, nil
	}
	one, err := p.raw.plain(number)
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, problem.Errorf("%w: structures deeper than %d", "%w：结构嵌套超过 %d 层", errBTF, maxDepth)
	}
	t, err := p.convert(one, depth)
	if err == nil {
		p.done[number] = t
	}
	return t, err
}

func (p *pruner) convert(one rawType, depth int) (btf.Type, error) {
	name := string(p.raw.name(one.name))
	switch one.kind {
	case kindInt:
		return &btf.Int{Name: name, Size: one.sizeOrType, Encoding: btf.IntEncoding(one.rest[3] & 0xf)}, nil
	case kindPointer:
		return &btf.Pointer{Target: (*btf.Void)(nil)}, nil
	case kindArray:
		return p.array(one, depth)
	case kindStruct:
		members, err := p.copyMembers(one, name, depth)
		return &btf.Struct{Name: name, Size: one.sizeOrType, Members: members}, err
	case kindUnion:
		members, err := p.copyMembers(one, name, depth)
		return &btf.Union{Name: name, Size: one.sizeOrType, Members: members}, err
	case kindEnum, kindEnum64:
		return &btf.Enum{Name: name, Size: one.sizeOrType, Values: []btf.EnumValue{}}, nil
	default:
		return nil, problem.Errorf("%w: a member of kind %d", "%w：有类别为 %d 的成员", errBTF, one.kind)
	}
}

func (p *pruner) array(one rawType, depth int) (btf.Type, error) {
	u32 := func(at int) uint32 {
		return uint32(one.rest[at]) | uint32(one.rest[at+1])<<8 | uint32(one.rest[at+2])<<16 | uint32(one.rest[at+3])<<24
	}
	element, err := p.copy(u32(0), depth+1)
	return &btf.Array{Index: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Type: element, Nelems: u32(8)}, err
}

// copyMembers copies the needed members of a declared struct. A struct without a name
// is copied too: its members count as those of the struct around it. Of other structs
// only the size matters.
func (p *pruner) copyMembers(one rawType, name string, depth int) (members []btf.Member, err error) {
	if name != "" && !p.structs[name] {
		return nil, nil
	}
	for i := range one.elements {
		m := p.raw.member(one, i)
		if m.name != "" && !p.members[m.name] {
			continue
		}
		t, err := p.copy(m.typ, depth+1)
		if err != nil {
			return nil, err
		}
		members = append(members, btf.Member{Name: m.name, Type: t, Offset: btf.Bits(m.offset), BitfieldSize: btf.Bits(m.bits)})
	}
	return members, nil
}

// kernelTypes returns the file of the kernel's types: mapped if the kernel can (Linux
// 6.16), else copied.
func kernelTypes() (raw []byte, free func(), err error) {
	file, err := os.Open(typesFile)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if st, err := file.Stat(); err == nil {
		raw, err = unix.Mmap(int(file.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_POPULATE)
		if err == nil {
			return raw, func() { _ = unix.Munmap(raw) }, nil
		}
	}
	raw, err = os.ReadFile(typesFile)
	return raw, func() {}, err
}
