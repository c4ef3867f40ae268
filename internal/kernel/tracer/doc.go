// SPDX-License-Identifier: Apache-2.0

// Package tracer sees every change of state of every TCP socket as it happens,
// by one eBPF program at the tracepoint sock:inet_sock_set_state
// (include/trace/events/sock.h): how many there were, which process made them,
// and how connections ended.
//
//	t, err := tracer.Open(tracer.Options{Owners: true})
//	defer t.Close()
//	…
//	totals, err := t.Totals()
//
// The process is the current task at the transitions that a program makes: when
// it connects, closes, or aborts. At all others the current task is whoever was
// interrupted by the packet or timer, so that no process is told: the cgroup of
// the socket and its service port say whose it was.
//
// What it cannot see: connections that are half open (SYN_RECV is passed at the
// last ACK), how a TIME_WAIT ends, what began before it was opened.
package tracer

//go:generate sh ../bpf/build.sh trace.bpf.c trace.o
//go:generate sh ../bpf/build.sh raw.bpf.c raw.o
