// SPDX-License-Identifier: Apache-2.0

// Package netns finds the network namespaces of a host and runs something inside one.
//
// A namespace is found through the processes and threads in it, through the places
// where its file is mounted (/run/netns and others) in this mount namespace and in
// those of other processes, and through open descriptors that refer to it. A
// namespace that only a socket keeps alive is not found. The package does not know
// containers: the caller supplies names by process.
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
// The kernel has one table of connections for all namespaces, unless a namespace was
// made with its own (net.ipv4.tcp_child_ehash_entries, Linux 6.1). A dump walks the
// whole table and skips sockets of other namespaces (net/ipv4/inet_diag.c
// inet_diag_dump_icsk, net/ipv4/tcp_diag.c tcp_diag_dump). So a dump of an empty
// namespace costs as much as the host's table:
//
//	sockets in other namespaces    dump of an empty one
//	none                            0.25 ms
//	250,000 TIME_WAIT              22 ms
//	1,000,000 TIME_WAIT            80 to 100 ms
//	any, with a table of its own    0.1 ms
//
// Entering a namespace takes 0.1 ms; finding 51 namespaces among 140 processes takes
// 2 ms. Measured on Linux 6.18, two CPUs, 262,144 buckets, both families in one walk;
// a dump per family costs twice as much. See
// docs/decisions/0004-namespaces-one-by-one.md.
package netns
