// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ProbeDestroy finds out whether the calling thread may destroy sockets of its
// network namespace, and whether the kernel can. It destroys a socket of its own that
// briefly listens on the loopback address. A nil error means yes; a
// [*problem.PermissionError] or a [*problem.UnsupportedError] means no; any other
// error means that the probe itself failed.
func ProbeDestroy(ctx context.Context) error {
	target, shut, err := holdListener()
	if err != nil {
		return problem.Errorf("probe of SOCK_DESTROY: %w", "试探 SOCK_DESTROY：%w", err)
	}
	defer shut()
	conn, err := Open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	m, found, err := conn.Find(target.Local, target.Remote, 0)
	if err != nil {
		return err
	}
	if !found {
		return problem.New("probe of SOCK_DESTROY: the kernel does not show its socket", "试探 SOCK_DESTROY：内核没有显示试探用的套接字")
	}
	target.Cookie = m.cookie()
	var answer error
	if err := conn.Destroy(ctx, []Target{target}, func(_ int, err error) { answer = err }); err != nil {
		return err
	}
	return answer
}

// holdListener opens a listening socket that only this machine can reach; if loopback
// is down, nothing can.
func holdListener() (t Target, shut func(), err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return t, nil, err
	}
	shut = func() { _ = unix.Close(fd) }
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		err = unix.Listen(fd, 0)
	}
	var at unix.Sockaddr
	if err == nil {
		at, err = unix.Getsockname(fd)
	}
	v4, ok := at.(*unix.SockaddrInet4)
	if err != nil || !ok {
		shut()
		return t, nil, errors.Join(problem.New("no socket to try it on", "没有可用来试探的套接字"), err)
	}
	t.Local = netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), uint16(v4.Port))
	t.Remote = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	return t, shut, nil
}
