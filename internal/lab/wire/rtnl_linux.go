// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// route is a NETLINK_ROUTE socket for the four requests that the wires need. The
// kernel answers each with an acknowledgement.
type route struct{ fd int }

func dialRoute() (route, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return route{}, problem.Errorf("open route netlink: %w", "打开 route netlink：%w", err)
	}
	return route{fd}, nil
}

func (r route) close() { unix.Close(r.fd) }

// native is the byte order of netlink headers.
func native() binary.AppendByteOrder { return binary.NativeEndian }

// do sends one request and returns the error in its acknowledgement.
func (r route) do(kind, flags uint16, body []byte) error {
	_, _, err := r.ask(kind, flags|unix.NLM_F_ACK, body)
	return err
}

// ask sends one request and returns the kind and the body of the answer. If the answer
// is an acknowledgement with an error, it returns that error.
func (r route) ask(kind, flags uint16, body []byte) (uint16, []byte, error) {
	msg := native().AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	msg = native().AppendUint16(msg, kind)
	msg = native().AppendUint16(msg, flags|unix.NLM_F_REQUEST)
	msg = append(msg, make([]byte, 8)...) // sequence number and port, which the kernel fills in
	if err := unix.Sendto(r.fd, append(msg, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, nil, err
	}
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(r.fd, buf, 0)
	if err != nil {
		return 0, nil, err
	}
	if n < unix.NLMSG_HDRLEN+4 {
		return 0, nil, problem.Errorf("netlink answer of %d bytes", "netlink 应答有 %d 字节", n)
	}
	answer := binary.NativeEndian.Uint16(buf[4:])
	if code := int32(binary.NativeEndian.Uint32(buf[unix.NLMSG_HDRLEN:])); answer == unix.NLMSG_ERROR && code != 0 {
		return 0, nil, unix.Errno(-code)
	}
	return answer, buf[unix.NLMSG_HDRLEN:n], nil
}

// attr appends an attribute (struct rtattr) and its padding.
func attr(b []byte, kind uint16, value []byte) []byte {
	b = native().AppendUint16(b, uint16(4+len(value)))
	b = native().AppendUint16(b, kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// link is struct ifinfomsg for an interface and the flags to set.
func link(index int, flags uint32) []byte {
	b := make([]byte, 4, 64) // family, padding, type
	b = native().AppendUint32(b, uint32(index))
	b = native().AppendUint32(b, flags)
	return native().AppendUint32(b, flags) // change mask
}

func (r route) setUp(index int) error {
	return r.do(unix.RTM_NEWLINK, 0, link(index, unix.IFF_UP))
}

func (r route) addVeth(near, far string) error {
	peer := attr(link(0, 0), unix.IFLA_IFNAME, append([]byte(far), 0))
	data := attr(nil, 1, peer) // VETH_INFO_PEER, include/uapi/linux/veth.h
	info := attr(nil, unix.IFLA_INFO_KIND, []byte("veth"))
	info = attr(info, unix.IFLA_INFO_DATA, data)
	body := attr(link(0, 0), unix.IFLA_IFNAME, append([]byte(near), 0))
	body = attr(body, unix.IFLA_LINKINFO, info)
	return r.do(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

// addAddress adds an address without duplicate address detection, which would delay
// the use of an IPv6 address by a second.
func (r route) addAddress(index int, p netip.Prefix) error {
	family := byte(unix.AF_INET)
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	body := []byte{family, byte(p.Bits()), unix.IFA_F_NODAD, 0}
	body = native().AppendUint32(body, uint32(index))
	body = attr(body, unix.IFA_LOCAL, p.Addr().AsSlice())
	body = attr(body, unix.IFA_ADDRESS, p.Addr().AsSlice())
	return r.do(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

// isLocal reports whether the kernel accepts packets to addr as its own.
func (r route) isLocal(addr netip.Addr) bool {
	body := []byte{unix.AF_INET6, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // struct rtmsg
	body = attr(body, unix.RTA_DST, addr.AsSlice())
	answer, got, err := r.ask(unix.RTM_GETROUTE, 0, body)
	return err == nil && answer == unix.RTM_NEWROUTE && len(got) > 7 && got[7] == unix.RTN_LOCAL
}

// awaitLocal waits for the route to one of our IPv6 addresses. A kernel worker adds
// the route some time after the address (addrconf_dad_work in net/ipv6/addrconf.c),
// even without detection of duplicates.
func (r route) awaitLocal(addr netip.Addr) error {
	for range 2000 {
		if r.isLocal(addr) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return problem.Errorf("no route to %v after 2 s", "2 秒后仍没有到 %v 的路由", addr)
}
