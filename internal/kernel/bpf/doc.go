// SPDX-License-Identifier: Apache-2.0

// Package bpf loads the eBPF programs of this tree into the kernel and runs
// them. It is the only package that knows the library for that
// (github.com/cilium/ebpf, docs/decisions/0007-ebpf-hash-walk.md); what a
// program does and what its answer means is known to the package that has it,
// such as internal/kernel/hashwalk.
//
//	spec, err := bpf.Parse(object) // compiled by clang, committed, embedded
//	err = spec.Set("want_families", uint32(1))
//	obj, err := spec.Load() // says what is missing: a right, BTF, a newer kernel
//	defer obj.Close()
//	_, err = obj.Run("walk", args[:]) // a program of type syscall
//	r, err := obj.Iterate("dump_task_file") // a program of type iter
//
// Programs declare the few kernel structures that they use in C and are fitted
// to the running kernel at load time (CO-RE): no headers are needed, when
// building or running. They are compiled with build.sh, see its head.
package bpf
