// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// kept holds what is needed to name things, from one question to the next.
type kept struct {
	proc    procfs.FS
	users   *owner.Users
	passwd  fs.FileInfo // the state of the passwd file when the users were read
	cgroups *procfs.CgroupTree
	places  *owner.Places
	noTree  error // why there is no cgroup tree
}

func (k *kept) close() {
	if k.cgroups != nil {
		_ = k.cgroups.Close()
	}
	*k = kept{proc: k.proc}
}

// system returns the root directory of the machine whose processes are read. For
// another proc tree that is the root of its process 1.
func (k *kept) system() string {
	if k.proc.Elsewhere() {
		return k.proc.Path("1", "root")
	}
	return "/"
}

// people returns the users. It reads them anew if their file has changed.
func (k *kept) people() *owner.Users {
	now, err := os.Stat(filepath.Join(k.system(), "etc", "passwd"))
	if err != nil {
		now = nil
	}
	if k.users == nil || !sameFile(k.passwd, now) {
		k.users, k.passwd = owner.NewUsers(k.system()), now
	}
	return k.users
}

// sameFile reports whether two looks saw the same, unchanged file.
func sameFile(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// place returns what cgroups mean. A cgroup that was not found before is looked for
// again. none says why there is no cgroup tree; then units and containers come from
// the processes.
func (k *kept) place() (places *owner.Places, none error) {
	switch {
	case k.places == nil || k.noTree != nil && !conclusive(k.noTree):
		k.openPlaces()
	default:
		k.places.Forget()
	}
	return k.places, k.noTree
}

func (k *kept) openPlaces() {
	tree, err := k.proc.OpenCgroups()
	k.noTree = err
	if err != nil {
		k.places = owner.NewPlaces(nil, k.proc)
		return
	}
	k.cgroups, k.places = tree, owner.NewPlaces(tree, k.proc)
}

// onlyV1 reports whether an error means a host with cgroup v1 only, where a socket
// has no cgroup.
func onlyV1(err error) bool {
	_, ok := errors.AsType[*problem.UnsupportedError](err)
	return ok
}
