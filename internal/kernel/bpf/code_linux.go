// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"fmt"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Reg is a register that a function may use as it likes: R1 and R2 are its
// arguments.
type Reg = asm.Register

// The registers of [Code].
const (
	R1 = asm.R1
	R2 = asm.R2
	R3 = asm.R3
	R4 = asm.R4
)

// A Label is a place in [Code] that jumps go to. Jumps go forward only.
type Label int

// Code is the body of a function that is generated at load time and replaces a
// function of the object (see [Spec.Replace]). It holds exactly what a query needs,
// without unneeded loops and comparisons. The zero Code is empty.
type Code struct {
	name   string // makes labels unique within the object
	ins    asm.Instructions
	labels int
	place  []Label // labels of the next instruction
	alias  map[Label]Label
	leads  map[Label]bool // labels that a jump goes to
}

// NewCode begins the body of the function of that name.
func NewCode(function string) *Code {
	return &Code{name: function, alias: map[Label]Label{}, leads: map[Label]bool{}}
}

// Len is how many instructions there are.
func (c *Code) Len() int { return len(c.ins) }

// NewLabel makes a label that has no place yet.
func (c *Code) NewLabel() Label {
	c.labels++
	return Label(c.labels)
}

// Place puts the label before the next instruction.
func (c *Code) Place(l Label) { c.place = append(c.place, l) }

// add appends an instruction. An instruction can have one symbol only; further labels
// at the same place become other names of it.
func (c *Code) add(i asm.Instruction) {
	if len(c.place) > 0 {
		for _, l := range c.place[1:] {
			c.alias[l] = c.place[0]
		}
		i = i.WithSymbol(c.symbol(c.place[0]))
		c.place = nil
	}
	c.ins = append(c.ins, i)
}

func (c *Code) symbol(l Label) string { return fmt.Sprintf("%s.%d", c.name, l) }

func width(bytes int) asm.Size {
	switch bytes {
	case 1:
		return asm.Byte
	case 2:
		return asm.Half
	case 4:
		return asm.Word
	default:
		return asm.DWord
	}
}

// Load reads 1, 2, 4 or 8 bytes at base+offset.
func (c *Code) Load(to, base Reg, offset int16, bytes int) {
	c.add(asm.LoadMem(to, base, offset, width(bytes)))
}

// Store writes 1, 2, 4 or 8 bytes at base+offset.
func (c *Code) Store(base Reg, offset int16, from Reg, bytes int) {
	c.add(asm.StoreMem(base, offset, from, width(bytes)))
}

// Zero writes zeros at base+offset.
func (c *Code) Zero(base Reg, offset int16, bytes int) {
	c.add(asm.StoreImm(base, offset, 0, width(bytes)))
}

// And keeps the bits of a 32-bit mask; the upper half of the register is zero
// afterwards.
func (c *Code) And(r Reg, mask uint32) { c.add(asm.And.Imm32(r, int32(mask))) }

// Constant puts a number into a register.
func (c *Code) Constant(r Reg, n uint64) { c.add(asm.LoadImm(r, int64(n), asm.DWord)) }

// JumpUnless goes to the label unless the lower half of r is n.
func (c *Code) JumpUnless(r Reg, n uint32, to Label) { c.jump(asm.JNE.Imm32(r, int32(n), ""), to) }

// JumpBelow goes to the label when the lower half of r is less than n.
func (c *Code) JumpBelow(r Reg, n uint32, to Label) { c.jump(asm.JLT.Imm32(r, int32(n), ""), to) }

// JumpAbove goes to the label when the lower half of r is greater than n.
func (c *Code) JumpAbove(r Reg, n uint32, to Label) { c.jump(asm.JGT.Imm32(r, int32(n), ""), to) }

// JumpDifferent goes to the label unless both registers are equal.
func (c *Code) JumpDifferent(a, b Reg, to Label) { c.jump(asm.JNE.Reg(a, b, ""), to) }

// Jump goes to the label.
func (c *Code) Jump(to Label) { c.jump(asm.Ja.Label(""), to) }

// jump appends a jump whose label is looked up when the code is complete.
func (c *Code) jump(i asm.Instruction, to Label) {
	c.leads[to] = true
	c.add(i.WithReference(c.symbol(to)))
}

// Leads reports whether a jump goes to the label. The verifier refuses unreachable
// code.
func (c *Code) Leads(to Label) bool { return c.leads[to] }

// Return ends the function with a result.
func (c *Code) Return(n int32) {
	c.add(asm.Mov.Imm(asm.R0, n))
	c.add(asm.Return())
}

// resolved returns the instructions with a symbol as the target of every jump.
func (c *Code) resolved() asm.Instructions {
	names := map[string]string{}
	for l, first := range c.alias {
		names[c.symbol(l)] = c.symbol(first)
	}
	ins := make(asm.Instructions, len(c.ins))
	for i, one := range c.ins {
		if name, ok := names[one.Reference()]; ok {
			one = one.WithReference(name)
		}
		ins[i] = one
	}
	return ins
}

// Replace replaces a function of the object by code, in every program that calls it.
// The function must be static, and the compiler must not inline it.
func (s *Spec) Replace(function string, code *Code) error {
	found := false
	for _, p := range s.spec.Programs {
		from, to := extent(p.Instructions, function)
		if from < 0 {
			continue
		}
		found = true
		body := code.resolved()
		// Keep the first instruction's name, type and source line: the verifier
		// refuses a function without them in an object that has them.
		body[0].Metadata = p.Instructions[from].Metadata
		ins := append(asm.Instructions{}, p.Instructions[:from]...)
		ins = append(ins, body...)
		p.Instructions = append(ins, p.Instructions[to:]...)
	}
	if !found {
		return problem.Errorf("bpf: no function %s in the object", "bpf：目标文件中没有函数 %s", function)
	}
	return nil
}

// extent finds the instructions of a function: from its symbol to that of the
// next function.
func extent(ins asm.Instructions, function string) (from, to int) {
	from = -1
	for i := range ins {
		switch {
		case ins[i].Symbol() == function:
			from = i
		case from >= 0 && btf.FuncMetadata(&ins[i]) != nil:
			return from, i
		}
	}
	return from, len(ins)
}
