// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"os"
	"path"
	"strings"
)

// mounted is where procfs is mounted (proc(5)).
const mounted = "/proc"

// An FS is a proc tree: this machine's own, that of another PID namespace that is
// mounted somewhere, or a copy from another machine. The zero value is /proc.
type FS struct{ root string }

// Own returns /proc.
func Own() FS { return FS{} }

// At returns the proc tree of a directory; "" is /proc.
func At(root string) FS { return FS{strings.TrimSuffix(root, "/")} }

// Root returns the directory of the tree.
func (f FS) Root() string { return cmp.Or(f.root, mounted) }

// Elsewhere reports whether the tree is not /proc.
func (f FS) Elsewhere() bool { return f.root != "" && f.root != mounted }

// Path returns a file of the tree, such as Path("self", "mountinfo").
func (f FS) Path(elements ...string) string { return f.Root() + "/" + path.Join(elements...) }

// thread returns a file of the calling thread, which may be in another network
// namespace than the process. A tree that is not /proc may be a copy without threads:
// there it returns the file of the tree itself.
func (f FS) thread(elements ...string) string {
	file := f.Path("thread-self", path.Join(elements...))
	if !f.Elsewhere() {
		return file
	}
	if _, err := os.Stat(file); err != nil {
		return f.Path(elements...)
	}
	return file
}

// file returns where the tree keeps the file that /proc calls name. A fact has the
// same name for every tree.
func (f FS) file(name string) string {
	rest, ok := strings.CutPrefix(name, mounted+"/")
	switch {
	case !ok:
		return name
	case strings.HasPrefix(rest, "net/"):
		return f.thread(rest) // /proc/net is that of the main thread
	default:
		return f.Path(rest)
	}
}
