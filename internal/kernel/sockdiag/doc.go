// SPDX-License-Identifier: Apache-2.0

// Package sockdiag reads the kernel's TCP socket table over NETLINK_SOCK_DIAG
// (sock_diag(7)), as a stream: one reused buffer, no allocation per socket.
//
// It needs no privilege. It sees the network namespace of the thread that called
// [Open]. It does not count or name anything, and filters only what the kernel
// filters; a query does the rest.
//
//	conn, err := sockdiag.Open()
//	if err != nil { ... }
//	defer conn.Close()
//	err = conn.Dump(ctx, sockdiag.Request{States: tcp.AllStates}, func(m sockdiag.Message) bool {
//		counts[m.State()]++
//		return true
//	})
//
// A dump that the kernel could not keep consistent, or that was cut short, ends in an
// error that matches [ErrIncomplete]: the sockets shown until then must be discarded
// or shown with a gap.
package sockdiag
