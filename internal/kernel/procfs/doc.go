// SPDX-License-Identifier: Apache-2.0

// Package procfs reads what the kernel tells through /proc: the tables of TCP
// sockets, which process holds which socket, where a cgroup id is, what is
// mounted.
//
// It knows files and their formats, not what they mean for a service or a
// container; internal/owner does. The text of the socket tables it hands out
// as it is; internal/listing reads it. It never writes.
//
//	procs, err := procfs.ScanProcesses(ctx, procfs.ProcessOptions{})
//	if h, ok := procs.Lookup(sock.Inode); ok {
//		fmt.Println(h.First.Name, h.First.PID, "and", h.Count-1, "others")
//	}
package procfs
