// SPDX-License-Identifier: Apache-2.0

package park

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// managed opens a listener, passes it to a service as systemd does, and keeps it open
// too.
func managed(service string) func() {
	return func() {
		fd := rawListener(5)
		self(service, os.NewFile(uintptr(fd), "listener"))
		forever()
	}
}

// rawListener makes a listener that Go's runtime does not poll.
func rawListener(backlog int) (fd int) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(err)
	check(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	check(unix.Bind(fd, &unix.SockaddrInet4{Port: serverPort}))
	check(unix.Listen(fd, backlog))
	return fd
}

// service accepts from the listener that it inherited.
func service() {
	l, err := net.FileListener(os.NewFile(3, "listener"))
	check(err)
	ready()
	serve(l, echo)
}

// hung accepts three connections and then stops doing anything.
func hung() {
	ready()
	for range 3 {
		_, _, err := unix.Accept(3)
		check(err)
	}
	forever()
}

// idler inherited a listener and does not use it.
func idler() {
	ready()
	forever()
}
