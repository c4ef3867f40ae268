// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Spec is a compiled object that can be changed before it is loaded. It is
// not safe for concurrent use.
type Spec struct {
	spec   *ebpf.CollectionSpec
	pruned *btf.Spec // the kernel's types that CO-RE needs, once looked up
}

// Parse reads an object file written by clang.
func Parse(object []byte) (*Spec, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, problem.Errorf("bpf: read object: %w", "bpf：读取目标文件：%w", err)
	}
	for _, p := range spec.Programs {
		dropLines(p.Instructions)
	}
	return &Spec{spec: spec}, nil
}

// dropLines removes the source lines of instructions, which the kernel would check
// one by one. The first instruction of each function keeps its line: the kernel
// requires it there as soon as any instruction has one.
func dropLines(ins asm.Instructions) {
	for i := range ins {
		one := &ins[i]
		switch first := btf.FuncMetadata(one) != nil; {
		case first && one.Source() == nil:
			*one = one.WithSource(asm.Comment(one.Symbol()))
		case !first && one.Source() != nil:
			*one = one.WithSource(nil)
		}
	}
}

// Only drops all programs but these. Maps that no remaining program uses stay.
func (s *Spec) Only(programs ...string) {
	keep := make(map[string]*ebpf.ProgramSpec, len(programs))
	for _, name := range programs {
		if p := s.spec.Programs[name]; p != nil {
			keep[name] = p
		}
	}
	s.spec.Programs = keep
}

// Set sets a constant of the object (const volatile, in .rodata). The value must have
// the constant's size. The verifier then removes dead code.
func (s *Spec) Set(constant string, value any) error {
	v := s.spec.Variables[constant]
	if v == nil {
		return problem.Errorf("bpf: no constant %s in the object", "bpf：目标文件中没有常量 %s", constant)
	}
	if err := v.Set(value); err != nil {
		return problem.Errorf("bpf: set %s: %w", "bpf：设置 %s：%w", constant, err)
	}
	return nil
}

// Resize changes the sizes of a map's keys and values, in bytes, and its number of
// entries. 0 leaves a size as it is.
func (s *Spec) Resize(name string, key, value, entries uint32) error {
	m := s.spec.Maps[name]
	if m == nil {
		return problem.Errorf("bpf: no map %s in the object", "bpf：目标文件中没有映射 %s", name)
	}
	if key != 0 && key != m.KeySize {
		m.KeySize, m.Key = key, nil
	}
	if value != 0 && value != m.ValueSize {
		m.ValueSize, m.Value = value, nil
	}
	if entries != 0 {
		m.MaxEntries = entries
	}
	return nil
}

// Load loads maps and programs into the kernel, which verifies every program. The
// error is a [*problem.PermissionError] that names the capabilities, or a
// [*problem.UnsupportedError] if this kernel lacks something or refuses.
func (s *Spec) Load() (*Object, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	return s.load(ebpf.ProgramOptions{KernelTypes: s.kernelTypes()})
}

// load makes the maps, and then loads all programs at the same time: the time is
// mostly the kernel's, one processor per program (kernel/bpf/verifier.c bpf_check).
func (s *Spec) load(o ebpf.ProgramOptions) (*Object, error) {
	for name, m := range s.spec.Maps {
		if !strings.HasPrefix(name, ".") { // a section of constants needs its type to place their values
			m.Key, m.Value = nil, nil // the kernel need not know the types in a map: it would check them
		}
	}
	c, err := ebpf.NewCollection(&ebpf.CollectionSpec{Maps: s.spec.Maps, Variables: s.spec.Variables, ByteOrder: s.spec.ByteOrder})
	if err != nil {
		return nil, explain(err)
	}
	all := &Object{c: &ebpf.Collection{Maps: c.Maps, Programs: map[string]*ebpf.Program{}}, points: map[string]string{}}
	loaded := make(chan part)
	for name, p := range s.spec.Programs {
		all.points[name] = strings.TrimPrefix(p.SectionName, "raw_tp/")
		go func() { loaded <- s.loadOne(name, p, all.c.Maps, o) }()
	}
	for range s.spec.Programs {
		one := <-loaded
		all.c.Programs[one.name] = one.program
		err = cmp.Or(err, one.err)
	}
	if err != nil {
		_ = all.Close()
		return nil, explain(err)
	}
	return all, nil
}

// A part is one program of an object, or the error of loading it.
type part struct {
	name    string
	program *ebpf.Program
	err     error
}

// loadOne loads one program; all programs share the maps.
func (s *Spec) loadOne(name string, p *ebpf.ProgramSpec, maps map[string]*ebpf.Map, o ebpf.ProgramOptions) part {
	spec := &ebpf.CollectionSpec{
		Maps: s.spec.Maps, Programs: map[string]*ebpf.ProgramSpec{name: p}, ByteOrder: s.spec.ByteOrder,
	}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: o, MapReplacements: maps})
	if err != nil {
		return part{name: name, err: err}
	}
	defer c.Close() // closes the copies of map descriptors that were not detached
	return part{name: name, program: c.DetachProgram(name)}
}

// kernelTypes returns the kernel's types that CO-RE needs; nil if the library is to
// read all types. That is so for a program that attaches to something in the kernel,
// and if the types are not as expected here.
func (s *Spec) kernelTypes() *btf.Spec {
	for _, p := range s.spec.Programs {
		if p.AttachTo != "" {
			return nil
		}
	}
	if s.pruned == nil {
		_, _ = s.lookUp() // after an error the library looks itself
	}
	return s.pruned
}

// lookUp finds the kernel's types that the object needs.
func (s *Spec) lookUp() (direct, error) {
	types, numbers, err := prunedTypes(s.spec)
	if err != nil {
		return direct{}, err
	}
	s.pruned = types
	return numbers, nil
}
