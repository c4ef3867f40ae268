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

// kept is what a host keeps for the names of things, from one question to the
// next.
type kept struct {
	proc    procfs.FS
	users   *owner.Users
	passwd  fs.FileInfo // as it was when users were read
	cgroups *procfs.CgroupTree
	places  *owner.Places
	noTree  error // why there is no tree of cgroups
}

func (k *kept) close() {
	if k.cgroups != nil {
		_ = k.cgroups.Close()
	}
	*k = kept{proc: k.proc}
}

// system is the root of the machine whose processes these are: that of its first
// process where they are another's.
func (k *kept) system() string {
	if k.proc.Elsewhere() {
		return k.proc.Path("1", "root")
	}
	return "/"
}

// people returns the users, read anew when their file is another than it was.
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

// sameFile reports whether a file is as it was.
func sameFile(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// place returns what cgroups mean. What was not found before is looked for
// again. none says why there is no tree of them: then units and containers come
// from the processes.
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

// onlyV1 reports whether a host has no cgroup of a socket at all.
func onlyV1(err error) bool {
	_, ok := errors.AsType[*problem.UnsupportedError](err)
	return ok
}
