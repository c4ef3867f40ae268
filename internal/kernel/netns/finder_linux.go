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

// finder collects namespaces by inode. All files of namespaces are in one file
// system of the kernel (fs/nsfs.c nsfs_mnt), so that device and inode are the
// same as the inode alone, and a link can be read where stat(2) would have to
// open.
type finder struct {
	tree   procfs.FS
	proc   int // root, open
	self   *Namespace
	found  map[uint64]*Namespace
	denied int // processes, not kernel threads, whose namespace may not be seen
	// mountNS has one process for each mount namespace, other than our own.
	mountNS map[uint64]int32
	// left is how much is still read of the mounts that other users have made,
	// unread how many mount namespaces were left out for that.
	left, unread int
	// crowds are the processes that have more threads than one.
	crowds []crowd
	known  func() []procfs.NetnsFile // see [Options]
	link   [64]byte
}

// A crowd is a process with several threads, and where its first one lives: 0
// when that one has ended before the others.
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

// livedIn finds the namespaces that processes live in, and those that are
// mounted somewhere.
func (f *finder) livedIn(ctx context.Context) error {
	if err := f.processes(ctx); err != nil {
		return err
	}
	f.mounts("self", "", maxMounts)
	users, _ := readLink(f.tree.Path("self/ns/user"), "user") // 0: all are others
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

// How much is read of lists of mounts, a hundred bytes a mount. Root's mounts
// are read without a limit. In a user namespace anybody can make tens of
// thousands, and each costs the kernel some 0.1 ms to show; containers there
// have some hundred.
const (
	maxMounts        = 64 << 20
	maxOneForeign    = 256 << 10
	maxForeignMounts = 1 << 20
)

// processes finds the namespaces that processes live in, and one process for
// each mount namespace.
func (f *finder) processes(ctx context.Context) error {
	pids, err := f.tree.PIDs()
	if err != nil {
		return err
	}
	ownMounts, _ := readLink(f.tree.Path("self/ns/mnt"), "mnt") // 0: then our own is read twice
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

// inode reads which namespace a file below the proc tree links to.
func (f *finder) inode(file, kind string) (uint64, error) {
	inode, ok, err := linkAt(f.proc, file, kind, f.link[:])
	if err == nil && !ok {
		err = problem.Errorf("%s/%s is not a %s namespace", "%s/%s 不是 %s 命名空间", f.tree.Root(), file, kind)
	}
	return inode, err
}

// isCrowd reports whether a process has several threads: the kernel counts them
// among the links to the directory of its threads, beside the two that every
// directory has (fs/proc/base.c proc_task_getattr).
func isCrowd(proc int, pid string) bool {
	var st unix.Stat_t
	return unix.Fstatat(proc, pid+"/task", &st, 0) == nil && st.Nlink > 3
}

// threads finds the namespaces that single threads live in: any of them may
// enter another one than its process (setns(2), unshare(2)). A look at one costs
// 7 µs, like that at a process.
func (f *finder) threads(ctx context.Context) error {
	for _, c := range f.crowds {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := strconv.Itoa(int(c.pid)) + "/task"
		tids, err := procfs.At(f.tree.Path(dir)).PIDs()
		if err != nil {
			continue // it exited
		}
		for _, tid := range tids {
			inode, err := f.inode(dir+"/"+strconv.Itoa(int(tid))+"/ns/net", "net")
			if err != nil || inode == c.home {
				continue // ended, or refused as its process is, which is counted
			}
			if n := f.add(inode); len(n.Threads) < maxTries {
				n.Threads = append(n.Threads, Thread{PID: c.pid, TID: tid})
			}
		}
	}
	return nil
}

// files finds the namespaces that somebody holds by an open descriptor.
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

// add returns the namespace with an inode.
func (f *finder) add(inode uint64) *Namespace {
	n := f.found[inode]
	if n == nil {
		n = &Namespace{Dev: f.self.Dev, Inode: inode, tree: f.tree}
		f.found[inode] = n
	}
	return n
}

// mounts finds the namespaces whose files are mounted in the mount namespace of
// a process; prefix leads to its root. A mount in another mount namespace
// matters only when nothing else leads to the namespace: containers see the
// mounts of the host again. It returns how much it has read, more than limit when
// there is more.
func (f *finder) mounts(process, prefix string, limit int) (read int) {
	mountinfo, err := rawfile.ReadBeginning(f.tree.Path(process, "mountinfo"), limit)
	if err != nil {
		return 0 // it exited; that its namespace may not be seen is counted already
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

// sorted names what was found and brings it in order.
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
