// SPDX-License-Identifier: Apache-2.0

// Package taskfile tells which process has which socket open, by one pass of the
// kernel over the open files of all processes (the eBPF iterator task_file), instead
// of reading every link below /proc/PID/fd. It returns inodes and pids, no names.
//
//	pairs, err := taskfile.Sockets(ctx) // says what is missing: a right, BTF
//	processes, err := procfs.Own().JoinProcesses(ctx, pairs)
package taskfile

//go:generate sh ../bpf/build.sh sockets.bpf.c sockets.o
