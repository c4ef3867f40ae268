// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// unit is a suffix and what it multiplies by.
type unit struct {
	name string
	size uint64
}

// durationUnits are the units of time in nanoseconds, the largest first.
func durationUnits() []unit {
	return []unit{
		{"d", 86400e9},
		{"h", 3600e9},
		{"m", 60e9},
		{"s", 1e9},
		{"ms", 1e6},
		{"us", 1e3},
		{"ns", 1},
		{"min", 60e9},
		{"sec", 1e9},
		{"msec", 1e6},
		{"usec", 1e3},
		{"µs", 1e3},
	}
}

// binaryUnits are the units in which sizes are printed.
func binaryUnits() []unit {
	return []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}
}

// byteUnits are the units of sizes that are read: k and KiB are 1024 bytes, kB is
// 1000, as in dd and sort.
func byteUnits() []unit {
	return append(binaryUnits(),
		unit{"B", 1}, unit{"k", 1 << 10}, unit{"K", 1 << 10}, unit{"M", 1 << 20}, unit{"G", 1 << 30},
		unit{"kB", 1e3}, unit{"KB", 1e3}, unit{"MB", 1e6}, unit{"GB", 1e9})
}

// bitUnits are the units of rates in bits per second, as in ss and tc; a rate
// is kept in bytes.
func bitUnits() []unit {
	return []unit{
		{"bit", 1},
		{"kbit", 1e3},
		{"Kbit", 1e3},
		{"Mbit", 1e6},
		{"Gbit", 1e9},
		{"bps", 1},
		{"kbps", 1e3},
		{"Kbps", 1e3},
		{"Mbps", 1e6},
		{"Gbps", 1e9},
	}
}

// countUnits are the units of counts.
func countUnits() []unit { return []unit{{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}} }

var (
	errNumber = problem.New("not a number", "不是数字")
	errUnit   = problem.New("no such unit", "没有这个单位")
	errNoUnit = problem.New("the unit is missing", "缺少单位")
	errRange  = problem.New("out of range", "超出范围")
	errWhole  = problem.New("not a whole number", "不是整数")
)

// integer reads a whole number as C does: 0x16 is hex and 026 is octal, which
// ss inherits from strtoul.
func integer(text string, bits int) (uint64, error) {
	if strings.ContainsRune(text, '_') {
		return 0, errNumber
	}
	n, err := strconv.ParseUint(text, 0, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	if err != nil {
		return 0, errNumber
	}
	return n, nil
}

// measure reads a decimal number with a unit. If bare is not 0 the unit may be
// missing, and bare is the factor.
func measure(text string, units []unit, bare uint64) (uint64, error) {
	cut := 0
	for cut < len(text) && (text[cut] >= '0' && text[cut] <= '9' || text[cut] == '.') {
		cut++
	}
	if cut == 0 || cut > 40 {
		return 0, errNumber
	}
	// Exact arithmetic, so that 0.1s is 100000000 ns and a printed value reads back.
	value, ok := new(big.Rat).SetString(text[:cut])
	if !ok {
		return 0, errNumber
	}
	size, err := sizeOf(text[cut:], units, bare)
	if err != nil {
		if value.Sign() == 0 && cut == len(text) {
			return 0, nil // zero needs no unit
		}
		return 0, err
	}
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).SetUint64(size)))
	if size == 1 && !value.IsInt() { // a fraction of a byte or a piece is refused; in a larger unit it is cut off
		return 0, errWhole
	}
	whole := new(big.Int).Quo(value.Num(), value.Denom())
	if !whole.IsUint64() {
		return 0, errRange
	}
	return whole.Uint64(), nil
}

func sizeOf(name string, units []unit, bare uint64) (uint64, error) {
	switch {
	case name == "" && bare != 0:
		return bare, nil
	case name == "":
		return 0, errNoUnit
	}
	for _, u := range units {
		if u.name == name {
			return u.size, nil
		}
	}
	return 0, errUnit
}

// numbers reads the values of a field that holds numbers, enum words or bools.
func (p *parser) numbers(f *socket.Field, list []token, op operator) (node, error) {
	if other, ok := socket.Lookup(list[0].text); ok && len(list) == 1 && list[0].kind == tokenWord && op != opIn {
		if f.Type.Numeric() && other.Type.Numeric() {
			return p.twoFields(f, other, list[0], op)
		}
	}
	var spans []span
	var family socket.Family
	none := false
	for _, t := range list {
		if absent(t) && !hasWord(f, socket.AbsentText) {
			if op.ordered() {
				return nil, p.fail(t, words{"none has no order", "none 不能比较大小"}, use(f.Name+" = none"))
			}
			none = true
			continue
		}
		v, fam, err := p.number(f, t)
		if err != nil {
			return nil, err
		}
		if op.ordered() && v.lo != v.hi {
			return nil, p.fail(t, words{"a range has no order", "范围不能比较大小"}, use(f.Name+" in "+t.text))
		}
		if len(spans) > 0 && fam != family {
			return nil, p.fail(t, words{"the families of the list differ", "列表里的地址族不一致"}, words{"write inet: or inet6: before each of them or before none", "要么都写 inet: 或 inet6:，要么都不写"})
		}
		spans, family = append(spans, v), fam
	}
	if f.ID == socket.FieldAutobound && len(spans) == 1 && !none {
		return p.truth(f, (spans[0].lo != 0) == (op != opNotEqual)), nil
	}
	n := newNumberNode(f, op, spans, none)
	if family != 0 {
		return and(familyNode(family), n), nil
	}
	return n, nil
}

// familyNode returns "src = inet:*", the only form that ss has for a family.
func familyNode(f socket.Family) node {
	return &hostNode{field: socket.FieldLocal.Field(), list: []host{{family: f, port: anyPort}}}
}

func hasWord(f *socket.Field, word string) bool {
	_, ok := f.Number(word)
	return f.Type == socket.TypeEnum && ok
}

func (p *parser) twoFields(left, right *socket.Field, t token, op operator) (node, error) {
	if left.Type != right.Type {
		return nil, p.fail(t, words{
			left.Name + " (" + left.Type.String() + ") and " + right.Name + " (" + right.Type.String() + ") are of different types",
			left.Name + "（" + left.Type.String() + "）与 " + right.Name + "（" + right.Type.String() + "）类型不同",
		}, words{"compare fields of the same type", "只能比较同类型的字段"})
	}
	return &fieldsNode{left: left, right: right, op: op}, nil
}

// number reads one value of the field's type.
func (p *parser) number(f *socket.Field, t token) (span, socket.Family, error) {
	switch f.Type {
	case socket.TypePort:
		return p.port(t)
	case socket.TypeEnum, socket.TypeBool:
		n, err := p.word(f, t)
		return span{n, n}, 0, err
	default: // read as a number below
	}
	var n uint64
	var err error
	var want words
	switch f.Type {
	case socket.TypeDuration:
		n, err = measure(t.text, durationUnits(), 0)
		want = words{"a duration has a number and a unit: 250us, 30ms, 5s, 2m, 1h", "时长要有数字和单位：250us、30ms、5s、2m、1h"}
	case socket.TypeBytes:
		n, err = measure(t.text, byteUnits(), 1)
		want = words{"a size is a number of bytes: 1500, 64KiB, 1M, 10MB", "大小是字节数：1500、64KiB、1M、10MB"}
	case socket.TypeRate:
		n, err = rate(t.text)
		want = words{"a rate is in bytes or bits per second: 1MiB, 10MB/s, 100Mbit", "速率是每秒字节或比特数：1MiB、10MB/s、100Mbit"}
	case socket.TypeCount:
		n, err = measure(t.text, countUnits(), 1)
		want = words{"a count is a whole number: 10, 5k", "个数是整数：10、5k"}
	default:
		n, err = integer(t.text, 64)
		want = words{"it is a whole number", "它是整数"}
	}
	if err != nil {
		return span{}, 0, p.fail(t, incomparable(f.Name, t, err), want)
	}
	return span{n, n}, 0, nil
}

// rate reads bytes or bits per second.
func rate(text string) (uint64, error) {
	text = strings.TrimSuffix(text, "/s")
	if n, err := measure(text, byteUnits(), 1); !errors.Is(err, errUnit) {
		return n, err
	}
	n, err := measure(text, bitUnits(), 0)
	return n / 8, err
}

// word reads a word of an enum, or yes and no.
func (p *parser) word(f *socket.Field, t token) (uint64, error) {
	if f.Type == socket.TypeBool {
		switch strings.ToLower(t.text) {
		case "yes", "true", "1", "on":
			return 1, nil
		case "no", "false", "0", "off":
			return 0, nil
		}
		return 0, p.fail(t, words{f.Name + " is yes or no, not " + quote(t.text), f.Name + " 只能是 yes 或 no，不能是 " + quote(t.text)}, words{"write " + f.Name + " or not " + f.Name, "写 " + f.Name + " 或 not " + f.Name})
	}
	word := t.text
	if f.ID == socket.FieldFamily {
		word = familyWord(word)
	}
	if s, ok := tcp.ParseBytes([]byte(word)); ok && f.ID == socket.FieldFromState {
		word = s.Reported().String()
	}
	if n, ok := f.Number(word); ok {
		return n, nil
	}
	known := nonEmpty(f.Words)
	hint := words{"it is one of: " + strings.Join(known, ", "), "可取的值：" + strings.Join(known, "、")}
	if near := nearestOf(word, f.Words); near != "" {
		hint = didYouMean(near)
	}
	return 0, p.fail(t, words{f.Name + " is never " + quote(t.text), f.Name + " 不会是 " + quote(t.text)}, hint)
}

func familyWord(word string) string {
	switch strings.ToLower(word) {
	case "inet", "4", "v4", "inet4":
		return "ipv4"
	case "inet6", "6", "v6":
		return "ipv6"
	default:
		return word
	}
}

func nonEmpty(words []string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// masks reads VALUE or VALUE/MASK.
func (p *parser) masks(f *socket.Field, list []token, op operator) (node, error) {
	var all node
	for _, t := range list {
		value, mask, slash := strings.Cut(t.text, "/")
		v, err := integer(value, 32)
		m := uint64(1<<32 - 1)
		if err == nil && slash {
			m, err = integer(mask, 32)
		}
		if err != nil {
			return nil, p.fail(t, incomparable(f.Name, t, err), words{"a mark is a number, with a mask if need be: 0x1/0x3", "标记是数字，需要时带掩码：0x1/0x3"})
		}
		n := &maskNode{field: f, value: uint32(v), mask: uint32(m), negate: op == opNotEqual}
		if all == nil {
			all = n
		} else {
			all = or(all, n)
		}
	}
	return all, nil
}
