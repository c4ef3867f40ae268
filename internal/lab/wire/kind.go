// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Kind is a kind of wire.
type Kind uint8

// The kinds.
const (
	Auto Kind = iota // TUN if it can be opened, else Veth
	TUN
	Veth
)

// String returns auto, tun or veth.
func (k Kind) String() string {
	switch k {
	case TUN:
		return "tun"
	case Veth:
		return "veth"
	default:
		return "auto"
	}
}

// ParseKind is the inverse of [Kind.String].
func ParseKind(name string) (Kind, error) {
	for _, k := range []Kind{Auto, TUN, Veth} {
		if strings.EqualFold(name, k.String()) {
			return k, nil
		}
	}
	return Auto, problem.Errorf("unknown wire %q: it is auto, tun or veth", "没有线路 %q：可用 auto、tun 或 veth", name)
}
