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
	pruned *btf.Spec // what CO-RE needs of the kernel's types, when it was looked for
}

// Parse reads an object as clang wrote it.
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

// dropLines leaves out which line of source an instruction comes from, which the
// kernel would check one by one, but for the first of a function, where it wants
// one as soon as any instruction has one.
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

// Only drops all programs but these. Maps that no program is left for stay.
func (s *Spec) Only(programs ...string) {
	keep := make(map[string]*ebpf.ProgramSpec, len(programs))
	for _, name := range programs {
		if p := s.spec.Programs[name]; p != nil {
			keep[name] = p
		}
	}
	s.spec.Programs = keep
}

// Set gives a constant of the object (const volatile, in .rodata) its value,
// which must have the constant's size. The verifier removes the code that is
// dead then.
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

// Resize changes the size of a map's keys and values, in bytes, and how many
// there is room for. What is 0 stays as it is.
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

// Load hands programs and maps to the kernel, which verifies every program. The
// error is a [*problem.PermissionError] that names the capabilities, or a
// [*problem.UnsupportedError] when this kernel lacks something or refuses.
func (s *Spec) Load() (*Object, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	return s.load(ebpf.ProgramOptions{KernelTypes: s.kernelTypes()})
}

// load makes the maps, and then all programs at the same time: that is mostly the
// kernel's work on one of them (kernel/bpf/verifier.c bpf_check).
func (s *Spec) load(o ebpf.ProgramOptions) (*Object, error) {
	for name, m := range s.spec.Maps {
		if !strings.HasPrefix(name, ".") { // a section of constants: their values are put together by its type
			m.Key, m.Value = nil, nil // the kernel need not know what is in a map: it would check that
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

// A part is one program of an object, or why it could not be loaded.
type part struct {
	name    string
	program *ebpf.Program
	err     error
}

// loadOne loads one program, which shares the maps.
func (s *Spec) loadOne(name string, p *ebpf.ProgramSpec, maps map[string]*ebpf.Map, o ebpf.ProgramOptions) part {
	spec := &ebpf.CollectionSpec{
		Maps: s.spec.Maps, Programs: map[string]*ebpf.ProgramSpec{name: p}, ByteOrder: s.spec.ByteOrder,
	}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: o, MapReplacements: maps})
	if err != nil {
		return part{name: name, err: err}
	}
	defer c.Close() // of what is not detached: copies of the maps' descriptors
	return part{name: name, program: c.DetachProgram(name)}
}

// kernelTypes returns what CO-RE needs of the kernel's types, nil where the
// library is to read all of them: for a program that is attached to something of
// the kernel it has to in any case, and when they are not as expected here.
func (s *Spec) kernelTypes() *btf.Spec {
	for _, p := range s.spec.Programs {
		if p.AttachTo != "" {
			return nil
		}
	}
	if s.pruned == nil {
		_, _ = s.lookUp() // then the library looks
	}
	return s.pruned
}

// lookUp finds in the kernel's types what the object needs of them.
func (s *Spec) lookUp() (direct, error) {
	types, numbers, err := prunedTypes(s.spec)
	if err != nil {
		return direct{}, err
	}
	s.pruned = types
	return numbers, nil
}
