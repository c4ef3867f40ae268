// SPDX-License-Identifier: Apache-2.0

// Package hashwalk counts TCP sockets inside the kernel: an eBPF program walks the
// tables of connections, of listeners and of bound ports once, for all network
// namespaces, filters and groups there, and returns only the counts.
//
// The package is for counting many sockets, or those of many namespaces. It has no
// rows of single sockets, no names and no owners; package sockdiag gives rows. It
// needs CAP_BPF and CAP_PERFMON, a kernel with BTF, and Linux 6.1 or later; [Open]
// says what is missing. It changes nothing in the kernel:
// docs/decisions/0007-ebpf-hash-walk.md says why it is safe, and what it relies on.
//
//	w, err := hashwalk.Open()
//	if err != nil { ... } // a *problem.PermissionError or *problem.UnsupportedError
//	defer w.Close()
//	r, err := w.Walk(ctx, hashwalk.Query{
//		States: tcp.SetOf(tcp.TimeWait),
//		By:     []hashwalk.Key{{Field: socket.FieldNetnsInode}, {Field: socket.FieldRemotePort}},
//	})
//	for _, row := range r.Rows {
//		fmt.Println(row.Socket.Netns.Inode, row.Socket.Remote.Port(), row.Sockets)
//	}
//
// Every kind of query has its own variant of the program, without code that the query
// does not need. A variant is built when it is first needed, and kept by the Walker.
// After loading, a variant must find sockets of this process and describe them
// correctly before it may answer ([ErrSelfCheck]).
package hashwalk

//go:generate ../bpf/build.sh prog/walk.bpf.c prog/walk.o
//go:generate ../bpf/build.sh prog/lean.bpf.c prog/lean.o
//go:generate ../bpf/build.sh prog/trap.bpf.c testdata/trap.o
//go:generate ../bpf/build.sh prog/misread.bpf.c testdata/misread.o
//go:generate ../bpf/build.sh prog/misload.bpf.c testdata/misload.o
