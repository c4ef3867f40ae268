// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file reads counts by state in XML, where one element has both: in
// attributes, or as its name and what is in it. Other XML is named for what it is.

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
	numbers := 0
	eachAttribute(rest, func(key, value []byte) {
		_, isState := stateWord(value)
		switch c := countColumn(key); {
		case isState && (c == columnState || isName(key) || isLabel(string(key)) || c == columnOther && !isKnown(key)):
			state = value
		case isNumber(value):
			if numbers++; c == columnCount {
				number = value
			}
		}
	})
	if _, ok := loosely(state); !ok || !isNumber(number) || numbers > 1 || numbers == 1 && len(inner) > 0 {
		return false
	}
	if !rd.again(append(append(append(rd.scratch[:0], state...), ' '), number...)) {
		return false
	}
	rd.line.itemized = true // its state is there once, whatever its tags say
	return true
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
	switch string(bytes.ToLower(b[1:end])) {
	case "td", "tr", "th", "table", "tbody", "pre", "code", "p", "br", "b", "i", "em", "strong", "span", "div", "li", "ul", "ol", "tt", "font", "a", "h1", "h2", "h3", "h4", "body", "html", "mark", "del", "ins", "samp", "kbd":
		return true
	default:
		return false
	}
}
