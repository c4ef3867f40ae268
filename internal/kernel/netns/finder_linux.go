// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// finder collects namespaces by inode. All namespace files are in one file system of
// the kernel (fs/nsfs.c nsfs_mnt). So the inode alone identifies a namespace, and the
// link, which tells only the inode, can be read instead of opening the file for
// stat(2).
type finder struct {
	tree   procfs.FS
	proc   int // descriptor of the tree's root
	self   *Namespace
	found  map[uint64]*Namespace
	denied int // number of processes, without kernel threads, whose namespace may not be read
	// mountNS has one process for each mount namespace other than that of this
	// process.
	mountNS map[uint64]int32
	// left is how many bytes of other users' mount lists may still be read. unread is
	// how many mount namespaces were skipped because of that limit.
	left, unread int
	// crowds are the processes with more than one thread.
	crowds []crowd
	known  func() []procfs.NetnsFile // see [Options]
	link   [64]byte
}

// A crowd is a process with several threads, and the namespace of its main thread: 0
// if the main thread has ended before the others.
type crowd struct {
	pid  int32
	home uint64
}

func newFinder(tree procfs.FS, own *Namespace) (*finder, error) {
	proc, err := unix.Open(tree.Root(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, problem.Errorf("netns: open %s: %w", "netns：打开 %s：%w", tree.Root(), err)
	}
	return &finder{tree: tree, proc: proc, self: own, found: map[uint64]*Namespace{own.Inode: own}, mountNS: map[uint64]int32{}, left: maxForeignMounts}, nil
}

// livedIn finds the namespaces that have processes, and those that are mounted
// somewhere.
func (f *finder) livedIn(ctx context.Context) error {
	if err := f.processes(ctx); err != nil {
		return err
	}
	f.mounts("self", "", maxMounts)
	users, _ := readLink(f.tree.Path("self/ns/user"), "user") // 0: every mount namespace counts as another user's
	for _, pid := range slices.Sorted(maps.Values(f.mountNS)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := strconv.Itoa(int(pid))
		limit := maxMounts
		owner, err := f.inode(dir+"/ns/user", "user")
		foreign := err != nil || owner != users
		if foreign {
			limit = min(f.left, maxOneForeign)
		}
		read := f.mounts(dir, f.tree.Path(dir, "root"), limit)
		if foreign {
			f.left -= min(read, limit)
		}
		if read > limit {
			f.unread++
		}
	}
	return nil
}

// Limits on reading lists of mounts, in bytes; a mount takes about a hundred. Root's
// mounts are read without a limit. In a user namespace any user can make tens of
// thousands of mounts, each of which costs the kernel some 0.1 ms to show. Containers
// have some hundred.
const (
	maxMounts        = 64 << 20
	maxOneForeign    = 256 << 10
	maxForeignMounts = 1 << 20
)

// processes finds the namespaces that have processes, and one process for each mount
// namespace.
func (f *finder) processes(ctx context.Context) error {
	pids, err := f.tree.PIDs()
	if err != nil {
		return err
	}
	ownMounts, _ := readLink(f.tree.Path("self/ns/mnt"), "mnt") // 0: this process's own mounts are read twice
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := strconv.Itoa(int(pid))
		inode, err := f.inode(dir+"/ns/net", "net")
		if isCrowd(f.proc, dir) {
			f.crowds = append(f.crowds, crowd{pid, inode})
		}
		if err != nil {
			f.refused(pid, err)
			continue
		}
		n := f.add(inode)
		n.PIDs = append(n.PIDs, pid)
		if mnt, err := f.inode(dir+"/ns/mnt", "mnt"); err == nil && mnt != ownMounts {
			if _, known := f.mountNS[mnt]; !known {
				f.mountNS[mnt] = pid
			}
		}
	}
	return nil
}

// inode returns the inode of the namespace to which a file below the proc tree links.
func (f *finder) inode(file, kind string) (uint64, error) {
	inode, ok, err := linkAt(f.proc, file, kind, f.link[:])
	if err == nil && !ok {
		err = problem.Errorf("%s/%s is not a %s namespace", "%s/%s 不是 %s 命名空间", f.tree.Root(), file, kind)
	}
	return inode, err
}

// isCrowd reports whether a process has several threads. The link count of its task
// directory is two plus the number of threads (fs/proc/base.c proc_task_getattr).
func isCrowd(proc int, pid string) bool {
	var st unix.Stat_t
	return unix.Fstatat(proc, pid+"/task", &st, 0) == nil && st.Nlink > 3
}

// threads finds the namespaces of single threads: any thread may enter another
// namespace than its process (setns(2), unshare(2)). Each thread costs 7 µs, as each
// process does.
func (f *finder) threads(ctx context.Context) error {
	for _, c := range f.crowds {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := strconv.Itoa(int(c.pid)) + "/task"
		tids, err := procfs.At(f.tree.Path(dir)).PIDs()
		if err != nil {
			continue // the process has exited
		}
		for _, tid := range tids {
			inode, err := f.inode(dir+"/"+strconv.Itoa(int(tid))+"/ns/net", "net")
			if err != nil || inode == c.home {
				continue // the thread has ended, or is refused like its process, which is counted already
			}
			if n := f.add(inode); len(n.Threads) < maxTries {
				n.Threads = append(n.Threads, Thread{PID: c.pid, TID: tid})
			}
		}
	}
	return nil
}

// files finds the namespaces to which open descriptors refer.
func (f *finder) files(ctx context.Context) error {
	files, err := f.openFiles(ctx)
	if err != nil {
		return err
	}
	for _, file := range files {
		if n := f.add(file.Inode); len(n.Files) < maxTries {
			n.Files = append(n.Files, file.Path(f.tree))
		}
	}
	return nil
}

func (f *finder) openFiles(ctx context.Context) ([]procfs.NetnsFile, error) {
	if f.known != nil {
		return f.known(), nil
	}
	return f.tree.NetnsFiles(ctx)
}

func (f *finder) refused(pid int32, err error) {
	if errors.Is(err, os.ErrPermission) && !f.tree.IsKernelThread(pid) {
		f.denied++
	}
}

// add returns the namespace with an inode, a new one if necessary.
func (f *finder) add(inode uint64) *Namespace {
	n := f.found[inode]
	if n == nil {
		n = &Namespace{Dev: f.self.Dev, Inode: inode, tree: f.tree}
		f.found[inode] = n
	}
	return n
}

// mounts finds the namespaces whose files are mounted in the mount namespace of a
// process; prefix leads to the root of that process. A mount in another mount
// namespace matters only if nothing else leads to the namespace: containers repeat
// mounts of the host. It returns how many bytes were read, more than limit if the
// list is longer.
func (f *finder) mounts(process, prefix string, limit int) (read int) {
	mountinfo, err := rawfile.ReadBeginning(f.tree.Path(process, "mountinfo"), limit)
	if err != nil {
		return 0 // the process has exited; a missing permission is counted already
	}
	for m := range procfs.Mounts(string(mountinfo)) {
		inode, ok := procfs.ParseNamespaceLink(m.Root, "net")
		if m.Type != "nsfs" || !ok {
			continue
		}
		n := f.found[inode]
		if prefix != "" && n != nil && (n.Self || len(n.PIDs)+len(n.Mounts) > 0) {
			continue
		}
		n = f.add(inode)
		n.Mounts = append(n.Mounts, prefix+m.Point)
	}
	return len(mountinfo)
}

// sorted names the namespaces and sorts them.
func (f *finder) sorted(o Options) []*Namespace {
	host := hostInode(f.tree)
	all := slices.Collect(maps.Values(f.found))
	for _, n := range all {
		n.Host = host != 0 && n.Inode == host
		n.label(o)
	}
	slices.SortFunc(all, func(a, b *Namespace) int {
		if a.Self != b.Self {
			if a.Self {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Inode, b.Inode)
	})
	return all
}

func (f *finder) gaps() []problem.Gap {
	var gaps []problem.Gap
	if f.denied > 0 {
		gaps = append(gaps, problem.Unread("network namespaces", problem.NetnsDenied, f.denied))
	}
	if f.unread > 0 {
		gaps = append(gaps, problem.Unread("network namespaces", problem.NetnsMounts, f.unread))
	}
	return append(gaps, f.tree.HiddenProcesses()...)
}
