// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// connectSelf makes a socket that is connected to itself over the loopback
// address, by a simultaneous open with itself (RFC 9293 section 3.5): the
// quickest way to one connection that is one socket. It ends with RST.
func connectSelf(loopback netip.Addr) (fd int, err error) {
	fd, err = unix.Socket(domain(loopback), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if err == nil {
		err = unix.Bind(fd, sockaddr(netip.AddrPortFrom(loopback, 0)))
	}
	var own unix.Sockaddr
	if err == nil {
		own, err = unix.Getsockname(fd)
	}
	if err == nil {
		err = connectAndWait(fd, own)
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}
