// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"io/fs"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TCPTables opens net/tcp and net/tcp6, in this order. It opens those of the calling
// thread, so that a thread in another network namespace reads that namespace; in a
// tree other than /proc it opens those of the tree. The caller closes the files.
//
// A missing tcp6 is a structural gap: IPv6 may be off. If tcp is missing the error is
// a [*problem.UnsupportedError], if it may not be read a [*problem.PermissionError].
func (f FS) TCPTables() (files []*os.File, gaps []problem.Gap, err error) {
	v4, err := openTable(f.thread("net", "tcp"))
	if err != nil {
		return nil, nil, err
	}
	name := f.thread("net", "tcp6")
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
