// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// CountOthers counts the network namespaces besides that of this process which
// processes of the caller's view live in, or which ip-netns(8) and Docker keep
// by name. It is [Discover] for a remark in passing: no names, no other mount
// namespaces, and without root only what the caller may see. It costs one
// readlinkat(2) a process.
func CountOthers(ctx context.Context) (int, error) {
	proc, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("netns: open /proc: %w", err)
	}
	defer unix.Close(proc)
	buf := make([]byte, 64)
	own, ok := linkAt(proc, "self/ns/net", buf)
	if !ok {
		return 0, fmt.Errorf("netns: own namespace: %w", unix.ENOENT)
	}
	pids, err := procfs.PIDs("/proc")
	if err != nil {
		return 0, err
	}
	seen := map[uint64]bool{own: true}
	kernel := kernelThreads()
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if kernel[strconv.Itoa(int(pid))] {
			continue
		}
		if inode, ok := linkAt(proc, strconv.Itoa(int(pid))+"/ns/net", buf); ok {
			seen[inode] = true
		}
	}
	for _, dir := range []string{"/run/netns", "/run/docker/netns"} {
		addNamed(seen, dir)
	}
	return len(seen) - 1, nil
}

// kernelThreads returns the pids of the kernel's threads, which all live in the
// first namespace and are most of the processes of a small host. One read
// spares a look at each: they are the children of kthreadd, which is process 2
// of the first pid namespace (init/main.c rest_init). Elsewhere, and without
// CONFIG_PROC_CHILDREN, it returns none.
func kernelThreads() map[string]bool {
	comm, err := rawfile.ReadAll("/proc/2/comm")
	if err != nil || string(comm) != "kthreadd\n" {
		return nil
	}
	children, err := rawfile.ReadAll("/proc/2/task/2/children")
	if err != nil {
		return nil
	}
	threads := map[string]bool{}
	for pid := range strings.FieldsSeq(string(children)) {
		threads[pid] = true
	}
	return threads
}

// linkAt reads the inode that a namespace file links to.
func linkAt(dir int, name string, buf []byte) (inode uint64, ok bool) {
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return 0, false
	}
	return parseLink(string(buf[:n]), "net")
}

// addNamed adds the namespaces that are mounted in dir.
func addNamed(seen map[uint64]bool, dir string) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // most hosts have none
	}
	defer unix.Close(fd)
	buf := make([]byte, 8<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil || n <= 0 {
			return
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			var st unix.Stat_t
			if unix.Fstatat(fd, name, &st, 0) == nil && isNamespace(fd, name) {
				seen[st.Ino] = true
			}
		}
	}
}

// isNamespace reports whether a file is one of nsfs: a file in /run/netns whose
// namespace is gone is an ordinary, empty one.
func isNamespace(dir int, name string) bool {
	file, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(file)
	var fs unix.Statfs_t
	return unix.Fstatfs(file, &fs) == nil && fs.Type == unix.NSFS_MAGIC
}
