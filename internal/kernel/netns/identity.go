// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"fmt"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Identity identifies a network namespace for the whole uptime of the machine, even
// after the namespace has gone. Inodes are reused for new namespaces, cookies never
// (net/core/net_namespace.c net_cookie).
type Identity struct {
	Inode uint64 `json:"inode"`
	// Cookie is 0 before Linux 5.14.
	Cookie uint64 `json:"cookie,omitempty"`
}

// Here returns the identity of the calling thread's namespace.
func Here() (Identity, error) { return here() }

// IsInit reports whether the calling thread is in the namespace of process 1; false
// if that may not be read.
func IsInit() bool { return isInit() }

// ErrUnseen is matched if a namespace was not found and some processes could not be
// read: the namespace may exist.
var ErrUnseen = problem.New("it was not found among what may be read", "在可以查看之处找不到它")

// Enter calls do in the namespace with this identity; it calls do directly if the
// calling thread is there already. An error that matches [ErrVanished] means that the
// namespace no longer exists.
func Enter(ctx context.Context, id Identity, do func() error) error {
	at, err := Here()
	if err != nil {
		return err
	}
	if at == id {
		return do()
	}
	is := func(n *Namespace) bool { return n.Inode == id.Inode }
	found, gaps, err := discover(ctx, Options{}, func(all []*Namespace) bool { return slices.ContainsFunc(all, is) })
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(found, is); i >= 0 {
		return found[i].enter(func() error { return checked(id, do) })
	}
	if len(gaps) > 0 {
		return &problem.PermissionError{
			Op: fmt.Sprintf("find network namespace %d", id.Inode), Need: []string{"CAP_SYS_PTRACE"},
			Err:  ErrUnseen,
			OpZh: fmt.Sprintf("查找网络命名空间 %d", id.Inode),
		}
	}
	return fmt.Errorf("%w: %d", ErrVanished, id.Inode)
}

// checked calls do, unless this namespace has the same inode but another cookie.
func checked(id Identity, do func() error) error {
	at, err := Here()
	if err != nil {
		return err
	}
	if at != id {
		return problem.Errorf("%w: %d is another one now", "%w：%d 现在是另一个", ErrVanished, id.Inode)
	}
	return do()
}
