// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"path"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Scope says which network namespaces are meant. The zero value is that of
// this process.
type Scope struct {
	kind  scopeKind
	text  string // as it was given
	pid   int32
	inode uint64
}

type scopeKind uint8

const (
	scopeSelf scopeKind = iota
	scopeAll
	scopePath
	scopePID
	scopeInode
	scopeName
)

// pidMax is the highest pid there can be (include/linux/threads.h
// PID_MAX_LIMIT). Inodes of namespaces lie far above it.
const pidMax = 4 << 20

// ParseScope reads "self" (or ""), "all", a path to a namespace file, a process
// id, an inode (also as "net:[INODE]"), or a name: "host", one in /run/netns,
// or at least four digits of a container id. A name with a slash is a path. The
// error is a [*problem.UsageError].
func ParseScope(text string) (Scope, error) {
	s := Scope{kind: scopeName, text: text}
	inode, isLink := parseLink(text, "net")
	switch {
	case text == "" || text == "self":
		s.kind = scopeSelf
	case text == "all":
		s.kind = scopeAll
	case isLink:
		s.kind, s.inode = scopeInode, inode
	case strings.Contains(text, "/"):
		s.kind = scopePath
	case strings.Trim(text, "0123456789") == "":
		return numberScope(s)
	case strings.TrimSpace(text) != text || text == "." || text == "..":
		return Scope{}, usage(text, "is no name of a network namespace")
	}
	return s, nil
}

func numberScope(s Scope) (Scope, error) {
	n, err := strconv.ParseUint(s.text, 10, 64)
	switch {
	case err != nil || n == 0:
		return Scope{}, usage(s.text, "is neither a process nor the inode of a network namespace")
	case n <= pidMax:
		s.kind, s.pid = scopePID, int32(n)
	default:
		s.kind, s.inode = scopeInode, n
	}
	return s, nil
}

func usage(text, msg string) error {
	return &problem.UsageError{
		Msg:  strconv.Quote(text) + " " + msg,
		Hint: "use self, all, a path, a name in /run/netns, a process id or a container id",
	}
}

// String returns the scope as [ParseScope] reads it.
func (s Scope) String() string {
	if s.kind == scopeSelf {
		return "self"
	}
	return s.text
}

// Self reports whether the scope is the namespace of this process, for which
// nothing needs to be looked for.
func (s Scope) Self() bool { return s.kind == scopeSelf }

// All reports whether the scope is every namespace.
func (s Scope) All() bool { return s.kind == scopeAll }

// matches reports whether a namespace is in the scope. Paths are not matched
// by name: they are opened.
func (s Scope) matches(n *Namespace) bool {
	switch s.kind {
	case scopeSelf:
		return n.Self
	case scopeAll:
		return true
	case scopePID:
		return n.has(s.pid)
	case scopeInode:
		return n.Inode == s.inode
	case scopeName:
		return s.text == "host" && n.Host || n.Name == s.text || n.isContainer(s.text) || n.isMounted(s.text)
	default:
		return false
	}
}

// isContainer compares with a container's name, or the beginning of its id.
func (n *Namespace) isContainer(text string) bool {
	const shortest = 4
	return n.Container == text || len(text) >= shortest && len(n.Container) == 64 && strings.HasPrefix(n.Container, text)
}

// isMounted compares with the last part of the paths of its mounts.
func (n *Namespace) isMounted(text string) bool {
	for _, m := range n.Mounts {
		if path.Base(m) == text {
			return true
		}
	}
	return false
}
