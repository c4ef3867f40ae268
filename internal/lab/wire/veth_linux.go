// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// farSuffix is appended to the device's name for the peer's end of the pair.
const farSuffix = "far"

// openVeth makes a pair of virtual Ethernet devices. The kernel's end has IP; the far
// end has a packet socket that reads and writes bare IP packets.
func openVeth(device string) (*Wire, error) {
	farDevice := device + farSuffix
	nl, err := dialRoute()
	if err != nil {
		return nil, err
	}
	defer nl.close()
	if err := nl.addVeth(device, farDevice); err != nil {
		return nil, problem.Errorf("create veth pair: %w", "创建 veth 对：%w", err)
	}
	for _, name := range []string{device, farDevice} {
		if err := prepareVeth(name); err != nil {
			return nil, err
		}
	}
	far, err := ifindex(farDevice)
	if err != nil {
		return nil, err
	}
	if err := nl.setUp(far); err != nil {
		return nil, problem.Errorf("set %s up: %w", "启用 %s：%w", farDevice, err)
	}
	return packetSocket(far, device)
}

// packetSocket opens the far end. A cooked socket (SOCK_DGRAM) removes the link
// header, so the wire carries the same bytes as a TUN device.
func packetSocket(far int, near string) (*Wire, error) {
	all := htons(unix.ETH_P_ALL)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all))
	if err != nil {
		return nil, problem.Errorf("open packet socket: %w", "打开 packet 套接字：%w", err)
	}
	w := &Wire{kind: Veth, fd: fd}
	// Until linkwatch has run, the far end has a queue that drops packets silently
	// (noop_qdisc), so bypass it.
	err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: far})
	}
	if err == nil {
		err = w.destinations(far, near)
	}
	if err != nil {
		unix.Close(fd)
		return nil, problem.Errorf("prepare packet socket: %w", "准备 packet 套接字：%w", err)
	}
	return w, nil
}

// destinations sets the link-layer addresses of the kernel's end.
func (w *Wire) destinations(far int, device string) error {
	near, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	w.v4 = unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_IP), Ifindex: far, Halen: 6}
	copy(w.v4.Addr[:], near.HardwareAddr)
	w.v6 = w.v4
	w.v6.Protocol = htons(unix.ETH_P_IPV6)
	return nil
}

// prepareVeth switches off ARP, so that packets need no neighbour, and the offloads,
// so that packets are as on a cable: at most as long as the MTU, with complete
// checksums.
func prepareVeth(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req); err != nil {
		return problem.Errorf("flags of %s: %w", "%s 的标志：%w", name, err)
	}
	req.SetUint16(req.Uint16() | unix.IFF_NOARP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return problem.Errorf("switch ARP off on %s: %w", "在 %s 上关闭 ARP：%w", name, err)
	}
	for _, offload := range []uint32{unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_STXCSUM} {
		if err := ethtoolOff(fd, name, offload); err != nil {
			return problem.Errorf("switch offload %#x off on %s: %w", "关闭 offload %#x（%s）：%w", offload, name, err)
		}
	}
	return nil
}

// ethtoolValue is struct ethtool_value (include/uapi/linux/ethtool.h).
type ethtoolValue struct{ cmd, data uint32 }

// ifreqData is struct ifreq with a pointer (include/uapi/linux/if.h).
type ifreqData struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte
}

func ethtoolOff(fd int, name string, cmd uint32) error {
	value := ethtoolValue{cmd: cmd}
	req := ifreqData{data: unsafe.Pointer(&value)}
	copy(req.name[:], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return errno
	}
	return nil
}

// htons converts a protocol number to network byte order, as AF_PACKET requires.
func htons(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
