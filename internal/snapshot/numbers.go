// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/binary"
	"math/bits"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Encodings of the numbers of a column.
const (
	modeOffset = 0 // (value - base) / unit
	modeDelta  = 1 // zigzag of the difference to the previous value; base precedes the first
)

// sizeofColumn is the size of a column's header: id, mode, width, length, base, unit.
const sizeofColumn = 2 + 1 + 1 + 4 + 8 + 8

var errColumn = problem.New("a column is malformed", "有一列格式不对")

// appendColumn writes the numbers of one column with as many bytes each as the widest
// needs: first the lowest byte of all numbers, then the next byte of all. Thus random
// bytes (ports, addresses) do not alternate with zero bytes, which would compress
// badly.
func appendColumn(buf []byte, id uint16, values []uint64) []byte {
	least, unit, width := offsets(values)
	mode, base := byte(modeOffset), least
	if w := deltas(values); w < width {
		mode, base, unit, width = modeDelta, values[0], 1, w
	}
	buf = binary.LittleEndian.AppendUint16(buf, id)
	buf = append(buf, mode, byte(width))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(width*len(values)))
	buf = binary.LittleEndian.AppendUint64(buf, base)
	buf = binary.LittleEndian.AppendUint64(buf, unit)
	start := len(buf)
	for range width * len(values) {
		buf = append(buf, 0)
	}
	planes, before := buf[start:], base
	for i, v := range values {
		n := v - base
		if mode == modeDelta {
			n, before = zigzag(v-before), v
		} else if unit > 1 {
			n /= unit
		}
		for at := i; at < len(planes); at += len(values) {
			planes[at] = byte(n)
			n >>= 8
		}
	}
	return buf
}

// offsets returns the least value, the greatest common divisor of the differences to
// it (durations are whole milliseconds), and how many bytes the greatest quotient
// takes.
func offsets(values []uint64) (least, unit uint64, width int) {
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	for _, v := range values {
		if unit == 1 {
			break
		}
		unit = divisor(v-least, unit)
	}
	unit = max(unit, 1)
	return least, unit, width64((most - least) / unit)
}

func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// deltas returns how many bytes the greatest difference takes.
func deltas(values []uint64) int {
	most, before := uint64(0), values[0]
	for _, v := range values {
		most, before = most|zigzag(v-before), v
	}
	return width64(most)
}

func width64(n uint64) int { return (bits.Len64(n) + 7) / 8 }

func zigzag(d uint64) uint64 { return d<<1 ^ uint64(int64(d)>>63) }

func unzigzag(z uint64) uint64 { return z>>1 ^ -(z & 1) }

// A column is an encoded column of a block.
type column struct {
	id     uint16
	mode   byte
	width  int
	base   uint64
	unit   uint64
	planes []byte
}

// nextColumn cuts off the first column of a block.
func nextColumn(b []byte) (c column, rest []byte, err error) {
	if len(b) < sizeofColumn {
		return c, nil, errColumn
	}
	c = column{
		id: binary.LittleEndian.Uint16(b), mode: b[2], width: int(b[3]),
		base: binary.LittleEndian.Uint64(b[8:]), unit: binary.LittleEndian.Uint64(b[16:]),
	}
	length := binary.LittleEndian.Uint32(b[4:])
	b = b[sizeofColumn:]
	if uint64(length) > uint64(len(b)) || c.width > 8 || c.mode > modeDelta {
		return c, nil, errColumn
	}
	c.planes = b[:length]
	return c, b[length:], nil
}

// decode fills values with the numbers of the column.
func (c column) decode(values []uint64) error {
	if len(c.planes) != c.width*len(values) {
		return errColumn
	}
	before := c.base
	for i := range values {
		n := uint64(0)
		for b := range c.width {
			n |= uint64(c.planes[b*len(values)+i]) << (8 * b)
		}
		if c.mode == modeDelta {
			before += unzigzag(n)
			values[i] = before
			continue
		}
		values[i] = c.base + n*c.unit
	}
	return nil
}
