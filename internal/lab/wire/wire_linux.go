// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// KernelV4 and KernelV6 are the kernel's addresses on the wire, in the blocks reserved
// for documentation (RFC 5737, RFC 3849). The peer has every other address of their
// networks.
func KernelV4() netip.Prefix { return netip.MustParsePrefix("192.0.2.1/24") }

// KernelV6 is the IPv6 counterpart of [KernelV4].
func KernelV6() netip.Prefix { return netip.MustParsePrefix("2001:db8::1/64") }

// Network is the network of a wire: the name of the kernel's device, at most 12 bytes,
// and the kernel's addresses. The peer has every other address of the prefixes.
// Invalid prefixes are ignored.
type Network struct {
	Device string
	V4, V6 netip.Prefix
}

// MaxPacket is a buffer size that is enough for any packet read from a Wire.
const MaxPacket = 65536

// Wire is an open connection to the kernel. It is not safe for concurrent use,
// except that one goroutine may write while another reads.
type Wire struct {
	kind   Kind
	fd     int
	v4, v6 unix.SockaddrLinklayer // the packet socket's destinations
}

// Open makes the devices in the network namespace of the calling thread, gives the
// kernel's end its addresses and sets it up. If the kernel has no IPv6, only IPv4 is
// available.
func Open(kind Kind) (*Wire, error) {
	return OpenTo(kind, Network{Device: "lab0", V4: KernelV4(), V6: KernelV6()})
}

// OpenTo is Open for another network, so that a namespace can have several wires.
func OpenTo(kind Kind, n Network) (*Wire, error) {
	w, err := open(kind, n.Device)
	if err != nil {
		return nil, err
	}
	if err := address(n); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

func open(kind Kind, device string) (*Wire, error) {
	if kind == Veth {
		return openVeth(device)
	}
	w, err := openTUN(device)
	if err == nil || kind == TUN {
		return w, err
	}
	w, vethErr := openVeth(device)
	if vethErr != nil {
		return nil, problem.Errorf("no wire: %w; and %w", "没有线路：%w；%w", err, vethErr)
	}
	return w, nil
}

// address gives the device its addresses and sets it up.
func address(n Network) error {
	nl, err := dialRoute()
	if err != nil {
		return err
	}
	defer nl.close()
	index, err := ifindex(n.Device)
	if err != nil {
		return err
	}
	if n.V4.IsValid() {
		if err := nl.addAddress(index, n.V4); err != nil {
			return problem.Errorf("give %s its address: %w", "为 %s 设置地址：%w", n.Device, err)
		}
	}
	if err := nl.setUp(index); err != nil {
		return problem.Errorf("set %s up: %w", "启用 %s：%w", n.Device, err)
	}
	if !n.V6.IsValid() {
		return nil
	}
	err = nl.addAddress(index, n.V6)
	switch {
	case err == nil:
		return nl.awaitLocal(n.V6.Addr())
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EACCES):
		return nil // this kernel has no IPv6, or it is switched off
	default:
		return problem.Errorf("give %s its IPv6 address: %w", "为 %s 设置 IPv6 地址：%w", n.Device, err)
	}
}

// Kind returns the kind that was opened.
func (w *Wire) Kind() Kind { return w.kind }

// Write passes a packet to the kernel. On an idle machine the kernel has processed it
// when Write returns: the receive path runs within the system call on both kinds of
// wire.
func (w *Wire) Write(packet []byte) error {
	if w.kind == Veth {
		return unix.Sendto(w.fd, packet, 0, w.to(packet))
	}
	_, err := unix.Write(w.fd, packet)
	return err
}

// to is the link-layer address for a packet; it also contains the packet's protocol.
func (w *Wire) to(packet []byte) unix.Sockaddr {
	if len(packet) > 0 && packet[0]>>4 == 6 {
		return &w.v6
	}
	return &w.v4
}

// Read reads the next packet from the kernel into buf and returns its length, or 0 if
// none came within the timeout. Packets may be of any protocol.
func (w *Wire) Read(buf []byte, timeout time.Duration) (int, error) {
	deadline := time.Now().Add(timeout)
	for {
		n, err := unix.Read(w.fd, buf)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EINTR):
			continue
		case !errors.Is(err, unix.EAGAIN):
			return 0, problem.Errorf("read from the wire: %w", "从线路读取：%w", err)
		}
		left := time.Until(deadline)
		if left <= 0 {
			return 0, nil
		}
		if err := poll(w.fd, left); err != nil {
			return 0, err
		}
	}
}

// poll waits until fd can be read. It uses ppoll, because the resolution of poll, a
// millisecond, is too coarse here.
func poll(fd int, timeout time.Duration) error {
	ts := unix.NsecToTimespec(timeout.Nanoseconds())
	_, err := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, &ts, nil)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return problem.Errorf("wait for the wire: %w", "等待线路：%w", err)
	}
	return nil
}

// FD is the file descriptor for reading packets and, on a TUN device, for writing
// them. Callers that move millions of packets use it.
func (w *Wire) FD() int { return w.fd }

// Close closes the wire and removes its devices.
func (w *Wire) Close() error { return unix.Close(w.fd) }

// ifindex returns the index of an interface. net.InterfaceByName would list every
// interface with its addresses.
func ifindex(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req); err != nil {
		return 0, problem.Errorf("interface %s: %w", "网络接口 %s：%w", name, err)
	}
	return int(req.Uint32()), nil
}
