// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file decides whether a filter is true for all connections, by searching for
// one that it leaves out. The answer of a condition changes only at a few values. One
// value between each two neighbours stands for all between, and the search tries
// every combination of such values as one imagined connection.

// A question is something that one or more conditions ask about a connection: a
// number, a text, an address, whether an expression matches.
type question struct {
	id   socket.FieldID
	what string // the condition itself, for conditions that are only true or false
}

// A choice is one possible answer to a question.
type choice struct {
	number uint64
	text   string
	none   bool // the connection has no such value
	other  bool // a text that no condition names
	addr   netip.Addr
}

// maxThought bounds how many conditions are evaluated for one filter. A filter that
// leaves something out mostly shows it at once.
const maxThought = 1 << 20

// always reports whether the filter is true for every imaginable connection, or for
// all of one network namespace. Every connection is assumed to have a cookie and a
// process: for a user, "pid > 0" leaves nothing out. ended is false if the search
// reached maxThought.
func (f *Filter) always() (all, ended bool) {
	t := &thinking{asked: map[question][]choice{}, offered: map[offered]bool{}, now: map[question]choice{}}
	leaves(f.root, t.ask)
	var scope, rest []question
	for q := range t.asked {
		if q.id == socket.FieldNetns || q.id == socket.FieldNetnsInode {
			scope = append(scope, q)
		} else {
			rest = append(rest, q)
		}
	}
	for _, list := range [][]question{scope, rest} {
		slices.SortFunc(list, func(a, b question) int {
			return cmp.Or(cmp.Compare(len(t.asked[a]), len(t.asked[b])), cmp.Compare(a.id, b.id), cmp.Compare(a.what, b.what))
		})
	}
	// All connections of one namespace have the same answer here: it is enough that
	// one answer chooses all.
	all = t.some(scope, func() bool {
		for s := range tcp.Connected.All() {
			for _, family := range [...]socket.Family{socket.IPv4, socket.IPv6} {
				t.state, t.family = s, family
				if !t.all(rest, func() bool { return t.eval(f.root) }) {
					return false
				}
			}
		}
		return true
	})
	return all, t.spent <= maxThought
}

// thinking is the search with the connection that is being imagined.
type thinking struct {
	asked   map[question][]choice
	offered map[offered]bool
	now     map[question]choice
	state   tcp.State
	family  socket.Family
	spent   int
}

func (t *thinking) some(list []question, is func() bool) bool {
	if len(list) == 0 {
		return is()
	}
	return slices.ContainsFunc(t.asked[list[0]], func(c choice) bool {
		t.now[list[0]] = c
		return t.some(list[1:], is)
	})
}

func (t *thinking) all(list []question, is func() bool) bool {
	if len(list) == 0 {
		return is()
	}
	for _, c := range t.asked[list[0]] {
		if c.addr.IsValid() && c.addr.Is4() != (t.family == socket.IPv4) {
			continue
		}
		t.now[list[0]] = c
		if !t.all(list[1:], is) {
			return false
		}
	}
	return true
}

// offered is one choice for one question.
type offered struct {
	question
	choice
}

// offer adds choices for a question.
func (t *thinking) offer(q question, choices ...choice) {
	for _, c := range choices {
		if at := (offered{q, c}); !t.offered[at] {
			t.offered[at] = true
			t.asked[q] = append(t.asked[q], c)
		}
	}
}

// ask adds the choices between which the answer of a condition can change.
func (t *thinking) ask(n node) {
	switch n := n.(type) {
	case *numberNode:
		if n.field.ID != socket.FieldFamily {
			t.numbers(n.field, n.spans)
		}
	case *textNode:
		t.texts(n.field, n.words...)
	case *matchNode:
		t.texts(n.field)
		t.truth(n)
	case *fieldsNode:
		t.numbers(n.left, nil)
		t.numbers(n.right, nil)
		if n.left != n.right {
			t.offer(between(n), choice{number: 0}, choice{number: 1}, choice{number: 2})
		}
	case *hostNode:
		t.hosts(n)
	case *maskNode, autoboundNode:
		t.truth(n)
	}
}

func (t *thinking) truth(n node) { t.offer(truthOf(n), choice{number: 0}, choice{number: 1}) }

// truthOf returns the question whether a condition is true; its negation has the same
// question.
func truthOf(n node) question {
	switch n := n.(type) {
	case *matchNode:
		return question{n.field.ID, "~" + n.re.String()}
	case *maskNode:
		m := *n
		m.negate = false
		return question{n.field.ID, string(m.append([]byte("&")))}
	case *hostNode:
		m := *n
		m.negate, m.in = false, true
		return question{n.field.ID, string(m.append([]byte("@")))}
	default:
		return question{socket.FieldAutobound, "autobound"}
	}
}

// between returns the question how two fields compare: 0 less, 1 equal, 2 greater.
func between(n *fieldsNode) question { return question{n.left.ID, "<>" + n.right.Name} }

// lowest returns the smallest value that a field of a connection can have.
func lowest(f *socket.Field) uint64 {
	switch f.ID {
	case socket.FieldPID, socket.FieldInode, socket.FieldCookie, socket.FieldLocalPort, socket.FieldRemotePort:
		return 1
	default:
		return 0
	}
}

func (t *thinking) numbers(f *socket.Field, spans []span) {
	q := question{id: f.ID}
	least, most := lowest(f), domainOf(f)[0].hi
	if f.Type == socket.TypeBool {
		most = 1
	}
	values := []uint64{least}
	for _, s := range spans {
		values = append(values, s.lo)
		if s.hi < most {
			values = append(values, s.hi+1)
		}
	}
	if len(f.Words) > 0 {
		values = nil
		for v := range f.Words {
			values = append(values, uint64(v))
		}
	}
	for _, v := range values {
		if v >= least && v <= most && (len(f.Words) == 0 || f.Word(v) != "") {
			t.offer(q, choice{number: v})
		}
	}
	if f.Type != socket.TypeBool && !everybodyHas(f) {
		t.offer(q, choice{none: true})
	}
}

// everybodyHas reports whether every connection has this field, or is assumed to.
func everybodyHas(f *socket.Field) bool {
	switch f.ID {
	case socket.FieldRecvQ, socket.FieldSendQ, socket.FieldUID, socket.FieldNetnsInode:
		return true
	default:
		return lowest(f) > 0
	}
}

func (t *thinking) texts(f *socket.Field, words ...string) {
	q := question{id: f.ID}
	t.offer(q, choice{other: true})
	if f.ID != socket.FieldProcess && f.ID != socket.FieldNetns {
		t.offer(q, choice{none: true})
	}
	for _, w := range words {
		t.offer(q, choice{text: w})
	}
}

func (t *thinking) hosts(n *hostNode) {
	if n.field.ID == socket.FieldListener {
		t.truth(n)
		return
	}
	q := question{id: n.field.ID}
	for _, text := range [...]string{"0.0.0.0", "::", "::ffff:0.0.0.0", "::1:0:0:0"} {
		t.offer(q, choice{addr: netip.MustParseAddr(text)})
	}
	for _, h := range n.list {
		if h.port != anyPort {
			t.numbers(portOf(n.field), []span{{uint64(h.port), uint64(h.port)}})
		}
		if !h.prefix.IsValid() {
			continue
		}
		first := h.prefix.Masked().Addr()
		ends := []netip.Addr{first, behind(h.prefix)}
		if first.Is4() {
			ends = append(ends, mapped(first), mapped(ends[1]))
		}
		for _, a := range ends {
			if a.IsValid() {
				t.offer(q, choice{addr: a})
			}
		}
	}
}

// behind returns the address after the last one of a prefix; none if the prefix ends
// at the last address.
func behind(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a.Next()
}

func mapped(a netip.Addr) netip.Addr {
	if !a.IsValid() {
		return a
	}
	return netip.AddrFrom16(a.As16())
}

// eval evaluates a condition for the imagined connection.
func (t *thinking) eval(n node) bool {
	if t.spent++; t.spent > maxThought {
		return false // unknown counts as not chosen
	}
	switch n := n.(type) {
	case andNode:
		return !slices.ContainsFunc(n, func(x node) bool { return !t.eval(x) })
	case orNode:
		return slices.ContainsFunc(n, t.eval)
	case notNode:
		return !t.eval(n.x)
	case statesNode:
		return n.set.Has(t.state)
	case *numberNode:
		return t.number(n)
	case *textNode:
		return t.text(n)
	case *matchNode:
		return t.matches(n)
	case *fieldsNode:
		return t.compares(n)
	case *hostNode:
		return t.host(n)
	case *maskNode:
		if n.mask == 0 {
			return (n.value == 0) != n.negate
		}
		return (t.now[truthOf(n)].number == 1) != n.negate
	default:
		return t.now[truthOf(n)].number == 1
	}
}

func (t *thinking) number(n *numberNode) bool {
	negate := n.op == opNotEqual
	switch {
	case n.field.ID == socket.FieldFamily:
		return n.has(uint64(t.family)) != negate
	case n.field.Type != socket.TypeBool && !n.field.States.Has(t.state):
		return n.none != negate
	}
	c := t.now[question{id: n.field.ID}]
	if c.none {
		return n.none != negate
	}
	return n.has(c.number) != negate
}

func (t *thinking) text(n *textNode) bool {
	c := t.now[question{id: n.field.ID}]
	if c.none || !n.field.States.Has(t.state) {
		return n.none != n.negate
	}
	return (!c.other && slices.Contains(n.words, c.text)) != n.negate
}

func (t *thinking) matches(n *matchNode) bool {
	c := t.now[question{id: n.field.ID}]
	switch {
	case c.none || !n.field.States.Has(t.state):
		return n.negate
	case !c.other:
		return n.re.MatchString(c.text) != n.negate
	case matchesAll(n.re):
		return !n.negate
	}
	return (t.now[truthOf(n)].number == 1) != n.negate
}

// matchesAll reports whether an expression matches two names that have nothing in
// common.
func matchesAll(re *regexp.Regexp) bool {
	for _, name := range [...]string{"x", "0", "Z", "-", "_", ".", "/", " ", "é", "(", "a-b/c.d 0"} {
		if !re.MatchString(name) {
			return false
		}
	}
	return true
}

func (t *thinking) compares(n *fieldsNode) bool {
	none := t.now[question{id: n.left.ID}].none || t.now[question{id: n.right.ID}].none
	if none || !n.left.States.Has(t.state) || !n.right.States.Has(t.state) {
		return n.op == opNotEqual
	}
	c := uint64(1)
	if n.left != n.right {
		c = t.now[between(n)].number
	}
	switch n.op {
	case opEqual:
		return c == 1
	case opNotEqual:
		return c != 1
	case opLess:
		return c == 0
	case opLessEqual:
		return c <= 1
	case opGreater:
		return c == 2
	default:
		return c >= 1
	}
}

func (t *thinking) host(n *hostNode) bool {
	if n.field.ID == socket.FieldListener {
		return (t.now[truthOf(n)].number == 1) != n.negate
	}
	a := t.now[question{id: n.field.ID}].addr
	port := t.now[question{id: portOf(n.field).ID}].number
	return slices.ContainsFunc(n.list, func(h host) bool {
		return (h.port == anyPort || uint64(h.port) == port) &&
			(h.family == 0 || h.family == t.family) &&
			(!h.prefix.IsValid() || contains(h.prefix, a))
	}) != n.negate
}
