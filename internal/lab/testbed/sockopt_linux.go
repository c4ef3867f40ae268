// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Option sets a socket option by its name in the manual page. For SO_LINGER the value
// is in seconds and switches lingering on; for timeouts it is in milliseconds; others
// get the value as it is.
func (h Host) Option(name, option string, value int) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s = %d", option, value)
	switch option {
	case "SO_LINGER":
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(value)})
	case "SO_RCVTIMEO", "SO_SNDTIMEO":
		tv := unix.NsecToTimeval((time.Duration(value) * time.Millisecond).Nanoseconds())
		number := unix.SO_RCVTIMEO
		if option == "SO_SNDTIMEO" {
			number = unix.SO_SNDTIMEO
		}
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, number, &tv)
	default:
		level, number, known := optionNumber(option)
		if !known {
			return problem.Errorf("unknown socket option %s", "没有套接字选项 %s", option)
		}
		err = unix.SetsockoptInt(fd, level, number, value)
	}
	return h.done(name, text, err)
}

// optionNumber returns the level and number of an option whose value is a plain
// integer.
func optionNumber(name string) (level, number int, known bool) {
	switch name {
	case "SO_KEEPALIVE":
		return unix.SOL_SOCKET, unix.SO_KEEPALIVE, true
	case "SO_SNDBUF":
		return unix.SOL_SOCKET, unix.SO_SNDBUF, true
	case "SO_RCVBUF":
		return unix.SOL_SOCKET, unix.SO_RCVBUF, true
	case "TCP_KEEPIDLE":
		return unix.SOL_TCP, unix.TCP_KEEPIDLE, true
	case "TCP_KEEPINTVL":
		return unix.SOL_TCP, unix.TCP_KEEPINTVL, true
	case "TCP_KEEPCNT":
		return unix.SOL_TCP, unix.TCP_KEEPCNT, true
	case "TCP_LINGER2":
		return unix.SOL_TCP, unix.TCP_LINGER2, true
	case "TCP_USER_TIMEOUT":
		return unix.SOL_TCP, unix.TCP_USER_TIMEOUT, true
	case "TCP_NODELAY":
		return unix.SOL_TCP, unix.TCP_NODELAY, true
	case "TCP_DEFER_ACCEPT":
		return unix.SOL_TCP, unix.TCP_DEFER_ACCEPT, true
	default:
		return 0, 0, false
	}
}
