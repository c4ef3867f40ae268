// SPDX-License-Identifier: Apache-2.0

// Package tracer records every state change of every TCP socket as it happens, with
// one eBPF program at the tracepoint sock:inet_sock_set_state
// (include/trace/events/sock.h): how many there were, which process made them, and
// how connections ended.
//
//	t, err := tracer.Open(tracer.Options{Owners: true})
//	defer t.Close()
//	…
//	totals, err := t.Totals()
//
// When a process connects, closes or aborts, the current task is that process. At
// other transitions the current task is whichever one the packet or timer
// interrupted, so no process is recorded; the cgroup and the service port of the
// socket tell whose it was.
//
// The tracer cannot see half-open connections (SYN_RECV appears only at the last
// ACK), how a TIME_WAIT ends, and what happened before it was opened.
package tracer

//go:generate sh ../bpf/build.sh trace.bpf.c trace.o
//go:generate sh ../bpf/build.sh raw.bpf.c raw.o
