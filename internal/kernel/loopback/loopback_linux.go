// SPDX-License-Identifier: Apache-2.0

package loopback

import (
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Up sets lo up in the network namespace of the calling thread. It needs
// CAP_NET_ADMIN there.
func Up() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return problem.Errorf("set lo up: %w", "启用 lo：%w", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return problem.Errorf("set lo up: %w", "启用 lo：%w", err)
	}
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return problem.Errorf("set lo up: %w", "启用 lo：%w", err)
	}
	return nil
}
