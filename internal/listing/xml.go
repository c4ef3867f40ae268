// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file reads counts by state in XML, where one element has both: in
// attributes, or as its name and what is in it; and elements for the state and the
// count of one thing. Other XML is named for what it is.

// lookAtElements puts the elements of a line on lines of their own.
func (rd *Reader) lookAtElements(line []byte) bool {
	b := bytes.TrimSpace(line)
	if rd.rest != nil || len(b) < 4 || b[0] != '<' || b[1] == '!' || !bytes.Contains(b, []byte("><")) || ofPage(b) || sign(b) != signXML && sign(b) != signNone {
		return false
	}
	out, several := make([]byte, 0, len(b)+16), false
	for i, c := range b {
		out = append(out, c)
		if next := skipSpace(b, i+1); c == '>' && next < len(b) && b[next] == '<' {
			out, several = append(out, '\r'), true
		}
	}
	if !several {
		return false
	}
	rd.rest = out
	rd.line.class = blank
	return true
}

// lookAtTag takes a tag that stands alone: what closes, and what says that XML
// begins or that another thing of a list does, tells nothing of a number.
func (rd *Reader) lookAtTag() bool {
	l := &rd.line
	b := bytes.TrimSpace(l.line)
	if len(b) < 3 || b[0] != '<' || b[len(b)-1] != '>' || bytes.Count(b, []byte("<")) != 1 || mentioned(b) {
		return false
	}
	name, _ := nextWord(bytes.Trim(b, "</>"))
	switch {
	case b[1] == '?':
	case b[1] == '/':
		if _, other := foreignWord(name); other {
			rd.ctx.titled = blank
		}
		rd.ctx.item.ends()
	case isThing(name) && !hasDigit(b):
		rd.ctx.item.ends()
	default:
		return false
	}
	l.class, l.known = text, true
	return true
}

// isThing reports whether an element is called what things of lists are, and lists
// themselves.
func isThing(name []byte) bool {
	switch string(bytes.ToLower(name)) {
	case "row", "rows", "record", "records", "item", "items", "entry", "entries", "element", "elements", "list", "table", "data", "dataset", "root", "result", "results", "resultset", "object", "objects", "xml", "document", "report", "output", "prtg":
		return true
	default:
		return false
	}
}

// isSetting reports whether an element is called what settings are, whose names can be
// those of states.
func isSetting(name []byte) bool {
	switch string(bytes.ToLower(name)) {
	case "property", "param", "parameter", "setting", "option", "env", "variable", "constant", "define", "arg", "argument", "preference", "config", "testcase":
		return true
	default:
		return false
	}
}

// lookAtLeaf reads an element that has one value of a thing: <state>LISTEN</state>,
// <count>5</count>.
func (rd *Reader) lookAtLeaf(line []byte) bool {
	b := bytes.TrimSpace(line)
	end := bytes.IndexByte(b, '>')
	if len(b) < 4 || b[0] != '<' || end < 2 || bytes.IndexByte(b[:end], ' ') >= 0 {
		return false
	}
	name := b[1:end]
	value, ok := bytes.CutSuffix(b[end+1:], append(append([]byte("</"), name...), '>'))
	if !ok || bytes.IndexByte(value, '<') >= 0 {
		return false
	}
	if !holdsNames(name) && measured(value) {
		rd.line.broke(StateCounts, problem.LineUnclear)
		return true
	}
	if c := countColumn(name); c == columnOther && !isKnown(name) && !isName(name) {
		if !holdsNames(name) && !isTimeKey(string(name)) {
			return false
		}
		rd.clock(value, false)
		rd.line.class, rd.line.known = text, true
		return true
	}
	return rd.again(append(append(append(rd.scratch[:0], name...), " : "...), bytes.TrimSpace(value)...))
}

// lookAtElement reads <state name="LISTEN" count="5"/> and <LISTEN>5</LISTEN>.
func (rd *Reader) lookAtElement(line []byte) bool {
	b := bytes.TrimSpace(line)
	if len(b) < 4 || b[0] != '<' || !isLetter(b[1]) || b[len(b)-1] != '>' {
		return false
	}
	end := bytes.IndexByte(b, '>')
	tag, inner := bytes.TrimRight(b[1:end], "/"), b[end+1:]
	name, rest := nextWord(tag)
	if len(inner) > 0 {
		i := bytes.IndexByte(inner, '<')
		if i < 0 || !bytes.Equal(bytes.TrimSpace(inner[i:]), append(append([]byte("</"), name...), '>')) {
			return false
		}
		inner = bytes.TrimSpace(inner[:i])
	}
	state, number := name, inner
	numbers, foreign, measure := 0, []byte(nil), measured(name) || isSetting(name)
	eachAttribute(rest, func(key, value []byte) {
		if _, other := foreignCell(value); other && countColumn(key) == columnProtocol || isForeignWord(value) && !holdsNames(key) {
			foreign = value
			rd.attributes.add(string(key), string(value), true)
			return
		}
		_, isState := stateWord(value)
		measure = measure || !isState && !holdsNames(key) && measured(value)
		switch c := countColumn(key); {
		case isState && (c == columnState || isName(key) || isLabel(string(key)) || c == columnOther && !isKnown(key)):
			state = value
		case !isNumber(value):
			rd.attributes.add(string(key), string(value), false)
		default:
			if numbers++; c == columnCount {
				number = value
			}
		}
	})
	if _, ok := loosely(state); !ok || !isNumber(number) || numbers > 1 || numbers == 1 && len(inner) > 0 {
		return false
	}
	if foreign != nil {
		state = []byte("udp") // or another: it is none of TCP
	}
	if !rd.again(append(append(append(rd.scratch[:0], state...), ' '), number...)) {
		return false
	}
	if measure && rd.line.class == count {
		rd.line.broke(StateCounts, problem.LineUnclear)
	}
	rd.line.itemized = true // its state is there once, whatever its tags say
	return true
}

// measured reports whether a value beside a number says that it is a share, a size, a
// bound or a statistic: percent, kB, upper limit.
func measured(value []byte) bool {
	return says(value, func(w []byte) bool { return saysWhat(bytes.Trim(w, ".,:;()[]")) })
}

func isForeignWord(w []byte) bool {
	_, ok := foreignWord(w)
	return ok
}

// eachAttribute calls do with the attributes of an element.
func eachAttribute(b []byte, do func(key, value []byte)) {
	for {
		key, after, ok := bytes.Cut(b, []byte("="))
		if !ok || len(after) < 2 || after[0] != '"' && after[0] != '\'' {
			return
		}
		end := bytes.IndexByte(after[1:], after[0])
		if end < 0 {
			return
		}
		do(bytes.TrimSpace(key), after[1:1+end])
		b = after[end+2:]
	}
}

// numbersElement reports whether a line is an element of XML with a number, whose
// name or whose attribute may be a state that is spoiled.
func numbersElement(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) < 4 || b[0] != '<' || b[1] == '/' || b[1] == '!' || b[len(b)-1] != '>' || ofPage(b) {
		return false
	}
	return hasDigit(b) && (bytes.Contains(b, []byte("</")) || bytes.IndexByte(b, '=') > 0)
}

// isElement reports whether a line is XML that may be of sockets, and no tag of a
// page.
func isElement(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) < 4 || b[0] != '<' || !isLetter(b[1]) || b[len(b)-1] != '>' || !mentioned(b) {
		return false
	}
	return !ofPage(b)
}

// ofPage reports whether the tag that b begins with is one of a page.
func ofPage(b []byte) bool {
	end := bytes.IndexAny(b, " />")
	if end < 1 {
		return false
	}
	switch string(bytes.ToLower(b[1:end])) {
	case "td", "tr", "th", "table", "tbody", "pre", "code", "p", "br", "b", "i", "em", "strong", "span", "div", "li", "ul", "ol", "tt", "font", "a", "h1", "h2", "h3", "h4", "body", "html", "mark", "del", "ins", "samp", "kbd":
		return true
	default:
		return false
	}
}
