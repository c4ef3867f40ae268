// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// CountOthers counts the network namespaces besides that of this process which
// processes and threads of the caller's view live in, or which ip-netns(8) and
// Docker keep by name. It is [Discover] for a remark in passing: no names, no
// other mount namespaces, no descriptors, and without root only what the caller
// may see. It costs one readlinkat(2) a process and a thread, and next to nothing
// where the kernel has no other namespace. Threads of this process, which go to
// others to look at them, are left out.
func CountOthers(ctx context.Context) (int, error) {
	if OnlyFirst() {
		return 0, nil
	}
	o, err := newOthers()
	if err != nil {
		return 0, err
	}
	defer unix.Close(o.proc)
	pids, err := procfs.Own().PIDs()
	if err != nil {
		return 0, err
	}
	kernel, own := kernelThreads(), int32(os.Getpid())
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if name := strconv.Itoa(int(pid)); pid != own && !kernel[name] {
			o.process(ctx, name)
		}
	}
	for _, dir := range []string{"/run/netns", "/run/docker/netns"} {
		addNamed(o.seen, dir)
	}
	return len(o.seen) - 1, ctx.Err()
}

// OnlyFirst reports whether the kernel has no network namespace but its first
// one, which is the only one that is not allocated (net/core/net_namespace.c
// init_net, net_cachep). The numbers are those of a cache of the kernel's memory,
// which root may read; for others the answer is no. objects counts too many at
// times, never too few (mm/slub.c show_slab_objects). Objects smaller than a page
// may lie elsewhere, in a pool that finds errors (mm/kfence), and prove nothing.
func OnlyFirst() bool {
	const cache, page = "/sys/kernel/slab/net_namespace/", 4096
	objects, ok := slabNumber(cache + "objects")
	if !ok || objects != 0 {
		return false
	}
	size, ok := slabNumber(cache + "object_size")
	return ok && size > page
}

// slabNumber reads the first number of a file.
func slabNumber(file string) (n uint64, ok bool) {
	text, err := rawfile.ReadAll(file)
	if err != nil {
		return 0, false
	}
	word, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ") // then for each node of memory
	n, err = strconv.ParseUint(word, 10, 64)
	return n, err == nil
}

// others collects namespaces by inode.
type others struct {
	proc int // /proc, open
	seen map[uint64]bool
	buf  []byte
}

func newOthers() (*others, error) {
	proc, err := unix.Open(procfs.Own().Root(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, problem.Errorf("netns: open /proc: %w", "netns：打开 /proc：%w", err)
	}
	o := &others{proc: proc, buf: make([]byte, 64)}
	own, ok, _ := linkAt(proc, "self/ns/net", "net", o.buf)
	if !ok {
		closeFD(proc)
		return nil, problem.Errorf("netns: own namespace: %w", "netns：自己的命名空间：%w", unix.ENOENT)
	}
	o.seen = map[uint64]bool{own: true}
	return o, nil
}

// process adds the namespaces of a process and its threads.
func (o *others) process(ctx context.Context, name string) {
	if inode, ok, _ := linkAt(o.proc, name+"/ns/net", "net", o.buf); ok {
		o.seen[inode] = true
	}
	if !isCrowd(o.proc, name) {
		return
	}
	o.threads(ctx, name+"/task")
}

// threads adds the namespaces of the threads in a directory, from which they are
// looked up: the way there is half of what a look costs.
func (o *others) threads(ctx context.Context, dir string) {
	fd, err := unix.Openat(o.proc, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // it exited
	}
	defer closeFD(fd)
	tids, err := procfs.TIDs(fd)
	if err != nil {
		return // so did it
	}
	for _, tid := range tids {
		if ctx.Err() != nil {
			return
		}
		if inode, ok, _ := linkAt(fd, strconv.Itoa(int(tid))+"/ns/net", "net", o.buf); ok {
			o.seen[inode] = true
		}
	}
}

// kernelThreads returns the pids of the kernel's threads, which all live in the
// first namespace and are most of the processes of a small host. One read
// spares a look at each: they are the children of kthreadd, which is process 2
// of the first pid namespace (init/main.c rest_init). Elsewhere, and without
// CONFIG_PROC_CHILDREN, it returns none.
func kernelThreads() map[string]bool {
	comm, err := rawfile.ReadAll(procfs.Own().Path("2/comm"))
	if err != nil || string(comm) != "kthreadd\n" {
		return nil
	}
	children, err := rawfile.ReadAll(procfs.Own().Path("2/task/2/children"))
	if err != nil {
		return nil
	}
	threads := map[string]bool{}
	for pid := range strings.FieldsSeq(string(children)) {
		threads[pid] = true
	}
	return threads
}

// linkAt reads the inode that a namespace file of a kind links to; ok is false
// where it is no such file.
func linkAt(dir int, name, kind string, buf []byte) (inode uint64, ok bool, err error) {
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return 0, false, err
	}
	inode, ok = procfs.ParseNamespaceLink(string(buf[:n]), kind)
	return inode, ok, nil
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
	file, err := unix.Openat(dir, name, unix.O_PATH|unix.O_CLOEXEC, 0) // a FIFO that somebody left there is not waited for
	if err != nil {
		return false
	}
	defer unix.Close(file)
	var fs unix.Statfs_t
	return unix.Fstatfs(file, &fs) == nil && fs.Type == unix.NSFS_MAGIC
}
