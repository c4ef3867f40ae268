// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"path"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Scope tells which network namespaces are meant. The zero value means that of this
// process.
type Scope struct {
	kind  scopeKind
	text  string // the text that was parsed
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

// pidMax is the highest possible pid (include/linux/threads.h PID_MAX_LIMIT). Inodes
// of namespaces are far above it.
const pidMax = 4 << 20

// ParseScope reads "self" (or ""), "all", a path to a namespace file, a process
// id, an inode (also as "net:[INODE]", and with "@" and a user behind it), or a
// name: "host", one in /run/netns, or at least four digits of a container id. A
// name with a slash is a path. The error is a [*problem.UsageError].
func ParseScope(text string) (Scope, error) {
	s := Scope{kind: scopeName, text: text}
	inode, isLink := procfs.ParseNamespaceLink(text, "net")
	number, _, _ := strings.Cut(text, "@")
	switch {
	case text == "" || text == "self":
		s.kind = scopeSelf
	case text == "all":
		s.kind = scopeAll
	case isLink:
		s.kind, s.inode = scopeInode, inode
	case strings.Contains(text, "/"):
		s.kind = scopePath
	case strings.Trim(number, "0123456789") == "" && number != "":
		return numberScope(s, number)
	case strings.TrimSpace(text) != text || text == "." || text == "..":
		return Scope{}, usage(text, "is no name of a network namespace", "不是网络命名空间的名称")
	}
	return s, nil
}

func numberScope(s Scope, number string) (Scope, error) {
	n, err := strconv.ParseUint(number, 10, 64)
	switch {
	case err != nil || n == 0 || n <= pidMax && number != s.text:
		return Scope{}, usage(s.text, "is neither a process nor the inode of a network namespace", "既不是进程号，也不是网络命名空间的 inode")
	case n <= pidMax:
		s.kind, s.pid = scopePID, int32(n)
	default:
		s.kind, s.inode = scopeInode, n
	}
	return s, nil
}

func usage(text, msg, zh string) error {
	return &problem.UsageError{
		Msg:  strconv.Quote(text) + " " + msg,
		Hint: "use self, all, a path, a name in /run/netns, a process id or a container id",
		Zh:   strconv.Quote(text) + " " + zh, HintZh: "可用 self、all、路径、/run/netns 中的名称、进程号或容器 id",
	}
}

// String returns the scope as [ParseScope] reads it.
func (s Scope) String() string {
	if s.kind == scopeSelf {
		return "self"
	}
	return s.text
}

// Self reports whether the scope is the namespace of this process, which needs no
// search.
func (s Scope) Self() bool { return s.kind == scopeSelf }

// All reports whether the scope is all namespaces.
func (s Scope) All() bool { return s.kind == scopeAll }

// matches reports whether a namespace is in the scope. Paths are not compared: they
// are opened.
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

// isContainer reports whether text is a container's name or the beginning of its id.
// Users may give their namespaces any name, even the id of another user's container:
// for theirs, text must end with "@" and the user, as their names do.
func (n *Namespace) isContainer(text string) bool {
	const shortest = 4
	if n.User != "" {
		var own bool
		if text, own = strings.CutSuffix(text, "@"+n.User); !own {
			return false
		}
	}
	return n.Container == text || len(text) >= shortest && len(n.Container) == 64 && strings.HasPrefix(n.Container, text)
}

// isMounted reports whether text is the last part of the path of a mount that may
// give the namespace a name.
func (n *Namespace) isMounted(text string) bool {
	for _, m := range n.named() {
		if path.Base(m) == text {
			return true
		}
	}
	return false
}
