// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file reads JSON whose document cannot be read as one, because something
// stands around it or a part is missing: every member on a line of its own, as
// ConvertTo-Json and jq print them.

// readMember reads a line such as "State":  5, of an object.
func (l *line) readMember(ctx *context) bool {
	if bytes.IndexByte(l.line, '"') < 0 && l.line[len(l.line)-1] != '{' {
		return false
	}
	b := withoutPrefix(l.line)
	if string(b) == "{" {
		ctx.item.ends()
		l.known = true
		return true
	}
	name, value, ok := member(b)
	if !ok {
		return false
	}
	c, known := columnOf(name)
	if !known {
		return false
	}
	if c == columnState && isNumber(value) {
		if !ctx.item.addressed() {
			l.broke(PowerShell, problem.LineUnclear)
			return true
		}
		value = []byte(powerShellState(string(value)))
	}
	return l.readNamed(ctx, name, value, c)
}

// member cuts "name": value, of which the value is neither an object nor a list. ok is
// false when the line has more than one member.
func member(b []byte) (name, value []byte, ok bool) {
	if len(b) < 4 || b[0] != '"' {
		return nil, nil, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 1 {
		return nil, nil, false
	}
	name = b[1 : 1+end]
	value, ok = bytes.CutPrefix(bytes.TrimLeft(b[2+end:], " \t"), []byte(":"))
	value = bytes.TrimRight(bytes.TrimSpace(value), ",")
	if !ok || len(value) == 0 || value[0] == '{' || value[0] == '[' || bytes.Contains(value, []byte(`\n`)) {
		return nil, nil, false
	}
	if value[0] != '"' {
		return name, value, bytes.IndexByte(value, '"') < 0
	}
	value = bytes.TrimSuffix(value[1:], []byte(`"`))
	return name, value, bytes.IndexByte(value, '"') < 0
}

// hasMember reports whether b has the state or the address of a socket beside
// its name, as JSON, YAML, XML and lists of names and values have it.
func hasMember(b []byte) bool {
	if bytes.Contains(b, []byte(`Name="State"`)) || bytes.Contains(b, []byte(`Name="LocalAddress"`)) {
		return true
	}
	for _, key := range [...]string{"State", "state", "LocalAddress", "local_address", "RemoteAddress", "remote_address"} {
		for rest := b; ; {
			i := bytes.Index(rest, []byte(key))
			if i < 0 {
				break
			}
			if valueOf(rest[i+len(key):], len(key) == len("State")) {
				return true
			}
			rest = rest[i+len(key):]
		}
	}
	return false
}

// valueOf reports whether b, after the name of a column, goes on with a state
// or with an address.
func valueOf(b []byte, state bool) bool {
	b = bytes.TrimLeft(b, " \t\"'\\")
	if len(b) < 2 || b[0] != ':' && b[0] != '=' {
		return false
	}
	b = bytes.TrimLeft(b[1:], " \t\"'\\")
	end := 0
	for end < len(b) && !isMark(b[end]) && b[end] != '\\' {
		end++
	}
	if w := b[:end]; state {
		_, ok := stateWord(w)
		return ok || isNumber(w) && len(w) <= 3
	}
	return len(b) > 0 && (isDigit(b[0]) || b[0] == ':' || b[0] == '*')
}

// lookAtDocument reads a line that has a whole document of JSON in it.
func (rd *Reader) lookAtDocument(line []byte) bool {
	start := bytes.IndexAny(line, "{[")
	if start < 0 || rd.rest != nil || !hasMember(line) {
		return false
	}
	document := bytes.TrimRight(line[start:], ", \t")
	return json.Valid(document) && rd.readDocument(document)
}

// readDocument reads a document of JSON in the place of the line.
func (rd *Reader) readDocument(document []byte) bool {
	whole := &remembering{r: bytes.NewReader(document)}
	j := &jsonReader{dec: json.NewDecoder(whole), whole: whole, headed: rd.ctx.table.mark == '|' && rd.ctx.table.n == documentColumns}
	j.dec.UseNumber()
	lines, err := io.ReadAll(j)
	if err != nil || len(lines) == 0 || j.doubted > 0 || j.partial != "" || j.repeated.n > 0 {
		return false
	}
	rd.rest = bytes.ReplaceAll(bytes.TrimSpace(lines), []byte("\n"), []byte("\r"))
	rd.line.class = blank
	return true
}

// documentColumns is how many columns the lines of a jsonReader have.
const documentColumns = 7
