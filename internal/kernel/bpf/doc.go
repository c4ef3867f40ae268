// SPDX-License-Identifier: Apache-2.0

// Package bpf loads the eBPF programs of this tree into the kernel and runs them. It
// is the only package that imports github.com/cilium/ebpf
// (docs/decisions/0007-ebpf-hash-walk.md). What a program does and what its answer
// means is the matter of the package that embeds it, such as
// internal/kernel/hashwalk.
//
//	spec, err := bpf.Parse(object) // compiled by clang, committed, embedded
//	err = spec.Set("want_families", uint32(1))
//	obj, err := spec.Load() // says what is missing: a right, BTF, a newer kernel
//	defer obj.Close()
//	_, err = obj.Run("walk", args[:]) // a program of type syscall
//	r, err := obj.Iterate("dump_task_file") // a program of type iter
//
// Programs declare in C the few kernel structures that they use, and are adapted to
// the running kernel at load time (CO-RE): no kernel headers are needed, neither to
// build nor to run. build.sh compiles them.
package bpf
