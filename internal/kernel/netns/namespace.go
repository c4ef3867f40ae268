// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
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
	// known. Two namespaces can have one name. Of one that belongs to a user other
	// than root, a label and the inode are followed by "@" and the user: he has
	// made the one up, and the other does not say whose it is.
	Name string
	// User is that user, "" for root, and where nobody may ask.
	User string
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
	// Threads are the first few threads that live in it though their processes
	// do not.
	Threads []Thread
	// Files are the first few open descriptors that lead to it, as paths in the
	// proc tree. They are looked for where nothing else may lead there.
	Files []string

	tree procfs.FS // it was found in
	held int       // one more than the descriptor that Hold keeps
}

// Hold keeps the namespace, so that Do leads to it whatever becomes of the names
// and processes by which it was found. It is called from within, in Do. While it
// is held no other namespace gets its inode.
func (n *Namespace) Hold() error {
	if n.Self || n.held > 0 {
		return nil
	}
	return n.hold()
}

// A Thread is a thread of a process.
type Thread struct{ PID, TID int32 }

// ErrVanished is matched by the error of a namespace that was found, and was
// gone when it should be entered.
var ErrVanished = problem.New("network namespace has vanished", "网络命名空间已消失")

// Gap makes the gap of a namespace that could not be entered or read.
func (n *Namespace) Gap(err error) problem.Gap {
	return problem.Failed("network namespace "+n.Name, err)
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
func (n *Namespace) label(o Options) {
	given := ""
	if o.Label != nil && len(n.PIDs) > 0 {
		given, n.Container = o.Label(n.PIDs)
	}
	names := n.named()
	mounted := mountName(names)
	switch {
	case n.Host:
		n.Name = "host"
	case n.Self:
		n.Name = "self"
	case mounted != "" && !strings.HasPrefix(mounted, "cni-"):
		n.Name = mounted
	case given != "": // rather than the "cni-UUID" that a network plugin made up
		n.Name = given + n.of(o.UserName)
	case mounted != "":
		n.Name = mounted
	case len(names) > 0:
		n.Name = path.Base(names[0])
	default:
		n.Name = strconv.FormatUint(n.Inode, 10) + n.of(o.UserName)
	}
}

// of notes the user to whom the namespace belongs, and returns what follows its
// name for that.
func (n *Namespace) of(name func(uid uint32) (string, bool)) string {
	uid, ok := n.owner()
	if !ok || uid == 0 {
		return ""
	}
	n.User = strconv.FormatUint(uint64(uid), 10)
	if name != nil {
		if known, ok := name(uid); ok {
			n.User = known
		}
	}
	return "@" + n.User
}

// named returns the mounts whose names count: those of our own mount namespace,
// and of process 1's. Anybody can mount what he likes in one that he has made.
func (n *Namespace) named() (names []string) {
	proc := n.tree.Root()
	for _, m := range n.Mounts {
		inside, first := strings.CutPrefix(m, proc+"/1/root/")
		switch {
		case first:
			names = append(names, "/"+inside)
		case !strings.HasPrefix(m, proc+"/"):
			names = append(names, m)
		}
	}
	return names
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

// has reports whether a process or thread lives in the namespace.
func (n *Namespace) has(pid int32) bool {
	_, found := slices.BinarySearch(n.PIDs, pid)
	return found || slices.ContainsFunc(n.Threads, func(t Thread) bool { return t.TID == pid })
}

// NetDir returns the directory of the proc tree that shows the namespace's
// /proc/net to those outside, "" when nobody lives in it.
func (n *Namespace) NetDir() string {
	switch {
	case len(n.PIDs) > 0:
		return n.processDir(n.PIDs[0]) + "/net"
	case len(n.Threads) > 0:
		return n.threadDir(n.Threads[0]) + "/net"
	default:
		return ""
	}
}

func (n *Namespace) processDir(pid int32) string { return n.tree.Path(strconv.Itoa(int(pid))) }

func (n *Namespace) threadDir(t Thread) string {
	return n.processDir(t.PID) + "/task/" + strconv.Itoa(int(t.TID))
}

// vanished is the error of a namespace that none of its ways leads to any more.
func (n *Namespace) vanished() error { return fmt.Errorf("%w: %s", ErrVanished, n.Name) }
