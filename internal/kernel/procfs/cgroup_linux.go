// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// CgroupTree finds the path of a cgroup by its id, the one that sock_diag
// reports as INET_DIAG_CGROUP_ID. Not safe for concurrent use.
type CgroupTree struct {
	mount Mount
	fd    int // descriptor of the mount point
}

// OpenCgroups opens the cgroup v2 hierarchy of the tree. The error matches
// [problem.ErrNotSupported] on a host with cgroup v1 only.
func (f FS) OpenCgroups() (*CgroupTree, error) {
	mountinfo, err := os.ReadFile(f.Path("self/mountinfo"))
	if err != nil {
		return nil, problem.Errorf("procfs: read mounts: %w", "procfs：读取挂载表：%w", err)
	}
	m, ok := Cgroup2Mount(string(mountinfo))
	if !ok {
		return nil, &problem.UnsupportedError{
			Feature: "the cgroup of a socket",
			Reason:  "no cgroup v2 hierarchy is mounted",
			Hint:    "group by process instead: its cgroup v1 path is known",
			Zh:      "这里不支持套接字的 cgroup：没有挂载 cgroup v2", HintZh: "改为按 process 分组：进程的 cgroup v1 路径是已知的",
		}
	}
	fd, err := unix.Open(m.Point, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, problem.Errorf("procfs: open %s: %w", "procfs：打开 %s：%w", m.Point, err)
	}
	return &CgroupTree{mount: m, fd: fd}, nil
}

// Close releases the tree.
func (t *CgroupTree) Close() error { return unix.Close(t.fd) }

// fileidKernfs is FILEID_KERNFS of enum fid_type (Linux 5.5): the file handle of a
// cgroup consists of its id (fs/kernfs/mount.c kernfs_encode_fh).
const fileidKernfs = 0xfe

// Path returns the path of one cgroup from the root of the hierarchy. It opens the id
// as a file handle, which takes 7 µs for a tree of any size. Without
// CAP_DAC_READ_SEARCH the error is a [*problem.PermissionError]; [CgroupTree.Walk]
// then still works. The error matches [os.ErrNotExist] if there is no such cgroup, or
// none below the mount.
func (t *CgroupTree) Path(id uint64) (string, error) {
	handle := unix.NewFileHandle(fileidKernfs, binary.NativeEndian.AppendUint64(nil, id))
	fd, err := unix.OpenByHandleAt(t.fd, handle, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return "", t.pathError(id, err)
	}
	defer closeFD(fd)
	var buf [unix.PathMax]byte
	n, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(fd), buf[:])
	if err != nil {
		return "", problem.Errorf("procfs: cgroup %d: %w", "procfs：cgroup %d：%w", id, err)
	}
	where := string(buf[:n])
	below, ok := strings.CutPrefix(where, t.mount.Point)
	if !ok || strings.HasSuffix(where, " (deleted)") || (below != "" && below[0] != '/') {
		return "", t.pathError(id, unix.ESTALE)
	}
	return path.Join("/", t.mount.Root, below), nil
}

func (t *CgroupTree) pathError(id uint64, err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return &problem.PermissionError{
			Op: "open cgroup by id", OpZh: "按 id 打开 cgroup",
			Need: []string{"CAP_DAC_READ_SEARCH"},
			Err:  err,
		}
	case errors.Is(err, unix.ESTALE), errors.Is(err, unix.ENOENT):
		return problem.Errorf("procfs: no cgroup with id %d: %w", "procfs：没有编号为 %d 的 cgroup：%w", id, os.ErrNotExist)
	default:
		return problem.Errorf("procfs: cgroup %d: %w", "procfs：cgroup %d：%w", id, err)
	}
}

// Walk calls do with every cgroup, parents first. Unlike [CgroupTree.Path] it needs
// no capability, but it reads the whole tree, some 40 files per cgroup. A cgroup that
// disappears meanwhile is left out.
func (t *CgroupTree) Walk(ctx context.Context, do func(id uint64, path string)) error {
	var st unix.Stat_t
	if err := unix.Fstat(t.fd, &st); err != nil {
		return problem.Errorf("procfs: read %s: %w", "procfs：读取 %s：%w", t.mount.Point, err)
	}
	root := path.Join("/", t.mount.Root)
	do(st.Ino, root)
	return t.walk(ctx, ".", root, make([]byte, 32<<10), do)
}

// walk reads one directory, relative to the mount, and then those below. The
// inode number of a cgroup's directory is its id (fs/kernfs, 64-bit systems).
func (t *CgroupTree) walk(ctx context.Context, dir, where string, buf []byte, do func(uint64, string)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	names, err := t.children(dir, where, buf, do)
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENODEV) {
		return problem.Errorf("procfs: read cgroup %s: %w", "procfs：读取 cgroup %s：%w", where, err)
	}
	for _, name := range names {
		if err := t.walk(ctx, dir+"/"+name, path.Join(where, name), buf, do); err != nil {
			return err
		}
	}
	return nil
}

// children calls do for the cgroups directly below one, and returns their names.
func (t *CgroupTree) children(dir, where string, buf []byte, do func(uint64, string)) ([]string, error) {
	fd, err := unix.Openat(t.fd, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer closeFD(fd)
	var names []string
	for {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return names, err
		}
		eachDirent(buf[:n], func(inode uint64, kind byte, name []byte) {
			if kind != unix.DT_DIR || name[0] == '.' && (name[1] == 0 || name[1] == '.' && name[2] == 0) {
				return
			}
			child := string(name[:len(name)-1])
			names = append(names, child)
			do(inode, path.Join(where, child))
		})
	}
}

// ReadProcessCgroup returns the cgroup of one process.
func (f FS) ReadProcessCgroup(pid int32) (ProcessCgroup, error) {
	file, err := os.ReadFile(f.Path(strconv.Itoa(int(pid)), "cgroup"))
	if err != nil {
		return ProcessCgroup{}, problem.Errorf("procfs: cgroup of process %d: %w", "procfs：进程 %d 的 cgroup：%w", pid, err)
	}
	return ParseProcessCgroup(string(file)), nil
}

// ID returns the id of a cgroup by its path from the root of the hierarchy; ok is
// false if there is no such cgroup below the mount. The inode number of a cgroup's
// directory is its id (fs/kernfs, 64-bit systems).
func (t *CgroupTree) ID(where string) (id uint64, ok bool) {
	relative, ok := strings.CutPrefix(path.Clean("/"+where)+"/", strings.TrimSuffix(path.Join("/", t.mount.Root), "/")+"/")
	if !ok {
		return 0, false
	}
	var st unix.Stat_t
	if err := unix.Fstatat(t.fd, "./"+relative, &st, 0); err != nil {
		return 0, false
	}
	return st.Ino, true
}
