// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Choose decides between TUN and veth. device is the path of TUN's device node, "" for
// [TunDevice]. If it cannot be opened, [Auto] becomes [Veth], and [TUN] gives a
// [*problem.UnsupportedError]. Choose closes the node again.
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
	u := &problem.UnsupportedError{
		Feature: "a TUN wire", Reason: fmt.Sprintf("%s cannot be opened: %v", device, err), Hint: "use the veth wire, which needs no device node",
		Zh: fmt.Sprintf("这里不支持 TUN 线路：无法打开 %s：%v", device, err), HintZh: "请用 veth 线路，它不需要设备节点",
	}
	if errors.Is(err, fs.ErrNotExist) {
		u.Hint, u.HintZh = "load the module (modprobe tun), or "+u.Hint, "请加载模块（modprobe tun），或"+u.HintZh
	}
	return kind, u
}
