// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Choose settles which way a wire will take where the TUN device node is at
// device ("": [TunDevice]): without one that opens, [Auto] is [Veth] and [TUN]
// a [*problem.UnsupportedError]. It opens nothing for good.
func Choose(kind Kind, device string) (Kind, error) {
	if kind == Veth {
		return kind, nil
	}
	if device == "" {
		device = TunDevice
	}
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err == nil {
		unix.Close(fd)
		return kind, nil
	}
	if kind == Auto {
		return Veth, nil
	}
	reason := fmt.Sprintf("%s cannot be opened: %v", device, err)
	hint := "use the veth wire, which needs no device node"
	if errors.Is(err, fs.ErrNotExist) {
		hint = "load the module (modprobe tun), or " + hint
	}
	return kind, &problem.UnsupportedError{Feature: "a TUN wire", Reason: reason, Hint: hint}
}
