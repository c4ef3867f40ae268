// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"encoding/binary"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TracepointArgs returns how many arguments a tracepoint passes to a program of type
// tp_btf. It reads the type btf_trace_NAME of the kernel. 0 means that there is no
// such tracepoint.
func TracepointArgs(name string) (n int, err error) {
	err = askTypes(func(t *rawTypes) error {
		number, err := t.numberOf(kindTypedef, "btf_trace_"+name)
		if err != nil || number == 0 {
			return err
		}
		one, err := t.plain(number)
		if err == nil && one.kind == kindPointer {
			one, err = t.plain(one.sizeOrType)
		}
		if err == nil && one.kind != kindProto {
			err = problem.Errorf("%w: the tracepoint %s is of kind %d", "%w：tracepoint %s 的类别是 %d", errBTF, name, one.kind)
		}
		n = max(0, one.elements-1) // the first argument does not belong to the tracepoint
		return err
	})
	return n, err
}

// Words returns the names of a kernel enumeration by number; none if the kernel has
// no such enumeration.
func Words(enum string) (words map[uint32]string, err error) {
	words = map[uint32]string{}
	err = askTypes(func(t *rawTypes) error {
		number, err := t.numberOf(kindEnum, enum)
		if err != nil || number == 0 {
			return err
		}
		one, err := t.get(number)
		if err != nil {
			return err
		}
		for i := range one.elements {
			b := one.rest[i*8:]
			words[binary.LittleEndian.Uint32(b[4:])] = string(t.name(binary.LittleEndian.Uint32(b)))
		}
		return nil
	})
	return words, err
}

// askTypes opens the kernel's types for the duration of ask.
func askTypes(ask func(*rawTypes) error) error {
	raw, free, err := kernelTypes()
	if err != nil {
		return fmt.Errorf("bpf: %w", err)
	}
	defer free()
	t, err := indexTypes(raw, nil)
	if err != nil {
		return err
	}
	return ask(t)
}

// numberOf finds the type of a kind and name; 0 if there is none.
func (t *rawTypes) numberOf(kind uint8, name string) (uint32, error) {
	wanted := t.find(name)
	if wanted == 0 {
		return 0, nil
	}
	for number, at := uint32(1), 0; at < len(t.types); number++ {
		one, size, err := t.record(at)
		if err != nil {
			return 0, err
		}
		if one.kind == kind && one.name == wanted {
			return number, nil
		}
		at += size
	}
	return 0, nil
}
