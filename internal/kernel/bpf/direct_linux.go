// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"github.com/cilium/ebpf/asm"
)

// A program can read kernel memory in two ways. A helper copies it; or, from Linux
// 6.2 on, the program loads directly from an address that bpf_rdonly_cast declares to
// be a certain structure, and a fault reads as 0 (kernel/bpf/verifier.c,
// BPF_PROBE_MEM). The copy costs about as much as one cache miss per socket, and it
// keeps the processor from prefetching.

const (
	castFunction = "bpf_rdonly_cast"
	// windowType is the structure that addresses are declared to be: 16 bytes of
	// which any part may be read as a number (include/uapi/linux/in6.h).
	windowType = "in6_addr"

	// Placeholders in an object (bpf.h), to be replaced by the kernel's numbers.
	castPlace   = 0x0badca57
	windowPlace = 0x0badca58
)

// A direct holds the kernel's type numbers that direct loads need; 0 means none.
type direct struct{ cast, window int }

func (t *rawTypes) direct() direct {
	d := direct{cast: t.cast}
	if numbers := t.composites[windowType]; len(numbers) > 0 {
		d.window = numbers[0]
	}
	return d
}

// DirectLoads writes the kernel's type numbers into the object's direct loads, and
// reports whether the kernel has them. If not, a constant of the program must keep it
// from reaching the direct loads.
func (s *Spec) DirectLoads() bool {
	d, err := s.lookUp()
	possible := err == nil && d.cast != 0 && d.window != 0
	if !possible {
		d = direct{}
	}
	for _, p := range s.spec.Programs {
		for i := range p.Instructions {
			d.patch(&p.Instructions[i])
		}
	}
	return possible
}

// patch changes one instruction. A call of a missing function keeps the number 0; the
// verifier accepts that if the call is unreachable.
func (d direct) patch(i *asm.Instruction) {
	switch {
	case i.IsBuiltinCall() && i.Constant == castPlace:
		i.Src = asm.PseudoKfuncCall
		i.Constant = int64(d.cast)
	case i.OpCode.ALUOp() == asm.Mov && i.OpCode.Source() == asm.ImmSource && i.Constant == windowPlace:
		i.Constant = int64(d.window)
	}
}
