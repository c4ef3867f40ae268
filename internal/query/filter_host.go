// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// anyPort is the port of a host condition without a port.
const anyPort = -1

// host is ss's host condition: [FAMILY:]ADDRESS[/PREFIX][:PORT].
type host struct {
	family socket.Family // from "inet:" or "inet6:"; 0 for both families
	prefix netip.Prefix  // the zero prefix means any address
	port   int32         // a port, or anyPort
}

// hostNode is true if an address, together with its port, is one of the hosts.
type hostNode struct {
	field  *socket.Field
	list   []host
	none   bool
	negate bool
	in     bool // written with in; affects only the text
}

// end returns the address and port that the field names, and which of the two are
// known.
func (n *hostNode) end(s *socket.Socket) (a netip.AddrPort, addr, port bool) {
	switch n.field.ID {
	case socket.FieldLocal:
		return s.Local, s.Known.Has(socket.FieldLocal), s.Known.Has(socket.FieldLocalPort)
	case socket.FieldRemote:
		return s.Remote, s.Known.Has(socket.FieldRemote), s.Known.Has(socket.FieldRemotePort)
	default:
		known := s.Known.Has(socket.FieldListener)
		return s.Listener, known, known
	}
}

func (n *hostNode) eval(s *socket.Socket) Tri {
	a, addr, port := n.end(s)
	if addr && !a.Addr().IsValid() {
		return tri(n.none != n.negate)
	}
	answer := No
	for i := range n.list {
		switch n.list[i].eval(s, a, addr, port) {
		case Yes:
			return tri(!n.negate)
		case Unknown:
			answer = Unknown
		case No:
		}
	}
	return answer.flip(n.negate)
}

// eval tests the known part first: a wrong port is a miss even if the address is
// unknown.
func (h *host) eval(s *socket.Socket, a netip.AddrPort, addr, port bool) Tri {
	answer := Yes
	if h.port != anyPort {
		if port && int32(a.Port()) != h.port {
			return No
		}
		if !port {
			answer = Unknown
		}
	}
	if h.family != 0 {
		if !s.Known.Has(socket.FieldFamily) {
			answer = Unknown
		} else if h.family != s.Family {
			return No
		}
	}
	if !h.prefix.IsValid() {
		return answer
	}
	if !addr {
		return Unknown
	}
	if !contains(h.prefix, a.Addr()) {
		return No
	}
	return answer
}

// contains matches as the kernel does (net/ipv4/inet_diag.c inet_diag_bc_run): an
// IPv4 prefix also matches IPv4-mapped IPv6 addresses, an IPv6 prefix never matches
// an IPv4 address.
func contains(p netip.Prefix, a netip.Addr) bool {
	if p.Addr().Is4() && a.Is4In6() {
		a = a.Unmap()
	}
	return p.Contains(a.WithZone(""))
}

func (n *hostNode) fields() socket.FieldSet {
	var set socket.FieldSet
	set.Add(n.field.ID)
	for _, h := range n.list {
		if h.port != anyPort {
			set.Add(portOf(n.field).ID)
		}
		if h.family != 0 {
			set.Add(socket.FieldFamily)
		}
	}
	return set
}

// portOf returns the field that holds the port of an address field.
func portOf(f *socket.Field) *socket.Field {
	switch f.ID {
	case socket.FieldLocal:
		return socket.FieldLocalPort.Field()
	case socket.FieldRemote:
		return socket.FieldRemotePort.Field()
	default:
		return f
	}
}

func (n *hostNode) where() (can, cannot tcp.StateSet) { return tcp.AllStates, tcp.AllStates }

func (n *hostNode) append(b []byte) []byte {
	b = append(b, hostWord(n.field)...)
	texts := make([]string, 0, len(n.list)+1)
	for _, h := range n.list {
		texts = append(texts, string(h.append(nil)))
	}
	if n.none {
		texts = append(texts, socket.AbsentText)
	}
	switch {
	case n.in:
		return appendList(append(b, ' '), texts)
	case n.negate:
		b = append(b, " != "...)
	default:
		b = append(b, " = "...)
	}
	return append(b, texts[0]...)
}

// hostWord returns the field's name in ss.
func hostWord(f *socket.Field) string {
	switch f.ID {
	case socket.FieldLocal:
		return "src"
	case socket.FieldRemote:
		return "dst"
	default:
		return f.Name
	}
}

// append writes the host so that ss reads it: brackets around an IPv6 address,
// none around an IPv6 prefix.
func (h *host) append(b []byte) []byte {
	switch h.family {
	case socket.IPv4:
		b = append(b, "inet:"...)
	case socket.IPv6:
		b = append(b, "inet6:"...)
	}
	switch {
	case !h.prefix.IsValid():
		b = append(b, '*')
	case !h.prefix.IsSingleIP():
		b = h.prefix.AppendTo(b)
	case h.prefix.Addr().Is4():
		b = h.prefix.Addr().AppendTo(b)
	default:
		b = append(h.prefix.Addr().AppendTo(append(b, '[')), ']')
	}
	if h.port == anyPort {
		return b
	}
	return strconv.AppendInt(append(b, ':'), int64(h.port), 10)
}
