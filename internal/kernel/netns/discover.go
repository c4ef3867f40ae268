// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"fmt"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Options says where [Discover] looks and how it names what it finds.
type Options struct {
	// Proc is the proc tree in which processes are searched for.
	Proc procfs.FS
	// Label returns a name for the processes of a namespace, such as their
	// container or unit, and the container's full id; "" for none. It may be
	// nil.
	Label func(pids []int32) (name, container string)
	// UserName returns the name of a user. If it is nil or returns false, the user is
	// shown by number.
	UserName func(uid uint32) (name string, ok bool)
	// Files returns the descriptors of namespaces that an earlier pass over all
	// processes has met. If it is nil, Discover makes such a pass when it needs one.
	Files func() []procfs.NetnsFile
}

// Discover finds every network namespace, each once, the one of this process first
// and then by inode. Without root it finds the namespaces of the caller's own
// processes and those mounted where the caller sees them; a gap tells what could not
// be seen. An error means that nothing was found, not even the namespace of this
// process.
func Discover(ctx context.Context, o Options) ([]*Namespace, []problem.Gap, error) {
	return discover(ctx, o, nil)
}

// Select returns the namespaces of a scope and searches no further than the scope
// needs. If there is none, the error is a [*problem.UsageError], or tells what could
// not be searched.
func Select(ctx context.Context, s Scope, o Options) ([]*Namespace, []problem.Gap, error) {
	if s.kind == scopeSelf {
		return one(self(o))
	}
	if s.kind == scopePath {
		return one(atPath(s.text, o))
	}
	var enough func([]*Namespace) bool
	if s.kind != scopeAll {
		enough = func(all []*Namespace) bool { return slices.ContainsFunc(all, s.matches) }
	}
	found, gaps, err := discover(ctx, o, enough)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	found = slices.DeleteFunc(found, func(n *Namespace) bool { return !s.matches(n) })
	switch {
	case s.kind == scopeAll:
		return found, gaps, nil
	case len(found) > 0:
		return found, nil, nil // the scope is complete; no need to report other gaps
	default:
		return nil, gaps, notFound(s, gaps, names)
	}
}

func one(n *Namespace, err error) ([]*Namespace, []problem.Gap, error) {
	if err != nil {
		return nil, nil, err
	}
	return []*Namespace{n}, nil, nil
}

// notFound returns the error for a scope that is none of the namespaces found, which
// have the given names.
func notFound(s Scope, gaps []problem.Gap, names []string) error {
	e := &problem.UsageError{
		Msg: fmt.Sprintf("no network namespace %q", s.text), Hint: "tcpvitals census --netns all --by netns lists them",
		Zh: fmt.Sprintf("没有网络命名空间 %q", s.text), HintZh: "tcpvitals census --netns all --by netns 列出现有的",
	}
	if len(gaps) > 0 {
		e.Hint += "; some processes may not be read, and root or CAP_SYS_PTRACE may find more"
		e.HintZh += "；有的进程不能查看，用 root 或 CAP_SYS_PTRACE 也许能找到更多"
	}
	if near := tcp.Nearest(s.text, slices.Values(names), min(2, len(s.text)/3)); s.kind == scopeName && near != "" {
		e.Hint, e.HintZh = problem.DidYouMean(visible.Phrase(near))
	}
	if s.kind == scopePID {
		e.Msg = fmt.Sprintf("no process %d, or its network namespace may not be seen", s.pid)
		e.Zh = fmt.Sprintf("没有进程 %d，或看不到它的网络命名空间", s.pid)
	}
	return e
}
