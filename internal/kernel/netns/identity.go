// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"context"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Identity identifies a network namespace for as long as the machine runs, also
// after it has gone: inodes are given again to new namespaces, cookies never
// (net/core/net_namespace.c net_gen_cookie).
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
	found, gaps, err := discover(ctx, Options{})
	if err != nil {
		return err
	}
	for _, n := range found {
		if n.Inode == id.Inode {
			return n.enter(func() error { return checked(id, do) })
		}
	}
	if len(gaps) > 0 {
		return &problem.PermissionError{
			Op: fmt.Sprintf("find network namespace %d", id.Inode), Need: []string{"CAP_SYS_PTRACE"},
			Err: fmt.Errorf("%s: %s", gaps[0].Source, gaps[0].Reason),
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
		return fmt.Errorf("%w: %d is another one now", ErrVanished, id.Inode)
	}
	return do()
}
