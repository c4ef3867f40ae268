// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// discover searches one place after the other, the cheapest first, and stops when
// enough returns true; a nil enough searches everywhere.
func discover(ctx context.Context, o Options, enough func([]*Namespace) bool) ([]*Namespace, []problem.Gap, error) {
	own, err := self(o)
	if err != nil {
		return nil, nil, err
	}
	f, err := newFinder(o.Proc, own)
	if err != nil {
		return nil, nil, err
	}
	defer closeFD(f.proc)
	f.known = o.Files
	var all []*Namespace
	for _, look := range []func(context.Context) error{f.livedIn, f.threads, f.files} {
		if err := look(ctx); err != nil {
			return nil, nil, problem.Errorf("netns: look for namespaces: %w", "netns：查找命名空间：%w", err)
		}
		if enough == nil {
			continue
		}
		if all = f.sorted(o); enough(all) {
			return all, f.gaps(), nil
		}
	}
	if enough == nil {
		all = f.sorted(o)
	}
	return all, f.gaps(), nil
}

// noProc returns the error for this process's own namespace, which is unknown if
// /proc is not mounted, or if the tree is a copy.
func noProc(tree procfs.FS, file string, err error) error {
	if !errors.Is(err, os.ErrNotExist) {
		return problem.Errorf("netns: own namespace: %w", "netns：自己的命名空间：%w", err)
	}
	if tree.Elsewhere() {
		return &problem.UnsupportedError{
			Feature: "looking at network namespaces", Reason: "there is no " + file, Hint: "a copy of a proc tree leads to none: leave --netns out",
			Zh: "这里无法查看网络命名空间：没有 " + file, HintZh: "proc 树的副本不通向任何命名空间：请去掉 --netns",
		}
	}
	return &problem.UnsupportedError{
		Feature: "looking at network namespaces", Reason: "there is no " + file, Hint: "mount it: mount -t proc proc /proc; tcpvitals census needs none",
		Zh: "这里无法查看网络命名空间：没有 " + file, HintZh: "挂载它：mount -t proc proc /proc；只计数的 tcpvitals census 不需要它",
	}
}

// self returns the namespace of this process.
func self(o Options) (*Namespace, error) {
	file := o.Proc.Path("self/ns/net")
	inode, err := readLink(file, "net")
	if err != nil {
		return nil, noProc(o.Proc, file, err)
	}
	n := &Namespace{Inode: inode, Self: true, Host: hostInode(o.Proc) == inode, tree: o.Proc}
	var st unix.Stat_t
	if unix.Stat(file, &st) == nil && st.Ino == inode {
		n.Dev = st.Dev
	}
	n.label(Options{})
	return n, nil
}

// hostInode returns the namespace of the host's process 1. It is 0 if that cannot be
// seen: without permission, or inside a pid namespace.
func hostInode(tree procfs.FS) uint64 {
	if pidNS, err := readLink(tree.Path("self/ns/pid"), "pid"); err != nil || pidNS != procfs.InitialPIDs {
		return 0
	}
	inode, err := readLink(tree.Path("1/ns/net"), "net")
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
	inode, ok := procfs.ParseNamespaceLink(link, kind)
	if !ok {
		return 0, problem.Errorf("%s is %q, not a %s namespace", "%s 是 %q，不是 %s 命名空间", file, link, kind)
	}
	return inode, nil
}

// atPath returns the namespace whose file is at a path.
func atPath(path string, o Options) (*Namespace, error) {
	fd, inode, err := openFile(o.Proc, path)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, &problem.PermissionError{Op: "open network namespace " + path, OpZh: "打开网络命名空间 " + path, Need: []string{"CAP_SYS_PTRACE"}, Err: err}
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, errNotNetns):
		return nil, &problem.UsageError{Msg: fmt.Sprintf("no network namespace at %s: %v", path, err), Zh: fmt.Sprintf("%s 不是网络命名空间：%v", path, err)}
	case err != nil:
		return nil, problem.Errorf("netns: open %s: %w", "netns：打开 %s：%w", path, err)
	}
	defer closeFD(fd)
	own, err := self(o)
	if err != nil {
		return nil, err
	}
	if own.Inode == inode {
		return own, nil
	}
	n := &Namespace{Dev: own.Dev, Inode: inode, Mounts: []string{path}, tree: o.Proc}
	n.Host = hostInode(n.tree) == inode
	n.label(o)
	return n, nil
}
