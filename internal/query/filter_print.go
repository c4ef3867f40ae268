// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// appendList appends "in ( a, b )".
func appendList(b []byte, texts []string) []byte {
	b = append(b, "in ( "...)
	b = append(b, strings.Join(texts, ", ")...)
	return append(b, " )"...)
}

func (n statesNode) append(b []byte) []byte {
	if word := stateWord(n.set); word != "" {
		return append(append(b, "state "...), word...)
	}
	if n.set == 0 {
		return append(b, "not state all"...)
	}
	if rest := tcp.AllStates &^ n.set; rest.Len() < n.set.Len() {
		return appendStates(b, "exclude ", rest)
	}
	return appendStates(b, "state ", n.set)
}

// appendStates appends "state X state Y", the form in which ss takes several states.
func appendStates(b []byte, word string, set tcp.StateSet) []byte {
	for i, s := range slices.Collect(set.All()) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, word...), ssState(s)...)
	}
	return b
}

// stateWord returns ss's single word for a set of states; "" if there is none.
func stateWord(set tcp.StateSet) string {
	switch set {
	case tcp.AllStates:
		return "all"
	case tcp.Connected:
		return "connected"
	case tcp.SynchronizedSet:
		return "synchronized"
	case tcp.Bucket:
		return "bucket"
	case tcp.Big:
		return "big"
	}
	if set.Len() != 1 {
		return ""
	}
	for s := range set.All() {
		return ssState(s)
	}
	return ""
}

// ssState returns the word of ss's filters for a state (iproute2 misc/ss.c
// scan_state).
func ssState(s tcp.State) string {
	switch s {
	case tcp.Listen:
		return "listening"
	case tcp.FinWait1:
		return "fin-wait-1"
	case tcp.FinWait2:
		return "fin-wait-2"
	case tcp.Bound:
		return "bound-inactive"
	default:
		return strings.ReplaceAll(s.Metric(), "_", "-")
	}
}

func (n *numberNode) append(b []byte) []byte {
	if n.field.Type == socket.TypeBool && !n.none && len(n.vals) == 1 {
		return n.appendBool(b)
	}
	b = append(append(b, n.name()...), ' ')
	texts := make([]string, 0, len(n.vals)+1)
	for _, v := range n.vals {
		texts = append(texts, numberText(n.field, v))
	}
	if n.none {
		texts = append(texts, socket.AbsentText)
	}
	if n.op == opIn {
		return appendList(b, texts)
	}
	return append(append(append(b, n.op.String()...), ' '), texts[0]...)
}

// name returns the field's name in ss; if ss has none, the field's own.
func (n *numberNode) name() string {
	if n.field.ID == socket.FieldIfindex && (n.op == opEqual || n.op == opNotEqual) && !n.none {
		return "dev"
	}
	return n.field.Name
}

func (n *numberNode) appendBool(b []byte) []byte {
	b = append(b, n.field.Name...)
	if n.vals[0].lo != 0 && n.op == opEqual {
		return b
	}
	return n.field.Append(append(append(append(b, ' '), n.op.String()...), ' '), socket.Num(n.vals[0].lo))
}

// numberText prints a value without loss.
func numberText(f *socket.Field, v span) string {
	switch f.Type {
	case socket.TypePort:
		return portText(v)
	case socket.TypeDuration:
		return scaled(v.lo, durationUnits())
	case socket.TypeBytes, socket.TypeRate:
		return scaled(v.lo, binaryUnits())
	case socket.TypeEnum, socket.TypeBool:
		return string(f.Append(nil, socket.Num(v.lo)))
	default:
		return strconv.FormatUint(v.lo, 10)
	}
}

func portText(v span) string {
	lo := ":" + strconv.FormatUint(v.lo, 10)
	switch {
	case v.lo == v.hi:
		return lo
	case v == span{0, 65535}:
		return "*"
	default:
		return lo + "-" + strconv.FormatUint(v.hi, 10)
	}
}

// scaled prints n in the largest unit that divides it. Units are ordered from large
// to small and end with the base unit.
func scaled(n uint64, units []unit) string {
	for _, u := range units {
		if n != 0 && n%u.size == 0 {
			return strconv.FormatUint(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatUint(n, 10)
}

func (n *maskNode) append(b []byte) []byte {
	op := opEqual
	if n.negate {
		op = opNotEqual
	}
	b = append(append(append(b, "fwmark "...), op.String()...), " 0x"...)
	b = strconv.AppendUint(b, uint64(n.value), 16)
	if n.mask == ^uint32(0) {
		return b
	}
	return strconv.AppendUint(append(b, "/0x"...), uint64(n.mask), 16)
}

func (n *textNode) append(b []byte) []byte {
	b = append(append(b, n.field.Name...), ' ')
	texts := make([]string, 0, len(n.words)+1)
	for _, w := range n.words {
		texts = append(texts, quote(w))
	}
	if n.none {
		texts = append(texts, socket.AbsentText)
	}
	switch {
	case len(texts) > 1:
		return appendList(b, texts)
	case n.negate:
		b = append(b, "!= "...)
	default:
		b = append(b, "= "...)
	}
	return append(b, texts[0]...)
}

func (n *matchNode) append(b []byte) []byte {
	op := opMatch
	if n.negate {
		op = opNotMatch
	}
	b = append(append(append(append(b, n.field.Name...), ' '), op.String()...), ' ')
	return strconv.AppendQuote(b, n.re.String())
}

func (n *fieldsNode) append(b []byte) []byte {
	b = append(append(append(append(b, n.left.Name...), ' '), n.op.String()...), ' ')
	return append(b, n.right.Name...)
}

func (n autoboundNode) append(b []byte) []byte { return append(b, "autobound"...) }
