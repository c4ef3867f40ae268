// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// hosts reads host conditions.
func (p *parser) hosts(f *socket.Field, list []token, op operator) (node, error) {
	n := &hostNode{field: f, negate: op == opNotEqual}
	for _, t := range list {
		if absent(t) {
			n.none = true
			continue
		}
		hosts, err := p.host(t)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, hosts...)
	}
	if op != opIn && len(n.list) > 1 {
		return anyOf(n), nil
	}
	n.in = len(n.list) > 1 || len(n.list) == 1 && n.none
	if n.negate && len(n.list) == 1 && n.list[0].family != 0 { // for a single host, the negation does not extend to the family, as for ports
		family := n.list[0].family
		n.list[0].family = 0
		return and(familyNode(family), n), nil
	}
	return n, nil
}

// anyOf writes the addresses of a name one by one, because ss has no operator in.
func anyOf(n *hostNode) node {
	var all orNode
	for _, h := range n.list {
		all = append(all, &hostNode{field: n.field, list: []host{h}})
	}
	if n.negate {
		return notNode{all}
	}
	return all
}

// cutFamily removes the prefix "inet:" or "inet6:".
func cutFamily(text string) (socket.Family, string) {
	if rest, ok := strings.CutPrefix(text, "inet:"); ok {
		return socket.IPv4, rest
	}
	if rest, ok := strings.CutPrefix(text, "inet6:"); ok {
		return socket.IPv6, rest
	}
	return 0, text
}

// host reads one host condition as iproute2 misc/ss.c parse_hostcond does. It also
// accepts two forms that ss refuses: a bare ::1, and [::1]/64.
func (p *parser) host(t token) ([]host, error) {
	family, text := cutFamily(t.text)
	address, port, err := p.splitHost(t, text)
	if err != nil {
		return nil, err
	}
	h := host{family: family, port: anyPort}
	if port != "" && port != "*" {
		n, err := p.portNumber(t, port)
		if err != nil {
			return nil, err
		}
		h.port = int32(n)
	}
	switch address {
	case "", "*", "any", "all", "default":
		return []host{h}, nil
	}
	if prefix, ok := prefixOf(address, family); ok {
		h.prefix = prefix
		return []host{h}, nil
	}
	if out := p.named(h, address); out != nil {
		return out, nil
	}
	hint := words{"write an address, a prefix or a port: 10.0.0.0/8, [::1]:443, *:80, :https", "写地址、网段或端口：10.0.0.0/8、[::1]:443、*:80、:https"}
	if strings.Contains(address, "/") {
		hint = words{"a prefix has at most 32 bits for IPv4, 128 for IPv6", "前缀长度：IPv4 最多 32 位，IPv6 最多 128 位"}
	}
	return nil, p.fail(t, words{quote(address) + " is no address", quote(address) + " 不是地址"}, hint)
}

// splitHost separates the address from the port.
func (p *parser) splitHost(t token, text string) (address, port string, err error) {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		address, rest, ok = strings.Cut(rest, "]")
		if !ok {
			return "", "", p.fail(t, words{"the bracket is not closed", "方括号没有闭合"}, forExample("[::1]:443"))
		}
		if strings.HasPrefix(rest, "/") {
			bits, after, _ := strings.Cut(rest, ":")
			return address + bits, after, nil
		}
		if rest != "" && rest[0] != ':' {
			return "", "", p.fail(t, words{"after the bracket only :PORT or /BITS can follow", "方括号后面只能是 :端口 或 /位数"}, forExample("[::1]:443"))
		}
		return address, strings.TrimPrefix(rest, ":"), nil
	}
	colon := strings.LastIndexByte(text, ':')
	if colon < strings.IndexByte(text, '/') {
		return text, "", nil
	}
	if colon < 0 {
		return text, "", nil
	}
	if whole, err := netip.ParseAddr(text); err == nil && whole.Is6() && !p.readsAsPort(text, colon) {
		return text, "", nil
	}
	return text[:colon], text[colon+1:], nil
}

// readsAsPort decides about an IPv6 address without brackets: ss takes what follows
// the last colon as the port if the rest is an address.
func (p *parser) readsAsPort(text string, colon int) bool {
	left, err := netip.ParseAddr(text[:colon])
	if err != nil || !left.Is6() {
		return false
	}
	if _, err := integer(text[colon+1:], 16); err != nil {
		return false
	}
	read := "[" + text[:colon] + "]:" + text[colon+1:]
	p.note(text+" is read as "+read+", as ss does; write brackets around an IPv6 address", "与 ss 一样，"+text+" 读作 "+read+"；IPv6 地址请加方括号")
	return true
}

// prefixOf reads an address or a prefix. Missing parts of an IPv4 address are 0, as
// in 127/8. A netmask may replace the prefix length.
func prefixOf(text string, family socket.Family) (netip.Prefix, bool) {
	text, bits, slash := strings.Cut(text, "/")
	addr, ok := addressOf(text)
	if !ok || strings.Contains(text, "%") || family == socket.IPv4 && !addr.Is4() || family == socket.IPv6 && addr.Is4() {
		return netip.Prefix{}, false
	}
	n := addr.BitLen()
	if slash {
		if n, ok = prefixLength(bits, addr); !ok {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(addr, n).Masked(), true
}

func addressOf(text string) (netip.Addr, bool) {
	if strings.ContainsRune(text, ':') {
		addr, err := netip.ParseAddr(text)
		return addr, err == nil
	}
	var octets [4]byte
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part[0] == '+' {
			return netip.Addr{}, false
		}
		octets[i] = byte(n)
	}
	return netip.AddrFrom4(octets), true
}

func prefixLength(text string, addr netip.Addr) (int, bool) {
	if n, err := strconv.ParseUint(text, 10, 8); err == nil {
		return int(n), int(n) <= addr.BitLen()
	}
	mask, err := netip.ParseAddr(text)
	if err != nil || !mask.Is4() || !addr.Is4() {
		return 0, false
	}
	n := 0
	for raw := mask.As4(); n < 32 && raw[n/8]&(0x80>>(n%8)) != 0; n++ {
	}
	want := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), n).Masked().Addr()
	return n, want == mask
}

// named asks the caller for the addresses of a host.
func (p *parser) named(h host, name string) []host {
	if p.options.Host == nil || strings.ContainsAny(name, "/:") {
		return nil
	}
	var out []host
	for _, a := range p.options.Host(name) {
		if h.family == socket.IPv4 && !a.Is4() || h.family == socket.IPv6 && a.Is4() || !a.IsValid() {
			continue
		}
		h.prefix = netip.PrefixFrom(a.WithZone(""), a.BitLen())
		out = append(out, h)
	}
	return out
}

// port reads [inet:|inet6:][:]PORT, a range of ports, or *.
func (p *parser) port(t token) (span, socket.Family, error) {
	family, text := cutFamily(t.text)
	text = strings.TrimPrefix(text, ":")
	if text == "*" {
		return span{0, 65535}, family, nil
	}
	if lo, hi, ok := strings.Cut(text, "-"); ok {
		if a, err := integer(lo, 16); err == nil {
			b, err := integer(hi, 16)
			if err != nil || b < a {
				return span{}, 0, p.fail(t, words{quote(text) + " is no range of ports", quote(text) + " 不是端口范围"}, forExample("8000-8999"))
			}
			return span{a, b}, family, nil
		}
	}
	n, err := p.portNumber(t, text)
	return span{uint64(n), uint64(n)}, family, err
}

// portNumber reads a port by number or name.
func (p *parser) portNumber(t token, text string) (uint16, error) {
	n, err := integer(text, 16)
	switch {
	case err == nil:
		return uint16(n), nil
	case errors.Is(err, errRange):
		return 0, p.fail(t, words{"port " + text + " is out of range", "端口 " + text + " 超出范围"}, words{"ports go from 0 to 65535", "端口从 0 到 65535"})
	}
	if strings.HasPrefix(text, "-") {
		return 0, p.fail(t, words{"port " + text + " is out of range", "端口 " + text + " 超出范围"}, words{"ports go from 0 to 65535", "端口从 0 到 65535"})
	}
	if p.options.Service != nil {
		if n, ok := p.options.Service(text); ok {
			return n, nil
		}
	}
	if n, ok := service(text); ok {
		return n, nil
	}
	return 0, p.fail(t, words{quote(text) + " is no port", quote(text) + " 不是端口"}, words{"write a number or a service: :443, :https", "写数字或服务名：:443、:https"})
}

// service returns the port of a common service, by its name in the IANA
// registry (RFC 6335) or a usual short form of it.
func service(name string) (port uint16, ok bool) {
	switch strings.ToLower(name) {
	case "ftp":
		return 21, true
	case "ssh":
		return 22, true
	case "telnet":
		return 23, true
	case "smtp":
		return 25, true
	case "domain":
		return 53, true
	case "http", "www":
		return 80, true
	case "kerberos":
		return 88, true
	case "pop3":
		return 110, true
	case "sunrpc":
		return 111, true
	case "ntp":
		return 123, true
	case "imap", "imap2":
		return 143, true
	case "bgp":
		return 179, true
	case "ldap":
		return 389, true
	case "https":
		return 443, true
	case "microsoft-ds":
		return 445, true
	case "submission":
		return 587, true
	case "ldaps":
		return 636, true
	case "imaps":
		return 993, true
	case "pop3s":
		return 995, true
	case "ms-sql-s":
		return 1433, true
	case "nfs":
		return 2049, true
	case "mysql":
		return 3306, true
	case "postgresql":
		return 5432, true
	case "amqp":
		return 5672, true
	case "redis":
		return 6379, true
	case "http-alt":
		return 8080, true
	default:
		return 0, false
	}
}
