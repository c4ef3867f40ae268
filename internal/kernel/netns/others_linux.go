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

// CountOthers counts the network namespaces other than this process's own that have a
// process or thread visible to the caller, or that ip-netns(8) and Docker keep under
// a name. It is a cheap [Discover] for a remark: no names, no other mount namespaces,
// no descriptors; without root only what the caller may see. It costs one
// readlinkat(2) per process and thread, and almost nothing if the kernel has no other
// namespace. It leaves out threads of this process, which enter other namespaces to
// read them.
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

// OnlyFirst reports whether the kernel has no network namespace but the first, which
// is the only one that is not allocated from a cache (net/core/net_namespace.c
// init_net, net_cachep). It reads the number of objects in that cache, which only
// root may; for other users it returns false. The number may be too high, never too
// low (mm/slub.c show_slab_objects). Objects smaller than a page may be taken from a
// debugging pool instead of the cache (mm/kfence), so their number proves nothing.
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
	word, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ") // the total; numbers for each memory node follow
	n, err = strconv.ParseUint(word, 10, 64)
	return n, err == nil
}

// others collects namespaces by inode.
type others struct {
	proc int // descriptor of /proc
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

// threads adds the namespaces of the threads in a directory. Links are read relative
// to the directory: resolving the path is half of the cost.
func (o *others) threads(ctx context.Context, dir string) {
	fd, err := unix.Openat(o.proc, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // the process has exited
	}
	defer closeFD(fd)
	tids, err := procfs.TIDs(fd)
	if err != nil {
		return // the process has exited
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

// kernelThreads returns the pids of kernel threads. They are all in the first
// namespace and are most of the processes of a small host, so one read spares a look
// at each of them. They are the children of kthreadd, which is process 2 of the first
// pid namespace (init/main.c rest_init). In another pid namespace, and without
// CONFIG_PROC_CHILDREN, the result is empty.
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

// linkAt returns the inode to which a namespace file of a kind links; ok is false for
// any other file.
func linkAt(dir int, name, kind string, buf []byte) (inode uint64, ok bool, err error) {
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return 0, false, err
	}
	inode, ok = procfs.ParseNamespaceLink(string(buf[:n]), kind)
	return inode, ok, nil
}

// addNamed adds the namespaces that are mounted in a directory.
func addNamed(seen map[uint64]bool, dir string) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // most hosts have no such directory
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

// isNamespace reports whether a file belongs to nsfs. After its namespace has gone, a
// file in /run/netns is an ordinary empty file.
func isNamespace(dir int, name string) bool {
	file, err := unix.Openat(dir, name, unix.O_PATH|unix.O_CLOEXEC, 0) // O_PATH: a FIFO does not block
	if err != nil {
		return false
	}
	defer unix.Close(file)
	var fs unix.Statfs_t
	return unix.Fstatfs(file, &fs) == nil && fs.Type == unix.NSFS_MAGIC
}
