// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// UnknownText is shown in tables for an unknown value. In JSON such a value is null.
const UnknownText = "unknown"

// defaultBits6 is the IPv6 prefix length used with an IPv4 prefix length: the size of
// one subnet, of which one host may own every address (RFC 4291 section 2.5.1).
const defaultBits6 = 64

// A Key is a field by which sockets are grouped; addresses may be cut to a prefix.
//
// A v4-mapped address (::ffff:10.0.0.1) counts as its IPv4 address, cut or not, as in
// filters. To keep the two apart, group by family too.
type Key struct {
	Field *socket.Field
	// Cut says that addresses are cut to Bits4 and Bits6 bits.
	Cut          bool
	Bits4, Bits6 uint8
}

// Keys are the fields by which sockets are grouped.
type Keys []Key

// ParseKeys reads keys separated by commas: any field of the table, addresses with a
// prefix if wanted.
//
//	remote/24,sport   IPv4 cut to 24 bits, IPv6 to 64
//	remote/48         IPv6 cut to 48 bits, IPv4 whole: more than 32 must mean IPv6
//	remote/24/48      both as written
//
// The error is a [*problem.SyntaxError].
func ParseKeys(src string) (Keys, error) {
	var keys Keys
	err := eachWord(src, func(w word) error {
		k, err := w.key()
		if err != nil {
			return err
		}
		if slices.Contains(keys, k) {
			return w.wrong(0, len(w.text), words{fmt.Sprintf("key %s is there twice", k), fmt.Sprintf("%s 写了两次", k)}, words{})
		}
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

// Needs returns the fields that the keys look at.
func (ks Keys) Needs() socket.FieldSet {
	var set socket.FieldSet
	for _, k := range ks {
		set.Add(k.Field.ID)
	}
	return set
}

// String returns the keys as [ParseKeys] reads them.
func (ks Keys) String() string {
	var names []string
	for _, k := range ks {
		names = append(names, k.String())
	}
	return strings.Join(names, ",")
}

// String returns the key as [ParseKeys] reads it, in the shortest way.
func (k Key) String() string {
	switch {
	case !k.Cut:
		return k.Field.Name
	case k.Bits4 == 32 && k.Bits6 > 32:
		return fmt.Sprintf("%s/%d", k.Field.Name, k.Bits6)
	case k.Bits6 == defaultBits6:
		return fmt.Sprintf("%s/%d", k.Field.Name, k.Bits4)
	default:
		return fmt.Sprintf("%s/%d/%d", k.Field.Name, k.Bits4, k.Bits6)
	}
}

// Cell is the value of a group for one key, or of a socket for one field.
type Cell struct {
	Value socket.Value
	// Known is false if the value is unknown. Unknown is neither zero nor absent;
	// absent says that there is no such value.
	Known bool
}

// cell returns the socket's value for the key, cut to the prefix.
func (k *Key) cell(s *socket.Socket) Cell {
	v, ok := k.Field.Value(s)
	if ok && v.Kind() == socket.Address {
		v = socket.Addr(k.cutAddr(v.Addr()))
	}
	return Cell{v, ok}
}

func (k *Key) cutAddr(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !k.Cut {
		return a
	}
	bits := int(k.Bits6)
	if a.Is4() {
		bits = int(k.Bits4)
	}
	p, _ := a.Prefix(bits) // ParseKeys has checked the lengths
	return p.Addr()
}

// Append appends the cell as text that a filter can read; a cut address becomes a
// prefix.
func (k *Key) Append(b []byte, c Cell) []byte {
	if !c.Known {
		return append(b, UnknownText...)
	}
	b = k.Field.Append(b, c.Value)
	if k.Cut && c.Value.Kind() == socket.Address {
		b = strconv.AppendInt(append(b, '/'), int64(k.bits(c.Value.Addr())), 10)
	}
	return b
}

func (k *Key) bits(a netip.Addr) uint8 {
	if a.Is4() {
		return k.Bits4
	}
	return k.Bits6
}

// JSON returns the cell as a JSON value: a number, a bool or a string, or nil if
// unknown. ok is false for an absent value, whose key the caller leaves out.
func (k *Key) JSON(c Cell) (v any, ok bool) {
	if !c.Known {
		return nil, true
	}
	switch {
	case c.Value.Kind() == socket.Absent:
		return nil, false
	case c.Value.Kind() == socket.Number && k.Field.Type == socket.TypeBool:
		return c.Value.Bool(), true
	case c.Value.Kind() == socket.Number && k.Field.Type.Numeric():
		return c.Value.Number(), true
	case c.Value.Kind() == socket.String:
		return c.Value.Text(), true
	default:
		return string(k.Append(nil, c)), true
	}
}

// ParseSums reads the names of fields to be added up, separated by commas.
// The error is a [*problem.SyntaxError]; the empty text is no sums.
func ParseSums(src string) ([]*socket.Field, error) {
	if strings.TrimSpace(src) == "" {
		return nil, nil
	}
	var fields []*socket.Field
	err := eachWord(src, func(w word) error {
		f, err := w.field(w.text)
		if err != nil {
			return err
		}
		if !f.Type.Summable() {
			return w.wrong(0, len(w.text), words{
				fmt.Sprintf("%s cannot be added up: it is of type %s", f.Name, f.Type), fmt.Sprintf("%s 不能求和：类型是 %s", f.Name, f.Type),
			}, words{"counts, bytes and rates can, such as recvq, sendq or retrans-total", "个数、字节、速率可以，如 recvq、sendq、retrans-total"})
		}
		if slices.Contains(fields, f) {
			return w.wrong(0, len(w.text), words{f.Name + " is there twice", f.Name + " 写了两次"}, words{})
		}
		fields = append(fields, f)
		return nil
	})
	return fields, err
}

// A word is one name of a list, with its position.
type word struct {
	src   string
	start int
	text  string
}

// eachWord splits a list at its commas.
func eachWord(src string, each func(word) error) error {
	start := 0
	for part := range strings.SplitSeq(src, ",") {
		lead := len(part) - len(strings.TrimLeft(part, " \t"))
		w := word{src, start + lead, strings.TrimSpace(part)}
		if w.text == "" {
			return w.wrong(0, 0, words{"a field is missing here", "这里缺少字段"}, words{"write fields separated by commas, such as remote/24,sport", "用逗号分隔字段，如 remote/24,sport"})
		}
		if err := each(w); err != nil {
			return err
		}
		start += len(part) + 1
	}
	return nil
}

// wrong makes an error about a part of the word.
func (w word) wrong(from, to int, msg, hint words) error {
	return &problem.SyntaxError{Src: oneLine(w.src), Start: w.start + from, End: w.start + to, Msg: msg.en, Hint: hint.en, Zh: msg.zh, HintZh: hint.zh}
}

// field looks up the field whose name begins the word.
func (w word) field(name string) (*socket.Field, error) {
	if f, ok := socket.Lookup(name); ok {
		return f, nil
	}
	hint := words{"the fields are " + fieldList(", "), "字段有 " + fieldList("、")}
	if near, isState := nearestWord(name); near != "" && !isState {
		hint = didYouMean(near)
	} else if _, err := tcp.Parse(name); err == nil {
		state := strings.ToLower(name)
		hint = words{"group by state, or choose one state in the filter: state " + state, "按 state 分组，或在过滤条件里选定一个状态：state " + state}
	}
	return nil, w.wrong(0, len(name), unknownField(strconv.Quote(name)), hint)
}

// fieldList lists the names of all fields, separated by between.
func fieldList(between string) string {
	var names []string
	for f := range socket.Fields() {
		names = append(names, f.Name)
	}
	return strings.Join(names, between)
}

// key reads NAME, NAME/BITS or NAME/BITS/BITS.
func (w word) key() (Key, error) {
	name, bits, cut := strings.Cut(w.text, "/")
	f, err := w.field(name)
	if err != nil || !cut {
		return Key{Field: f}, err
	}
	if !f.Prefixable() {
		return Key{}, w.wrong(len(name), len(w.text), words{
			f.Name + " has no prefix: it is of type " + f.Type.String(), f.Name + " 没有前缀：类型是 " + f.Type.String(),
		}, words{"local and remote are addresses and can be cut: remote/24", "local 和 remote 是地址，可以截断：remote/24"})
	}
	first, second, both := strings.Cut(bits, "/")
	at := len(name) + 1
	n, err := w.bits(at, first, 128)
	if err != nil {
		return Key{}, err
	}
	switch {
	case !both && n > 32:
		return Key{Field: f, Cut: true, Bits4: 32, Bits6: n}, nil
	case !both:
		return Key{Field: f, Cut: true, Bits4: n, Bits6: defaultBits6}, nil
	case n > 32:
		return Key{}, w.wrong(at, at+len(first), words{"an IPv4 prefix has at most 32 bits", "IPv4 前缀最多 32 位"}, words{"the first length is for IPv4, the second for IPv6", "第一个长度用于 IPv4，第二个用于 IPv6"})
	}
	six, err := w.bits(at+len(first)+1, second, 128)
	return Key{Field: f, Cut: true, Bits4: n, Bits6: six}, err
}

// bits reads a prefix length at an offset of the word.
func (w word) bits(at int, text string, most uint64) (uint8, error) {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n > most {
		return 0, w.wrong(at, at+len(text), words{fmt.Sprintf("%q is no prefix length", text), fmt.Sprintf("%q 不是前缀长度", text)}, words{"write a number of bits: remote/24, remote/56 or remote/24/64", "写位数：remote/24、remote/56 或 remote/24/64"})
	}
	return uint8(n), nil
}
