// SPDX-License-Identifier: Apache-2.0

// Package procfs reads what the kernel tells through /proc: the tables of TCP
// sockets, which process holds which socket, where a cgroup id is, what is mounted.
//
// The package knows files and their formats; internal/owner knows what they mean for
// a service or a container. It returns the text of the socket tables unread;
// internal/listing parses it. It never writes.
//
//	procs, err := procfs.ScanProcesses(ctx, procfs.ProcessOptions{})
//	if h, ok := procs.Lookup(sock.Inode); ok {
//		fmt.Println(h.First.Name, h.First.PID, "and", h.Count-1, "others")
//	}
package procfs
