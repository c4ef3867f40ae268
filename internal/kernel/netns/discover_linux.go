// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// finder collects namespaces by inode. All files of namespaces are in one file
// system of the kernel (fs/nsfs.c nsfs_mnt), so that device and inode are the
// same as the inode alone, and a link can be read where stat(2) would have to
// open.
type finder struct {
	root   string
	self   *Namespace
	found  map[uint64]*Namespace
	denied int // processes, not kernel threads, whose namespace may not be seen
	// mountNS has one process for each mount namespace, other than our own.
	mountNS map[uint64]int32
}

func discover(ctx context.Context, o Options) ([]*Namespace, []problem.Gap, error) {
	own, err := self(o)
	if err != nil {
		return nil, nil, err
	}
	f := &finder{root: o.root(), self: own, found: map[uint64]*Namespace{own.Inode: own}, mountNS: map[uint64]int32{}}
	if err := f.processes(ctx); err != nil {
		return nil, nil, err
	}
	f.mounts("self", "")
	for _, pid := range slices.Sorted(maps.Values(f.mountNS)) {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("netns: read mounts: %w", err)
		}
		dir := strconv.Itoa(int(pid))
		f.mounts(dir, f.root+"/"+dir+"/root")
	}
	return f.sorted(o), f.gaps(), nil
}

// self returns the namespace of this process.
func self(o Options) (*Namespace, error) {
	file := o.root() + "/self/ns/net"
	inode, err := readLink(file, "net")
	if err != nil {
		return nil, fmt.Errorf("netns: own namespace: %w", err)
	}
	n := &Namespace{Inode: inode, Self: true, Host: hostInode(o.root()) == inode, root: o.root()}
	var st unix.Stat_t
	if unix.Stat(file, &st) == nil && st.Ino == inode {
		n.Dev = st.Dev
	}
	n.label(nil)
	return n, nil
}

// hostInode returns the namespace of the host's process 1, 0 when that is not
// to be seen: without permission, or from inside of a pid namespace.
func hostInode(root string) uint64 {
	// PROC_PID_INIT_INO of include/linux/proc_ns.h, the first pid namespace.
	const initialPIDNamespace = 0xEFFFFFFC
	if pidNS, err := readLink(root+"/self/ns/pid", "pid"); err != nil || pidNS != initialPIDNamespace {
		return 0
	}
	inode, err := readLink(root+"/1/ns/net", "net")
	if err != nil {
		return 0
	}
	return inode
}

// readLink returns the inode that a namespace file links to.
func readLink(file, kind string) (uint64, error) {
	link, err := os.Readlink(file)
	if err != nil {
		return 0, err
	}
	inode, ok := parseLink(link, kind)
	if !ok {
		return 0, fmt.Errorf("%s is %q, not a %s namespace", file, link, kind)
	}
	return inode, nil
}

// processes finds the namespaces that processes live in, and one process for
// each mount namespace.
func (f *finder) processes(ctx context.Context) error {
	pids, err := procfs.PIDs(f.root)
	if err != nil {
		return err
	}
	ownMounts, _ := readLink(f.root+"/self/ns/mnt", "mnt") // 0: then our own is read twice
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("netns: read processes: %w", err)
		}
		dir := f.root + "/" + strconv.Itoa(int(pid)) + "/ns/"
		inode, err := readLink(dir+"net", "net")
		if err != nil {
			f.refused(pid, err)
			continue
		}
		f.add(inode).PIDs = append(f.add(inode).PIDs, pid)
		if mnt, err := readLink(dir+"mnt", "mnt"); err == nil && mnt != ownMounts {
			if _, known := f.mountNS[mnt]; !known {
				f.mountNS[mnt] = pid
			}
		}
	}
	return nil
}

func (f *finder) refused(pid int32, err error) {
	if errors.Is(err, os.ErrPermission) && !procfs.IsKernelThread(f.root, pid) {
		f.denied++
	}
}

// add returns the namespace with an inode.
func (f *finder) add(inode uint64) *Namespace {
	n := f.found[inode]
	if n == nil {
		n = &Namespace{Dev: f.self.Dev, Inode: inode, root: f.root}
		f.found[inode] = n
	}
	return n
}

// mounts finds the namespaces whose files are mounted in the mount namespace of
// a process; prefix leads to its root. A mount in another mount namespace
// matters only when nothing else leads to the namespace: containers see the
// mounts of the host again.
func (f *finder) mounts(process, prefix string) {
	mountinfo, err := os.ReadFile(f.root + "/" + process + "/mountinfo")
	if err != nil {
		return // it exited; that its namespace may not be seen is counted already
	}
	for m := range procfs.Mounts(string(mountinfo)) {
		inode, ok := parseLink(m.Root, "net")
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
}

// sorted names what was found and brings it in order.
func (f *finder) sorted(o Options) []*Namespace {
	host := hostInode(f.root)
	all := slices.Collect(maps.Values(f.found))
	for _, n := range all {
		n.Host = host != 0 && n.Inode == host
		n.label(o.Label)
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
		gaps = append(gaps, problem.Gap{
			Source: "network namespaces",
			Reason: fmt.Sprintf("those of %d processes may not be seen; needs root or CAP_SYS_PTRACE", f.denied),
		})
	}
	return append(gaps, procfs.HiddenProcesses(f.root)...)
}

// atPath returns the namespace whose file is at a path.
func atPath(path string, o Options) (*Namespace, error) {
	fd, inode, err := openFile(o.root(), path)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, &problem.PermissionError{Op: "open network namespace " + path, Need: []string{"CAP_SYS_PTRACE"}, Err: err}
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, errNotNetns):
		return nil, &problem.UsageError{Msg: fmt.Sprintf("no network namespace at %s: %v", path, err)}
	case err != nil:
		return nil, fmt.Errorf("netns: open %s: %w", path, err)
	}
	defer closeFD(fd)
	own, err := self(o)
	if err != nil {
		return nil, err
	}
	if own.Inode == inode {
		return own, nil
	}
	n := &Namespace{Dev: own.Dev, Inode: inode, Mounts: []string{path}, root: o.root()}
	n.Host = hostInode(n.root) == inode
	n.label(nil)
	return n, nil
}
