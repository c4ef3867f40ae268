// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"strings"
)

// Kind is a way to connect.
type Kind uint8

// The kinds.
const (
	Auto Kind = iota // TUN if it opens, else Veth
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
	return Auto, fmt.Errorf("unknown wire %q: it is auto, tun or veth", name)
}
