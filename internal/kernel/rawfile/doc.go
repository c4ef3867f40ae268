// SPDX-License-Identifier: Apache-2.0

// Package rawfile accesses files by single system calls. It is for code that must be
// right whichever call fails, and if the process is killed after any call. A method
// makes one system call, and repeats it if a signal interrupts it.
//
// Callers declare the methods they need as an interface, so that a test can make the
// n-th call fail. Ordinary files are read with package os; [ReadAll] is for files of
// procfs.
package rawfile

// System makes the calls. Errors are [*io/fs.PathError] where there is a path,
// and match [io/fs.ErrNotExist] and [io/fs.ErrPermission].
type System struct{}
