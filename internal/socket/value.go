// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"net/netip"
	"time"
)

// ValueKind is the shape of a [Value].
type ValueKind uint8

const (
	// Absent is the value of a field that this socket does not have: the
	// backlog of a connection, the process of a TIME_WAIT. It is known.
	Absent ValueKind = iota
	// Number is a count, a size, a duration in nanoseconds, an enum, a state,
	// a bool or an identifier: see the field's type.
	Number
	// Address is an IP address.
	Address
	// Endpoint is an IP address with a port.
	Endpoint
	// String is text.
	String
)

// Value is the value of a field of one socket. It is made without allocation; its
// text is shared with the socket.
type Value struct {
	addr netip.Addr
	text string
	num  uint64
	kind ValueKind
}

// Num returns a number.
func Num(n uint64) Value { return Value{kind: Number, num: n} }

// Truth returns a bool as a number.
func Truth(b bool) Value {
	if b {
		return Num(1)
	}
	return Num(0)
}

// Span returns a duration; negative ones are 0.
func Span(d time.Duration) Value { return Num(uint64(max(d, 0))) }

// Addr returns an address, or the absent value when it is not valid.
func Addr(a netip.Addr) Value {
	if !a.IsValid() {
		return Value{}
	}
	return Value{kind: Address, addr: a}
}

// AddrPort returns an endpoint, or the absent value when it is not valid.
func AddrPort(a netip.AddrPort) Value {
	if !a.IsValid() {
		return Value{}
	}
	return Value{kind: Endpoint, addr: a.Addr(), num: uint64(a.Port())}
}

// Text returns a string, or the absent value when it is empty.
func Text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{kind: String, text: s}
}

// Named returns a string, even an empty one: a name may be empty.
func Named(s string) Value { return Value{kind: String, text: s} }

// Kind returns the shape of the value.
func (v Value) Kind() ValueKind { return v.kind }

// Number returns the number, or the port of an endpoint.
func (v Value) Number() uint64 { return v.num }

// Bool reports whether the number is not 0.
func (v Value) Bool() bool { return v.num != 0 }

// Duration returns the number as a duration.
func (v Value) Duration() time.Duration { return time.Duration(v.num) }

// Addr returns the address, also of an endpoint.
func (v Value) Addr() netip.Addr { return v.addr }

// AddrPort returns the endpoint.
func (v Value) AddrPort() netip.AddrPort { return netip.AddrPortFrom(v.addr, uint16(v.num)) }

// Text returns the string.
func (v Value) Text() string { return v.text }
