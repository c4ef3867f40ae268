// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// ipLocalPortRange is IP_LOCAL_PORT_RANGE, which Linux 6.3 brought.
const ipLocalPortRange = 51

// TestOptionBounds asks the kernel which values of socket options it takes, and
// what it makes of them. An option that it does not know is not judged.
func TestOptionBounds(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, test := range []struct {
		name               string
		level, option, set int
		want               int // what is read afterwards; -1 for EINVAL
	}{
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 0, -1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 1, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 32767, 32767},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 32768, -1},
		{"TCP_LINGER2", unix.IPPROTO_TCP, unix.TCP_LINGER2, 120, 120},
		{"TCP_LINGER2", unix.IPPROTO_TCP, unix.TCP_LINGER2, 121, 120},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, -5, -1},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 0, 0},
		{"TCP_RTO_MAX_MS", unix.IPPROTO_TCP, tcpRTOMax, 999, -1},
		{"TCP_RTO_MAX_MS", unix.IPPROTO_TCP, tcpRTOMax, 1000, 1000},
		{"TCP_RTO_MAX_MS", unix.IPPROTO_TCP, tcpRTOMax, 120000, 120000},
		{"TCP_RTO_MAX_MS", unix.IPPROTO_TCP, tcpRTOMax, 120001, -1},
		{"IP_LOCAL_PORT_RANGE", unix.IPPROTO_IP, ipLocalPortRange, 32001<<16 | 32000, 32001<<16 | 32000},
	} {
		err := unix.SetsockoptInt(fd, test.level, test.option, test.set)
		if errors.Is(err, unix.ENOPROTOOPT) {
			t.Logf("%s: this kernel does not have it", test.name)
			continue
		}
		if test.want < 0 {
			if !errors.Is(err, unix.EINVAL) {
				t.Errorf("%s = %d: want EINVAL, got %v", test.name, test.set, err)
			}
			continue
		}
		got, readErr := unix.GetsockoptInt(fd, test.level, test.option)
		if err := errors.Join(err, readErr); err != nil || got != test.want {
			t.Errorf("%s = %d: want %d, got %d, %v", test.name, test.set, test.want, got, err)
		}
	}
}
