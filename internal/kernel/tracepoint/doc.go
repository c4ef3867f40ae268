// SPDX-License-Identifier: Apache-2.0

// Package tracepoint sees state changes of TCP sockets without an eBPF program: it
// reads the classic tracepoint sock:inet_sock_set_state (include/trace/events/sock.h,
// Linux 4.16) as perf samples.
//
//	r, err := tracepoint.Open()
//	defer r.Close()
//	err = r.Read(func(c *tracepoint.Change) bool { … })
//
// A change has both addresses and the task that was running. It lacks the network
// namespace, and the cgroup, cookie and error of the socket.
package tracepoint

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Change is one change of state of one socket of the host.
type Change struct {
	At     time.Duration // since boot, without suspended time (CLOCK_MONOTONIC)
	Socket uint64        // address of the socket in kernel memory; a later socket may have the same
	PID    uint32        // process that was running; 0 for none
	From   tcp.State
	To     tcp.State
	Local  netip.AddrPort
	Remote netip.AddrPort
}
