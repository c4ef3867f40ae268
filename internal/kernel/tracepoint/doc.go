// SPDX-License-Identifier: Apache-2.0

// Package tracepoint sees changes of state of TCP sockets without a program in the
// kernel: it reads the classic tracepoint sock:inet_sock_set_state
// (include/trace/events/sock.h, Linux 4.16) as perf samples.
//
//	r, err := tracepoint.Open()
//	defer r.Close()
//	err = r.Read(func(c *tracepoint.Change) bool { … })
//
// A change tells the task that ran at that moment and both ends. It does not tell
// the network namespace, nor the cgroup, cookie and error of the socket.
package tracepoint

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Change is one change of state of one socket of the host.
type Change struct {
	At     time.Duration // since boot, without suspended time (CLOCK_MONOTONIC)
	Socket uint64        // where it lies: another one may lie there later
	PID    uint32        // of the process that ran then; 0 for none
	From   tcp.State
	To     tcp.State
	Local  netip.AddrPort
	Remote netip.AddrPort
}
