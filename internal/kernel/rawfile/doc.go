// SPDX-License-Identifier: Apache-2.0

// Package rawfile is files by single system calls, for code that must be right
// whichever of its calls fails, or is the last one before it is killed. A method
// makes one system call, once more when a signal interrupted it.
//
// Who uses it declares the methods it needs as an interface, so that a test can
// make the n-th one fail. Ordinary files are for os to read; [ReadAll] is for
// those of procfs.
//
//	var sys rawfile.System
//	fd, err := sys.Open("journal", os.O_WRONLY|os.O_APPEND, 0)
//	_, err = sys.Write(fd, record)
//	err = sys.Fsync(fd)
package rawfile

// System makes the calls. Errors are [*io/fs.PathError] where there is a path,
// and match [io/fs.ErrNotExist] and [io/fs.ErrPermission].
type System struct{}
