// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
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
		return nil, fmt.Errorf("bpf: read object: %w", err)
	}
	return &Spec{spec: spec}, nil
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
		return fmt.Errorf("bpf: no constant %s in the object", constant)
	}
	if err := v.Set(value); err != nil {
		return fmt.Errorf("bpf: set %s: %w", constant, err)
	}
	return nil
}

// Resize changes the size of a map's keys and values, in bytes, and how many
// there is room for. What is 0 stays as it is.
func (s *Spec) Resize(name string, key, value, entries uint32) error {
	m := s.spec.Maps[name]
	if m == nil {
		return fmt.Errorf("bpf: no map %s in the object", name)
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
	c, err := ebpf.NewCollectionWithOptions(s.spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{KernelTypes: s.kernelTypes()}})
	if err != nil {
		return nil, explain(err)
	}
	return &Object{c}, nil
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
