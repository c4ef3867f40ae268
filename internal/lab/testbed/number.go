// SPDX-License-Identifier: Apache-2.0

package testbed

import "fmt"

// Base says from where a [Number] counts.
type Base uint8

// What a [Number] counts from.
const (
	// Default is the number that a correct TCP would use.
	Default Base = iota
	// Shift counts from the default number.
	Shift
	// FromISN counts from the initial sequence number, as a trace shows it.
	FromISN
	// Raw is the number as on the wire.
	Raw
)

// Number is a sequence number, acknowledgement number or timestamp in a script. The
// zero value is the default number.
type Number struct {
	Base Base
	N    int64
}

// resolve returns the number on the wire.
func (n Number) resolve(normal, isn uint32) uint32 {
	switch n.Base {
	case Shift:
		return normal + uint32(n.N)
	case FromISN:
		return isn + uint32(n.N)
	case Raw:
		return uint32(n.N)
	default:
		return normal
	}
}

// String returns the number as scripts write it.
func (n Number) String() string {
	switch n.Base {
	case Shift:
		return fmt.Sprintf("%+d", n.N)
	case Raw:
		return fmt.Sprintf("@%d", n.N)
	default:
		return fmt.Sprint(n.N)
	}
}
