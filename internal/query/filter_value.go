// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// values reads what a field is compared with and checks the types.
func (p *parser) values(f *socket.Field, name token, op operator) (node, error) {
	list, op, err := p.valueTokens(f, name, op)
	if err != nil {
		return nil, err
	}
	switch {
	case op == opMatch || op == opNotMatch:
		return p.match(f, list[0], op)
	case f.ID == socket.FieldDevice || f.ID == socket.FieldCgroup:
		return p.resolved(f, list, op)
	case f.Type == socket.TypeState:
		return p.stateSet(list, op)
	case f.Type == socket.TypeAddress || f.Type == socket.TypeEndpoint:
		return p.hosts(f, list, op)
	case f.Type == socket.TypeMask:
		return p.masks(f, list, op)
	case f.Type == socket.TypeString:
		return p.texts(f, list, op)
	default:
		return p.numbers(f, list, op)
	}
}

// valueTokens reads one value, several with commas, or a list in parentheses.
// Several values turn = into in, and != into not in.
func (p *parser) valueTokens(f *socket.Field, name token, op operator) ([]token, operator, error) {
	if p.peek().kind == tokenOpen && (op == opIn || op == opEqual) {
		list, err := p.parenthesized(f)
		return list, opIn, err
	}
	t := p.take()
	if !t.value() {
		return nil, 0, p.fail(t, words{"after " + name.text + " " + op.String() + " a value is missing", name.text + " " + op.String() + " 后面缺少值"}, forExample(example(f)))
	}
	list := []token{t}
	for p.peek().kind == tokenComma {
		if op != opEqual && op != opIn {
			return nil, 0, p.fail(p.peek(), words{op.String() + " takes one value", op.String() + " 只能带一个值"}, words{"use " + f.Name + " in (...) or " + f.Name + " not in (...)", "用 " + f.Name + " in (...) 或 " + f.Name + " not in (...)"})
		}
		p.take()
		t := p.take()
		if !t.value() {
			return nil, 0, p.fail(t, words{"after the comma a value is missing", "逗号后面缺少值"}, words{})
		}
		list = append(list, t)
	}
	if len(list) > 1 {
		op = opIn
	}
	return list, op, nil
}

func (p *parser) parenthesized(f *socket.Field) ([]token, error) {
	open := p.take()
	var list []token
	for {
		switch t := p.take(); {
		case t.value():
			list = append(list, t)
		case t.kind == tokenClose && len(list) == 0:
			return nil, p.fail(t, words{"the list is empty", "列表是空的"}, forExample(example(f)))
		case t.kind == tokenEnd:
			return nil, p.fail(open, words{"this parenthesis is not closed", "这个括号没有闭合"}, words{"add ) after the last value", "在最后一个值后面加 )"})
		default:
			return nil, p.fail(t, words{"a value is missing before " + t.text, t.text + " 前面缺少值"}, words{"a list is written " + f.Name + " in (a, b)", "列表写作 " + f.Name + " in (a, b)"})
		}
		switch p.peek().kind {
		case tokenComma:
			p.take()
		case tokenClose:
			p.take()
			return list, nil
		default: // a blank separates values like a comma
		}
	}
}

// absent reports whether the token is the word for no value.
func absent(t token) bool { return t.kind == tokenWord && strings.EqualFold(t.text, socket.AbsentText) }

func (p *parser) stateSet(list []token, op operator) (node, error) {
	var set, named tcp.StateSet
	for _, t := range list {
		more, err := p.state(t)
		if err != nil {
			return nil, err
		}
		set, named = set|more, named|single(more)
	}
	if op == opNotEqual {
		set, named = tcp.AllStates&^set, 0
	}
	return statesNode{set, named}, nil
}

func (p *parser) match(f *socket.Field, t token, op operator) (node, error) {
	re, err := p.options.Patterns.compile(t.text)
	if err != nil {
		return nil, p.fail(t, badPattern(err), words{"quote it: " + f.Name + ` ~ "^nginx"`, "加上引号：" + f.Name + ` ~ "^nginx"`})
	}
	return &matchNode{field: f, re: re, negate: op == opNotMatch}, nil
}

func (p *parser) texts(f *socket.Field, list []token, op operator) (node, error) {
	n := &textNode{field: f, negate: op == opNotEqual}
	for _, t := range list {
		if absent(t) {
			n.none = true
			continue
		}
		n.words = append(n.words, t.text)
	}
	return n, nil
}

// resolved reads a device or a cgroup, which the kernel knows by number and people by
// name. If Options can resolve the name, the number is compared: that needs no
// look-up per socket, and the kernel can decide it.
func (p *parser) resolved(f *socket.Field, list []token, op operator) (node, error) {
	var spans []span
	for i, t := range list {
		n, ok := p.resolve(f, t)
		if !ok {
			break
		}
		spans = append(spans, span{n, n})
		if i == len(list)-1 {
			return newNumberNode(numbered(f), op, spans, false), nil
		}
	}
	if f.ID == socket.FieldDevice && p.options.Device != nil && !absent(list[len(spans)]) {
		return nil, p.fail(list[len(spans)], words{"there is no network device " + list[len(spans)].text, "没有网络设备 " + list[len(spans)].text}, words{"ip link lists them", "用 ip link 列出"})
	}
	if f.ID == socket.FieldCgroup {
		list = cgroupPaths(list)
	}
	return p.texts(f, list, op)
}

// numbered returns the field with the number that belongs to a name.
func numbered(f *socket.Field) *socket.Field {
	if f.ID == socket.FieldDevice {
		return socket.FieldIfindex.Field()
	}
	return socket.FieldCgroupID.Field()
}

func (p *parser) resolve(f *socket.Field, t token) (uint64, bool) {
	switch {
	case f.ID == socket.FieldCgroup && p.options.Cgroup != nil && !absent(t):
		return p.options.Cgroup(t.text)
	case f.ID == socket.FieldDevice && p.options.Device != nil:
		if index, ok := p.options.Device(t.text); ok {
			return uint64(index), true
		}
	}
	if f.ID == socket.FieldDevice && t.kind == tokenWord { // ss accepts the index as well
		n, err := integer(t.text, 32)
		return n, err == nil
	}
	return 0, false
}

// cgroupPaths removes the mount point, which ss requires and rows do not have.
func cgroupPaths(list []token) []token {
	out := make([]token, len(list))
	for i, t := range list {
		if !absent(t) {
			t.text = belowMount(t.text)
		}
		out[i] = t
	}
	return out
}

// belowMount removes every mount point, so that applying it again changes nothing.
func belowMount(path string) string {
	path = "/" + strings.TrimLeft(path, "/")
	for _, mount := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		if rest, ok := strings.CutPrefix(path, mount); ok && (rest == "" || rest[0] == '/') {
			return belowMount(rest)
		}
	}
	return path
}
