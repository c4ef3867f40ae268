// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// AbsentText is the text of the absent value in keys, columns and filters.
const AbsentText = "none"

// Append appends the value of the field as text that filters can read. The absent
// value is "none". An empty text, and the text none, are quoted.
func (f *Field) Append(b []byte, v Value) []byte {
	switch v.kind {
	case Absent:
		return append(b, AbsentText...)
	case String:
		if v.text == "" || strings.EqualFold(v.text, AbsentText) {
			return append(append(append(b, '"'), v.text...), '"')
		}
		return append(b, v.text...)
	case Address:
		return v.addr.AppendTo(b)
	case Endpoint:
		return v.AddrPort().AppendTo(b)
	default:
		return f.appendNumber(b, v.num)
	}
}

func (f *Field) appendNumber(b []byte, n uint64) []byte {
	switch f.Type {
	case TypeState:
		return append(b, tcp.State(n).String()...)
	case TypeEnum:
		if word := f.Word(n); word != "" {
			return append(b, word...)
		}
		return strconv.AppendUint(append(b, '#'), n, 10)
	case TypeBool:
		if n != 0 {
			return append(b, "yes"...)
		}
		return append(b, "no"...)
	case TypeDuration:
		return AppendDuration(b, n)
	case TypeTime:
		return time.Unix(0, int64(n)).UTC().AppendFormat(b, timeLayout)
	case TypeMask:
		return strconv.AppendUint(append(b, "0x"...), n, 16)
	default:
		return strconv.AppendUint(b, n, 10)
	}
}

// AppendDuration appends a duration in the largest unit of ns, us, ms and s in which
// it is 1 or more, with at most three digits after the point: 12.5ms, 59.123s. Digits
// beyond are cut off.
func AppendDuration(b []byte, ns uint64) []byte {
	unit, name := uint64(1), "ns"
	switch {
	case ns == 0:
		return append(b, "0s"...)
	case ns >= 1e9:
		unit, name = 1e9, "s"
	case ns >= 1e6:
		unit, name = 1e6, "ms"
	case ns >= 1e3:
		unit, name = 1e3, "us"
	}
	b = strconv.AppendUint(b, ns/unit, 10)
	if thousandths := ns % unit * 1000 / max(unit, 1000); thousandths > 0 {
		b = append(b, '.', byte('0'+thousandths/100), byte('0'+thousandths/10%10), byte('0'+thousandths%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, name...)
}
