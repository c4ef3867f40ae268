// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A BoundProbe is a socket of our own that is bound but idle. Kernels before
// 6.8 silently leave such sockets out of a dump (commit 91051f003948), and an
// absent row looks like an absent socket. Who holds a probe during a dump and
// sees its row knows that the kernel shows them, without asking its version.
type BoundProbe struct {
	fd    int
	inode uint32
}

// HoldBound binds a socket to a free port of the loopback address, in the
// network namespace of the calling thread. It does not listen, so nothing can
// connect to it, and SO_REUSEADDR lets others bind the same port meanwhile.
func HoldBound() (*BoundProbe, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("bound probe: socket: %w", err)
	}
	p := &BoundProbe{fd: fd}
	if err := p.bind(); err != nil {
		p.Close()
		return nil, fmt.Errorf("bound probe: %w", err)
	}
	return p, nil
}

func (p *BoundProbe) bind() error {
	if err := unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := unix.Bind(p.fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		// A namespace whose loopback device is down has no 127.0.0.1.
		if err := unix.Bind(p.fd, &unix.SockaddrInet4{}); err != nil {
			return err
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(p.fd, &st); err != nil {
		return err
	}
	p.inode = uint32(st.Ino) // idiag_inode has 32 bits too
	return nil
}

// Owns reports whether the row is the probe itself, which is not to be counted.
func (p *BoundProbe) Owns(m Message) bool { return m.Inode() == p.inode && p.inode != 0 }

// Close gives the port back.
func (p *BoundProbe) Close() { _ = unix.Close(p.fd) }
