// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Namespace is one network namespace as it was found. It does not keep the
// namespace alive.
type Namespace struct {
	// Dev and Inode identify it, as stat(2) of its file says; Inode alone does
	// among those that exist at the same time.
	Dev, Inode uint64
	// Name is "host", "self", the name in /run/netns, what Options.Label said,
	// the name of its mount, or else the inode: the first of these that is
	// known. Two namespaces can have one name.
	Name string
	// Container is what Options.Label said, "" for none.
	Container string
	// Self is whether this process lives in it, Host whether process 1 of the
	// host does.
	Self, Host bool
	// Mounts are the places where its file is mounted, as paths that can be
	// opened; those in other mount namespaces begin with /proc/PID/root.
	Mounts []string
	// PIDs are the processes that live in it, ascending.
	PIDs []int32

	root string // the proc tree it was found in
}

// ErrVanished is matched by the error of a namespace that was found, and was
// gone when it should be entered.
var ErrVanished = errors.New("network namespace has vanished")

// Gap makes the gap of a namespace that could not be entered or read.
func (n *Namespace) Gap(err error) problem.Gap {
	return problem.Gap{Source: "network namespace " + n.Name, Reason: err.Error()}
}

// Do calls do inside the namespace and returns its error. Sockets that do opens
// stay in the namespace wherever they are used later; goroutines that it starts
// are outside.
//
// In another namespace than that of this process, do runs on a thread of its
// own, which ends afterwards: a thread that could not go back would answer for
// the wrong namespace. That costs some 0.1 ms.
//
// An error that matches [ErrVanished] says that the namespace is gone, a
// [*problem.PermissionError] that it may not be entered.
func (n *Namespace) Do(do func() error) error {
	if n.Self {
		return do()
	}
	return n.enter(do)
}

// label fills in the names.
func (n *Namespace) label(by func(pids []int32) (name, container string)) {
	given := ""
	if by != nil && len(n.PIDs) > 0 {
		given, n.Container = by(n.PIDs)
	}
	mounted := mountName(n.Mounts)
	switch {
	case n.Host:
		n.Name = "host"
	case n.Self:
		n.Name = "self"
	case mounted != "" && !strings.HasPrefix(mounted, "cni-"):
		n.Name = mounted
	case given != "": // rather than the "cni-UUID" that a network plugin made up
		n.Name = given
	case mounted != "":
		n.Name = mounted
	case len(n.Mounts) > 0:
		n.Name = path.Base(n.Mounts[0])
	default:
		n.Name = strconv.FormatUint(n.Inode, 10)
	}
}

// mountName returns the name that ip-netns(8) knows a namespace by.
func mountName(mounts []string) string {
	for _, m := range mounts {
		dir, name := path.Split(m)
		if dir == "/run/netns/" || dir == "/var/run/netns/" {
			return name
		}
	}
	return ""
}

// has reports whether a process lives in the namespace.
func (n *Namespace) has(pid int32) bool {
	_, found := slices.BinarySearch(n.PIDs, pid)
	return found
}

// vanished is the error of a namespace that none of its ways leads to any more.
func (n *Namespace) vanished() error { return fmt.Errorf("%w: %s", ErrVanished, n.Name) }

// parseLink reads the target of a namespace file, "net:[INODE]" (fs/nsfs.c
// ns_get_name).
func parseLink(link, kind string) (inode uint64, ok bool) {
	number, found := strings.CutPrefix(link, kind+":[")
	if !found {
		return 0, false
	}
	number, found = strings.CutSuffix(number, "]")
	if !found {
		return 0, false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	return inode, err == nil && number[0] != '+'
}
