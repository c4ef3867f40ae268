// SPDX-License-Identifier: Apache-2.0

// Package netns finds the network namespaces of a host and runs something
// inside one.
//
// A namespace is found through the processes that live in it and through the
// places where its file is mounted (/run/netns and others), in this mount
// namespace and in those of other processes. One that is held by nothing but an
// open descriptor or a socket is not found. It knows no containers: the caller
// gives names by process.
//
//	spaces, gaps, err := netns.Discover(ctx, netns.Options{})
//	for _, ns := range spaces {
//		err := ns.Do(func() error { conn, err = sockdiag.Open(); return err })
//		if err != nil {
//			gaps = append(gaps, ns.Gap(err))
//		}
//	}
//
// # What a namespace costs
//
// The kernel has one table of connections for all namespaces, unless a
// namespace was made with its own (net.ipv4.tcp_child_ehash_entries, Linux
// 6.1), and a dump walks all of it and passes over what is foreign
// (net/ipv4/inet_diag.c inet_diag_dump_icsk). Entering a namespace is cheap,
// reading it is not: see docs/decisions/0003-namespaces-one-by-one.md.
package netns
