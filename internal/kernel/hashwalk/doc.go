// SPDX-License-Identifier: Apache-2.0

// Package hashwalk counts TCP sockets where they are: a program in the kernel
// (eBPF) walks the tables of connections, of listeners and of bound ports once,
// for all network namespaces, filters and groups there, and hands out only the
// counts.
//
// It is for counting many sockets, or those of many namespaces. It knows no
// rows, no names, no owners; sockdiag gives rows. It needs CAP_BPF and
// CAP_PERFMON, a kernel that tells its types, and Linux 6.1 or later; without
// them [Open] says what is missing. It changes nothing:
// docs/decisions/0007-ebpf-hash-walk.md says why it is safe, and what it relies
// on.
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
// Every query is a variant of the program, put together when it is first asked
// and kept for as long as the Walker: code for what it does not need is not in
// it. A variant that was loaded looks for sockets of this process first, and
// answers only if it finds them as they are ([ErrSelfCheck]).
package hashwalk

//go:generate ../bpf/build.sh prog/walk.bpf.c prog/walk.o
//go:generate ../bpf/build.sh prog/lean.bpf.c prog/lean.o
//go:generate ../bpf/build.sh prog/trap.bpf.c testdata/trap.o
//go:generate ../bpf/build.sh prog/misread.bpf.c testdata/misread.o
//go:generate ../bpf/build.sh prog/misload.bpf.c testdata/misload.o
