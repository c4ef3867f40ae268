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

// Namespace describes one network namespace that was found. It does not keep the
// namespace alive.
type Namespace struct {
	// Dev and Inode identify it, as stat(2) of its file does. Among namespaces that
	// exist at the same time, Inode alone is unique.
	Dev, Inode uint64
	// Name is "host", "self", the name in /run/netns, what Options.Label said, the
	// name of its mount, or else the inode: the first of these that is known. Two
	// namespaces can have the same name. If the namespace belongs to a user other
	// than root, a label or an inode is followed by "@" and the user: that user may
	// have chosen the label, and an inode does not tell whose it is.
	Name string
	// User is that user; "" for root, or if the caller may not ask.
	User string
	// Container is the container that Options.Label returned, "" for none.
	Container string
	// Self says that this process is in it, Host that process 1 of the host is.
	Self, Host bool
	// Mounts are the places where its file is mounted, as paths that can be
	// opened; those in other mount namespaces begin with /proc/PID/root.
	Mounts []string
	// PIDs are the processes in it, ascending.
	PIDs []int32
	// Threads are the first few threads in it whose processes are elsewhere.
	Threads []Thread
	// Files are the first few open descriptors that refer to it, as paths in the proc
	// tree. They are searched for only if nothing else may lead to the namespace.
	Files []string

	tree procfs.FS // the tree in which it was found
	held int       // the descriptor that Hold keeps, plus one; 0 for none
}

// Hold keeps the namespace alive, so that Do enters it even if the names and
// processes by which it was found change. Hold is called inside the namespace, in Do.
// While it is held, no other namespace gets its inode.
func (n *Namespace) Hold() error {
	if n.Self || n.held > 0 {
		return nil
	}
	return n.hold()
}

// A Thread is a thread of a process.
type Thread struct{ PID, TID int32 }

// ErrVanished is matched if a namespace was found but no longer existed when it was
// to be entered.
var ErrVanished = problem.New("network namespace has vanished", "网络命名空间已消失")

// Gap returns the gap for a namespace that could not be entered or read.
func (n *Namespace) Gap(err error) problem.Gap {
	return problem.Failed("network namespace "+n.Name, err)
}

// Do calls do inside the namespace and returns its error. Sockets that do opens stay
// in the namespace, wherever they are used later; goroutines that do starts run
// outside.
//
// For a namespace other than the process's own, do runs on a new thread, which ends
// afterwards: a thread that failed to return would answer for the wrong namespace.
// That costs some 0.1 ms.
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
	case given != "": // a label is better than the "cni-UUID" that a network plugin made up
		n.Name = given + n.of(o.UserName)
	case mounted != "":
		n.Name = mounted
	case len(names) > 0:
		n.Name = path.Base(names[0])
	default:
		n.Name = strconv.FormatUint(n.Inode, 10) + n.of(o.UserName)
	}
}

// of sets the user to whom the namespace belongs, and returns the suffix of its name
// for that user.
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

// named returns the mounts that may give the namespace a name: those in the mount
// namespace of this process and of process 1. In a mount namespace of their own,
// users can mount anything under any name.
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

// mountName returns the name under which ip-netns(8) knows a namespace.
func mountName(mounts []string) string {
	for _, m := range mounts {
		dir, name := path.Split(m)
		if dir == "/run/netns/" || dir == "/var/run/netns/" {
			return name
		}
	}
	return ""
}

// has reports whether a process or a thread is in the namespace.
func (n *Namespace) has(pid int32) bool {
	_, found := slices.BinarySearch(n.PIDs, pid)
	return found || slices.ContainsFunc(n.Threads, func(t Thread) bool { return t.TID == pid })
}

// NetDir returns the directory of the proc tree that shows the namespace's /proc/net
// to processes outside; "" if no process is in it.
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

// vanished returns the error that no known file leads to the namespace any more.
func (n *Namespace) vanished() error { return fmt.Errorf("%w: %s", ErrVanished, n.Name) }
