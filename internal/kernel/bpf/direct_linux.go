// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"github.com/cilium/ebpf/asm"
)

// A program reads the kernel's memory by a helper that copies, or, from Linux
// 6.2 on, by loads of its own from an address that bpf_rdonly_cast has declared
// to be that of some structure: a fault then reads as 0 (kernel/bpf/verifier.c,
// BPF_PROBE_MEM). The copy costs about as much as a miss of the caches for each
// socket, and hides from the processor what it could fetch at the same time.

const (
	castFunction = "bpf_rdonly_cast"
	// windowType is what addresses are declared to be: a structure of 16 bytes of
	// which any part may be read as a number (include/uapi/linux/in6.h).
	windowType = "in6_addr"

	// Place-holders in an object (bpf.h), which the kernel's numbers replace.
	castPlace   = 0x0badca57
	windowPlace = 0x0badca58
)

// A direct has the kernel's numbers of what direct loads need; 0 is none.
type direct struct{ cast, window int }

func (t *rawTypes) direct() direct {
	d := direct{cast: t.cast}
	if numbers := t.composites[windowType]; len(numbers) > 0 {
		d.window = numbers[0]
	}
	return d
}

// DirectLoads puts the kernel's numbers into the object's direct loads and
// reports whether there are any: where it does not, the program must not come by
// them, as decided by a constant of its own.
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

// patch changes one instruction. The call of a function that is not there is
// kept with the number 0, which the verifier takes where nothing leads to it.
func (d direct) patch(i *asm.Instruction) {
	switch {
	case i.IsBuiltinCall() && i.Constant == castPlace:
		i.Src = asm.PseudoKfuncCall
		i.Constant = int64(d.cast)
	case i.OpCode.ALUOp() == asm.Mov && i.OpCode.Source() == asm.ImmSource && i.Constant == windowPlace:
		i.Constant = int64(d.window)
	}
}
