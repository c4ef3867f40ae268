// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

var errNotNetns = problem.New("not a network namespace", "不是网络命名空间")

// enter calls do inside the namespace, on a thread of its own.
func (n *Namespace) enter(do func() error) error {
	fd, err := n.open()
	if err != nil {
		return err
	}
	defer closeFD(fd)
	return onThread(func() error {
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			return n.setnsError(err)
		}
		return do()
	})
}

func (n *Namespace) setnsError(err error) error {
	if errors.Is(err, unix.EPERM) {
		return &problem.PermissionError{Op: "enter network namespace " + n.Name, OpZh: "进入网络命名空间 " + n.Name, Need: []string{"CAP_SYS_ADMIN"}, Err: err}
	}
	return problem.Errorf("netns: enter %s: %w", "netns：进入 %s：%w", n.Name, err)
}

// maxTries bounds how many processes, threads and descriptors of a namespace are
// tried. If thousands existed a moment ago, one of the first eight still does, unless
// all have gone.
const maxTries = 8

// ways returns the files that lead to the namespace, the longest-lived first.
func (n *Namespace) ways() []string {
	ways := slices.Clone(n.Mounts)
	for _, pid := range n.PIDs[:min(len(n.PIDs), maxTries)] {
		ways = append(ways, n.processDir(pid)+"/ns/net")
	}
	for _, t := range n.Threads {
		ways = append(ways, n.threadDir(t)+"/ns/net")
	}
	return append(ways, n.Files...)
}

// open opens the namespace by the first file that still leads to it. A mounted file
// may refer to another namespace by now, and a pid to another process.
func (n *Namespace) open() (int, error) {
	if n.held > 0 {
		return unix.FcntlInt(uintptr(n.held-1), unix.F_DUPFD_CLOEXEC, 0)
	}
	var denied error
	for _, way := range n.ways() {
		fd, inode, err := openFile(n.tree, way)
		switch {
		case err == nil && inode == n.Inode:
			return fd, nil
		case err == nil:
			closeFD(fd)
		case errors.Is(err, os.ErrPermission):
			denied = err
		}
	}
	if denied != nil {
		return -1, &problem.PermissionError{Op: "open network namespace " + n.Name, OpZh: "打开网络命名空间 " + n.Name, Need: []string{"CAP_SYS_PTRACE", "CAP_SYS_ADMIN"}, Err: denied}
	}
	return -1, n.vanished()
}

// owner returns the user to whom the namespace belongs: the creator of its user
// namespace. The host's namespace belongs to root. ok is false if the caller may not
// ask.
func (n *Namespace) owner() (uid uint32, ok bool) {
	fd, err := n.open()
	if err != nil {
		return 0, false
	}
	defer closeFD(fd)
	users, err := unix.IoctlRetInt(fd, unix.NS_GET_USERNS)
	if err != nil {
		return 0, false
	}
	defer closeFD(users)
	uid, err = unix.IoctlGetUint32(users, unix.NS_GET_OWNER_UID)
	return uid, err == nil
}

func (n *Namespace) hold() error {
	fd, inode, err := openFile(n.tree, threadNetns)
	if err != nil {
		return problem.Errorf("netns: hold %s: %w", "netns：占住 %s：%w", n.Name, err)
	}
	if inode != n.Inode {
		closeFD(fd)
		return problem.Errorf("netns: hold %s: the thread is in another one", "netns：占住 %s：线程在另一个命名空间中", n.Name)
	}
	n.held = fd + 1
	return nil
}

// Release undoes Hold.
func (n *Namespace) Release() {
	if n.held > 0 {
		closeFD(n.held - 1)
		n.held = 0
	}
}

// openFile opens the file of a network namespace and returns its inode. It checks
// what the path leads to before it opens it for reading: opening a pipe would block,
// and opening a device may have effects.
func openFile(tree procfs.FS, path string) (fd int, inode uint64, err error) {
	look, err := lookAt(tree, path)
	if err != nil {
		return -1, 0, err
	}
	defer closeFD(look)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(look, &fs); err != nil {
		return -1, 0, err
	}
	if fs.Type != unix.NSFS_MAGIC {
		return -1, 0, errNotNetns
	}
	fd, err = unix.Open("/proc/self/fd/"+strconv.Itoa(look), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, 0, err
	}
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE) // Linux 4.11
	if err == nil && kind != unix.CLONE_NEWNET {
		err = errNotNetns
	}
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err != nil {
		closeFD(fd)
		return -1, 0, err
	}
	return fd, st.Ino, nil
}

// lookAt opens a path with O_PATH, without opening what it leads to. A path below the
// root of another process is resolved inside that root and without symbolic links,
// which the owner of that root could set.
func lookAt(tree procfs.FS, path string) (int, error) {
	dir, below, foreign := cutForeign(tree.Root(), path)
	if !foreign {
		return unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	}
	base, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer closeFD(base)
	return unix.Openat2(base, below, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS, // Linux 5.6
	})
}

// cutForeign splits "/proc/PID/root/…" into the part up to root and the part below.
func cutForeign(root, path string) (dir, below string, ok bool) {
	rest, ok := strings.CutPrefix(path, root+"/")
	if !ok {
		return "", "", false
	}
	pid, below, ok := strings.Cut(rest, "/root/")
	if !ok || pid == "" || strings.Trim(pid, "0123456789") != "" {
		return "", "", false
	}
	return root + "/" + pid + "/root", below, true
}

var errEnded = problem.New("netns: the function ended its goroutine", "netns：函数结束了自己的 goroutine")

// onThread calls do on a new thread, which ends afterwards.
//
// The thread must not be the main thread: that one cannot end, and /proc/PID/ns/net
// shows the namespace of the main thread, so the whole process would seem to have
// moved.
func onThread(do func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			done <- onThread(do) // this goroutine occupies the main thread meanwhile
			runtime.UnlockOSThread()
			return
		}
		err := errEnded
		defer func() { done <- err }()
		err = do()
	}()
	return <-done
}

// closeFD closes a descriptor that was only read.
func closeFD(fd int) { _ = unix.Close(fd) }
