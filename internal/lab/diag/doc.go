// SPDX-License-Identifier: Apache-2.0

// Package diag asks the kernel about single sockets: NETLINK_SOCK_DIAG without
// NLM_F_DUMP, which finds a connection in whatever state in about 5 µs, and a
// small dump for the few sockets of a lab.
//
// It is not an engine: the census reads the socket table by
// internal/kernel/sockdiag, which streams and does not allocate.
//
//	c, err := diag.Dial()           // in the network namespace in question
//	row, found, err := c.Lookup(local, remote)
package diag
