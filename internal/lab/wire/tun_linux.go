// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// TunDevice is the device node that a TUN wire opens.
const TunDevice = "/dev/net/tun"

// openTUN makes the kernel's end a TUN device. Without IFF_VNET_HDR the kernel
// hands out packets of at most the MTU with complete checksums; without
// IFF_NAPI a write is processed before it returns.
func openTUN(device string) (*Wire, error) {
	fd, err := unix.Open(TunDevice, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", TunDevice, err)
	}
	req, err := unix.NewIfreq(device)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("create TUN device: %w", err)
	}
	return &Wire{kind: TUN, fd: fd}, nil
}
