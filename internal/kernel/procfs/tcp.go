// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TCPTables opens net/tcp and net/tcp6, in this order, below root. An empty
// root means the calling thread's own /proc/thread-self, so that a thread in
// another network namespace reads that namespace. The caller closes the files.
//
// A missing tcp6 is a structural gap: IPv6 may be off. A missing tcp is a
// [*problem.UnsupportedError], a refused one a [*problem.PermissionError].
func TCPTables(root string) (files []*os.File, gaps []problem.Gap, err error) {
	if root == "" {
		root = "/proc/thread-self"
	}
	v4, err := openTable(filepath.Join(root, "net", "tcp"))
	if err != nil {
		return nil, nil, err
	}
	name := filepath.Join(root, "net", "tcp6")
	v6, err := openTable(name)
	if errors.Is(err, problem.ErrNotSupported) {
		gap := problem.Unread(name, problem.NoIPv6Table).NeverShown()
		return []*os.File{v4}, []problem.Gap{gap}, nil
	}
	if err != nil {
		_ = v4.Close()
		return nil, nil, err
	}
	return []*os.File{v4, v6}, nil, nil
}

func openTable(name string) (*os.File, error) {
	f, err := rawfile.OpenRegular(name)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &problem.UnsupportedError{Feature: name, Reason: "there is no such file", Zh: "这里不支持 " + name + "：没有这个文件"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &problem.PermissionError{Op: "read " + name, OpZh: "读取 " + name, Err: errors.Unwrap(err)}
	default:
		return nil, err
	}
}
