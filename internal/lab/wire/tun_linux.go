// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TunDevice is the device node that a TUN wire opens.
const TunDevice = "/dev/net/tun"

// openTUN opens a TUN device as the kernel's end. Without IFF_VNET_HDR the kernel
// emits packets of at most the MTU with complete checksums; without IFF_NAPI it
// processes a packet before write returns.
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

// queueLength is how many packets the kernel queues for the peer. With the default of
// 500 (TUN_READQ_SIZE in drivers/net/tun.c), a process that does not run for a second
// finds the queue full of SYNs and FINs that were sent again, and loses the packets
// after them. An ACK is never sent again.
const queueLength = 1 << 13

// lengthen sets the length of a device's queue. That needs a right on the host itself
// (net/core/dev_ioctl.c dev_ioctl): in the user namespace of a user other than root it
// fails with EPERM, and the queue keeps its length.
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
