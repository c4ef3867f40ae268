// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// threadNetns is the namespace of the calling thread. It is always read in /proc,
// even if other namespaces are searched for in another tree.
const threadNetns = "/proc/thread-self/ns/net"

func here() (Identity, error) {
	inode, err := readLink(threadNetns, "net")
	if err != nil {
		return Identity{}, problem.Errorf("netns: own namespace: %w", "netns：自己的命名空间：%w", err)
	}
	cookie, err := cookie()
	return Identity{Inode: inode, Cookie: cookie}, err
}

// cookie returns the number that the kernel gives a namespace for its lifetime and
// never reuses: SO_NETNS_COOKIE, Linux 5.14.
func cookie() (uint64, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, problem.Errorf("netns: socket to ask for the cookie: %w", "netns：用于查询 cookie 的套接字：%w", err)
	}
	defer closeFD(fd)
	n, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return 0, nil
	}
	if err != nil {
		return 0, problem.Errorf("netns: ask for the cookie: %w", "netns：查询 cookie：%w", err)
	}
	return n, nil
}

func isInit() bool {
	one, err := readLink(procfs.Own().Path("1/ns/net"), "net")
	if err != nil {
		return false
	}
	own, err := readLink(threadNetns, "net")
	return err == nil && one == own
}
