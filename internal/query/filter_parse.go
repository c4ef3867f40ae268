// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Parse reads a filter: ss's grammar (iproute2 misc/ssfilter.y, misc/ss.c) and,
// the same way, every field of the table. Errors are [*problem.SyntaxError]s.
//
// Like ss, and unlike its manual, and and or have the same rank and are read
// from left to right; conditions side by side are joined by and; not binds the
// one condition that follows; states at the beginning, without and or or behind
// them, limit all that follows. A filter that mixes and with or without
// parentheses gets a note.
//
// Where ss itself is wrong the filter means what it says: conditions on IPv4
// addresses under not do not lose IPv6 sockets, "inet:" limits the condition
// and not the whole filter, and not autobound is the opposite of autobound.
func Parse(src string, o Options) (*Filter, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	if o.Patterns == nil {
		o.Patterns = &PatternBudget{}
	}
	p := &parser{src: oneLine(src), tokens: tokens, options: o}
	if p.peek().kind == tokenEnd {
		return &Filter{}, nil
	}
	root, err := p.list(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd { // only a stray parenthesis ends a list early
		return nil, p.fail(t, words{"this parenthesis closes nothing", "这个右括号没有对应的左括号"}, words{})
	}
	if height(root) > maxDepth {
		return nil, p.fail(token{end: len(p.src)}, tooDeep(), words{"and and or alternate too often", "and 和 or 交替得太多"})
	}
	f := &Filter{root: root, notes: p.notes}
	if len(f.String()) > maxFilter { // otherwise the filter's own text would be too long to read
		return nil, p.fail(token{end: len(p.src)}, words{"the filter is too long when it is written out", "过滤条件展开后太长"}, words{})
	}
	return f, nil
}

// height returns how deeply a filter nests when it is written as text.
func height(n node) int {
	deepest := 0
	switch n := n.(type) {
	case andNode:
		for _, x := range n {
			deepest = max(deepest, height(x))
		}
	case orNode:
		for _, x := range n {
			deepest = max(deepest, height(x))
		}
	case notNode:
		deepest = height(n.x)
	}
	return deepest + 1
}

// maxDepth bounds the nesting of parentheses and nots, because each level is a nested
// call.
const maxDepth = 200

type parser struct {
	src     string
	tokens  []token
	at      int
	options Options
	notes   []Note
}

func (p *parser) peek() token { return p.tokens[p.at] }

// after returns the token after the next one.
func (p *parser) after() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) fail(t token, msg, hint words) error {
	return &problem.SyntaxError{Src: p.src, Start: t.start, End: t.end, Msg: msg.en, Hint: hint.en, Zh: msg.zh, HintZh: hint.zh}
}

func (p *parser) note(en, zh string) {
	n := Note{En: en, Zh: zh}
	if slices.Contains(p.notes, n) {
		return
	}
	p.notes = append(p.notes, n)
}

// list reads conditions up to the end or a closing parenthesis.
func (p *parser) list(depth int) (node, error) {
	if depth > maxDepth {
		return nil, p.fail(p.peek(), tooDeep(), words{})
	}
	leading := p.leadsWithStates()
	left, err := p.operand(depth)
	if err != nil {
		return nil, err
	}
	if leading && startsCondition(p.peek()) {
		return p.within(left, depth)
	}
	var ands, ors bool
	for {
		join := and
		switch p.peek().kind {
		case tokenEnd, tokenClose:
			if ands && ors {
				read := string(left.append(nil))
				p.note("and and or are read from left to right, as ss does: "+read, "与 ss 一样，and 和 or 从左到右读取："+read)
			}
			return left, nil
		case tokenOr:
			join, ors = or, true
			p.take()
		case tokenAnd:
			ands = true
			p.take()
		default:
			ands = true
		}
		right, err := p.operand(depth)
		if err != nil {
			return nil, err
		}
		left = join(left, right)
	}
}

// leadsWithStates reports whether "state X" or "exclude X" comes next.
func (p *parser) leadsWithStates() bool {
	t := p.peek()
	return t.kind == tokenWord && stateClause(strings.ToLower(t.text)) && !p.comparesNext()
}

// startsCondition reports whether a condition comes next, and not a joining word.
func startsCondition(t token) bool {
	return t.kind == tokenWord || t.kind == tokenNot || t.kind == tokenOpen
}

// within reads the rest of a list that began with states. In ss these states do not
// belong to the expression but limit all of it, even after an or.
func (p *parser) within(states node, depth int) (node, error) {
	rest, err := p.list(depth)
	if err != nil {
		return nil, err
	}
	all := and(states, rest)
	if _, either := rest.(orNode); either {
		read := string(all.append(nil))
		p.note("states at the beginning limit all that follows, as in ss: "+read, "与 ss 一样，开头的状态限制其后的全部条件："+read)
	}
	return all, nil
}

// operand reads one condition with its nots and parentheses.
func (p *parser) operand(depth int) (node, error) {
	switch t := p.peek(); t.kind {
	case tokenNot:
		if depth >= maxDepth {
			return nil, p.fail(t, tooDeep(), words{})
		}
		p.take()
		x, err := p.operand(depth + 1)
		if err != nil {
			return nil, err
		}
		return notNode{x}, nil
	case tokenOpen:
		return p.parenthesis(depth)
	case tokenWord:
		return p.predicate()
	case tokenEnd:
		return nil, p.fail(t, words{"a condition is missing at the end", "末尾缺少条件"}, forExample("state established"))
	case tokenClose:
		return nil, p.fail(t, words{"a condition is missing before the parenthesis", "括号前缺少条件"}, words{})
	default:
		return nil, p.fail(t, words{"a condition cannot start with " + t.text, "条件不能以 " + t.text + " 开头"}, words{"start with a field: sport = :443", "以字段开头：sport = :443"})
	}
}

func (p *parser) parenthesis(depth int) (node, error) {
	open := p.take()
	x, err := p.list(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenClose {
		return nil, p.fail(open, words{"this parenthesis is not closed", "这个括号没有闭合"}, words{"add ) at the end", "在末尾加 )"})
	}
	p.take()
	return x, nil
}

// predicate reads one condition that starts with a word.
func (p *parser) predicate() (node, error) {
	t := p.peek()
	if p.leadsWithStates() {
		return p.states()
	}
	f, isField := socket.Lookup(t.text)
	if isField && p.comparesNext() {
		p.take()
		return p.compare(f, t)
	}
	if isField && f.Type == socket.TypeBool {
		p.take()
		return p.truth(f, true), nil
	}
	if isField && ssBare(f) && p.after().value() {
		p.take()
		return p.values(f, t, opEqual)
	}
	if set, ok := stateOf(t.text); ok {
		p.take()
		return statesNode{set, single(set)}, nil
	}
	if isField {
		p.take()
		return nil, p.fail(p.peek(), words{"after " + t.text + " an operator is missing", t.text + " 后面缺少运算符"}, forExample(example(f)))
	}
	return nil, p.unknownField(t)
}

func stateClause(word string) bool { return word == "state" || word == "exclude" || word == "excl" }

// ssBare reports whether ss allows the field without an operator.
func ssBare(f *socket.Field) bool {
	switch f.ID {
	case socket.FieldLocal, socket.FieldRemote, socket.FieldLocalPort, socket.FieldRemotePort,
		socket.FieldDevice, socket.FieldMark, socket.FieldCgroup:
		return true
	default:
		return false
	}
}

// stateOf reads a state or group of states without the word state. Hex numbers as in
// /proc/net/tcp are not accepted here: alone they are ambiguous.
func stateOf(word string) (tcp.StateSet, bool) {
	if word == "" || word[0] <= '9' {
		return 0, false
	}
	set, err := tcp.ParseSet(word)
	return set, err == nil
}

// states reads a run of "state X" and "exclude X", which ss adds up: state
// takes states in, exclude takes them out, and an exclude that comes first
// starts from all.
func (p *parser) states() (node, error) {
	var set, named tcp.StateSet
	for first := true; ; first = false {
		if !first && !p.leadsWithStates() {
			return statesNode{set, named & set}, nil
		}
		word := p.take()
		add := strings.EqualFold(word.text, "state")
		if first && !add {
			set = tcp.AllStates
		}
		more, called, err := p.stateNames(word)
		if err != nil {
			return nil, err
		}
		if add {
			set, named = set|more, named|called
		} else {
			set &^= more
		}
	}
}

// stateNames reads one state, or several separated by commas. named are those that
// are written individually, not through a group.
func (p *parser) stateNames(word token) (set, named tcp.StateSet, err error) {
	for {
		t := p.take()
		if !t.value() {
			return 0, 0, p.fail(t, words{"after " + word.text + " a state is missing", word.text + " 后面缺少状态"}, forExample(word.text+" time-wait"))
		}
		more, err := p.state(t)
		if err != nil {
			return 0, 0, err
		}
		set, named = set|more, named|single(more)
		if p.peek().kind != tokenComma {
			return set, named, nil
		}
		p.take()
	}
}

// single returns the set if it has one state, else the empty set.
func single(set tcp.StateSet) tcp.StateSet {
	if set.Len() == 1 {
		return set
	}
	return 0
}

func (p *parser) state(t token) (tcp.StateSet, error) {
	set, err := tcp.ParseSet(t.text)
	if err == nil {
		return set, nil
	}
	const all = "established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, close, close-wait, last-ack, listening, closing, bound"
	hint := words{"states: " + all, "状态：" + strings.ReplaceAll(all, ", ", "、")}
	if near := tcp.Suggest(t.text); near != "" {
		hint = didYouMean(near)
	}
	return 0, p.fail(t, unknownState(t.text), hint)
}

// comparesNext reports whether the token after the next one is a comparison.
func (p *parser) comparesNext() bool {
	t := p.after()
	if t.kind == tokenNot { // field not in (...)
		third := p.tokens[min(p.at+2, len(p.tokens)-1)]
		return t.text != "!" && third.kind == tokenWord && strings.EqualFold(third.text, "in")
	}
	_, ok := operatorOf(t)
	return ok
}

// operatorOf reads an operator in symbols or in ss's words.
func operatorOf(t token) (operator, bool) {
	if t.kind != tokenCompare && t.kind != tokenWord {
		return 0, false
	}
	switch strings.ToLower(t.text) {
	case "=", "==", "eq":
		return opEqual, true
	case "!=", "<>", "ne", "neq":
		return opNotEqual, true
	case "<", "lt":
		return opLess, true
	case "<=", "le", "leq":
		return opLessEqual, true
	case ">", "gt":
		return opGreater, true
	case ">=", "ge", "geq":
		return opGreaterEqual, true
	case "in":
		return opIn, true
	case "~":
		return opMatch, true
	case "!~":
		return opNotMatch, true
	default:
		return 0, false
	}
}

// compare reads the operator and what follows it.
func (p *parser) compare(f *socket.Field, name token) (node, error) {
	t := p.take()
	if t.kind == tokenNot {
		p.take() // the word in
		x, err := p.values(f, name, opIn)
		if err != nil {
			return nil, err
		}
		return notNode{x}, nil
	}
	op, _ := operatorOf(t)
	if ok, hint := suits(f, op); !ok {
		return nil, p.fail(t, words{name.text + " cannot be compared with " + t.text, name.text + " 不能用 " + t.text + " 比较"}, hint)
	}
	return p.values(f, name, op)
}

// suits reports whether the field can be compared with this operator.
func suits(f *socket.Field, op operator) (ok bool, hint words) {
	switch {
	case op == opMatch || op == opNotMatch:
		return f.Type == socket.TypeString, words{f.Type.String() + " has no text to match: use = or in", f.Type.String() + " 不是文本，不能匹配：用 = 或 in"}
	case f.Type == socket.TypeTime:
		return false, words{"a time can only be a column: --for ends a trace", "时刻只能作为列：用 --for 结束跟踪"}
	case op.ordered() && f.Type == socket.TypeMask:
		return false, words{"bits have no order: use = or !=", "位不能比较大小：用 = 或 !="}
	case op.ordered() && !f.Type.Numeric():
		return false, words{"its values have no order: use = or !=", "它的值不能比较大小：用 = 或 !="}
	default:
		return true, words{}
	}
}

// truth returns the condition that a bool field has the wanted value.
func (p *parser) truth(f *socket.Field, want bool) node {
	if f.ID == socket.FieldAutobound {
		lo, hi := p.options.Ephemeral[0], p.options.Ephemeral[1]
		n := autoboundNode{span{uint64(lo), uint64(hi)}}
		if want {
			return n
		}
		return notNode{n}
	}
	v := socket.Truth(want).Number()
	return newNumberNode(f, opEqual, []span{{v, v}}, false)
}

func (p *parser) unknownField(t token) error {
	near, isState := nearestWord(t.text)
	switch {
	case strings.HasPrefix(t.text, ":"):
		return p.fail(t, unknownField(t.text), words{"a port is compared: sport = " + t.text + " or dport = " + t.text, "端口要写成比较：sport = " + t.text + " 或 dport = " + t.text})
	case near == "":
		return p.fail(t, unknownField(t.text), words{
			"fields: state, src, dst, sport, dport, process, unit, recvq, rtt and many more: tcpvitals explain fields",
			"字段：state、src、dst、sport、dport、process、unit、recvq、rtt 等，全部见 tcpvitals explain fields",
		})
	case isState:
		return p.fail(t, unknownState(t.text), didYouMean(near))
	default:
		return p.fail(t, unknownField(t.text), didYouMean(near))
	}
}
