// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"path"
	"strings"
)

// mounted is where procfs is (proc(5)).
const mounted = "/proc"

// An FS is a proc tree: this machine's own, that of another PID namespace that is
// mounted somewhere, or the copy of a machine. The zero value is /proc.
type FS struct{ root string }

// Own is /proc.
func Own() FS { return FS{} }

// At is the proc tree of a directory; "" is /proc.
func At(root string) FS { return FS{strings.TrimSuffix(root, "/")} }

// Root is the directory of the tree.
func (f FS) Root() string { return cmp.Or(f.root, mounted) }

// Elsewhere reports whether the tree is another one than /proc.
func (f FS) Elsewhere() bool { return f.root != "" && f.root != mounted }

// Path is a file of the tree, such as Path("self", "mountinfo").
func (f FS) Path(elements ...string) string { return f.Root() + "/" + path.Join(elements...) }

// thread is a file of the calling thread, whose network namespace may be another
// one than the process's. A tree that is elsewhere may be a copy, which has no
// threads: there it is the file of the tree itself.
func (f FS) thread(elements ...string) string {
	if f.Elsewhere() {
		return f.Path(elements...)
	}
	return f.Path("thread-self", path.Join(elements...))
}

// file is where the tree has what is called /proc/… everywhere: a fact has the
// same name whatever tree it was read from.
func (f FS) file(name string) string {
	rest, ok := strings.CutPrefix(name, mounted+"/")
	switch {
	case !ok:
		return name
	case strings.HasPrefix(rest, "net/"):
		return f.thread(rest) // /proc/net is of the main thread
	default:
		return f.Path(rest)
	}
}
