// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"os"
	"path/filepath"
	"syscall"
)

// OthersBeside reports whether users who cannot change a program can put files into
// its directory, such as /tmp, so that files beside the program may be theirs. Root,
// this user and the owner of the program do not count.
func OthersBeside(program string) bool {
	file, err := os.Stat(program)
	if err != nil {
		return true
	}
	dir, err := os.Stat(filepath.Dir(program))
	if err != nil {
		return true
	}
	owner, _ := file.Sys().(*syscall.Stat_t)
	of, _ := dir.Sys().(*syscall.Stat_t)
	if owner == nil || of == nil {
		return true
	}
	known := of.Uid == 0 || int(of.Uid) == os.Geteuid() || of.Uid == owner.Uid
	return !known || dir.Mode().Perm()&^file.Mode().Perm()&0o022 != 0
}
