// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"fmt"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Identity identifies a network namespace for as long as the machine runs, also
// after it has gone: inodes are given again to new namespaces, cookies never
// (net/core/net_namespace.c net_cookie).
type Identity struct {
	Inode uint64 `json:"inode"`
	// Cookie is 0 on kernels older than Linux 5.14.
	Cookie uint64 `json:"cookie,omitempty"`
}

// Here returns the namespace of the calling thread.
func Here() (Identity, error) { return here() }

// IsInit reports whether the calling thread is in the namespace of process 1,
// as far as that may be seen.
func IsInit() bool { return isInit() }

// ErrUnseen is matched by the error of a namespace that was not found, while not
// every process could be looked at.
var ErrUnseen = problem.New("it is not found where one may look", "在可以查看之处找不到它")

// Enter calls do in the namespace with an identity, directly when the calling
// thread is there already. An error that matches [ErrVanished] says that there
// is no such namespace any more.
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

// checked calls do unless this is another namespace with the same inode.
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
