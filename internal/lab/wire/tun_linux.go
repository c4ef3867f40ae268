// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TunDevice is the device node that a TUN wire opens.
const TunDevice = "/dev/net/tun"

// openTUN makes the kernel's end a TUN device. Without IFF_VNET_HDR the kernel
// hands out packets of at most the MTU with complete checksums; without
// IFF_NAPI a write is processed before it returns.
func openTUN(device string) (*Wire, error) {
	fd, err := unix.Open(TunDevice, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, problem.Errorf("open %s: %w", "打开 %s：%w", TunDevice, err)
	}
	req, err := unix.NewIfreq(device)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		unix.Close(fd)
		return nil, problem.Errorf("create TUN device: %w", "创建 TUN 设备：%w", err)
	}
	if err := lengthen(device); err != nil && !errors.Is(err, unix.EPERM) {
		unix.Close(fd)
		return nil, problem.Errorf("queue of the TUN device: %w", "TUN 设备的队列：%w", err)
	}
	return &Wire{kind: TUN, fd: fd}, nil
}

// queueLength is how many packets the kernel keeps for the peer. With the 500 of
// TUN_READQ_SIZE in drivers/net/tun.c, a process that does not run for a second
// loses what comes behind the SYNs and FINs that are sent again meanwhile, and
// an ACK is never sent again.
const queueLength = 1 << 13

// lengthen sets the length of a device's queue. It takes the right of the host
// itself (net/core/dev_ioctl.c dev_ioctl): in the user namespace of somebody else
// than root it is EPERM, and the queue stays as it is.
func lengthen(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	req.SetUint32(queueLength)
	return unix.IoctlIfreq(fd, unix.SIOCSIFTXQLEN, req)
}
