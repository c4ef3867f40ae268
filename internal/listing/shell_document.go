// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/json"
)

// This file reads documents as shells and consoles print them, which is nearly
// JSON: { _id: 'ESTABLISHED', n: 5 }, NumberLong(5), with a comma at the end.

// lookAtShellDocument reads a line that has a whole such document in it.
func (rd *Reader) lookAtShellDocument(line []byte) bool {
	start := bytes.IndexByte(line, '{')
	if start < 0 || rd.rest != nil || !mentioned(line) || bytes.IndexByte(line, ':') < 0 {
		return false
	}
	document := asJSON(bytes.TrimRight(line[start:], ",; \t"))
	return json.Valid(document) && rd.readDocument(document)
}

// isShellDocument reports whether a line is a document with a number, or a state.
func isShellDocument(b []byte) bool {
	b = bytes.TrimRight(withoutPrefix(bytes.TrimSpace(b)), ",; ")
	return len(b) > 4 && b[0] == '{' && b[len(b)-1] == '}' && bytes.IndexByte(b, ':') > 0 && (hasDigit(b) || mentioned(b))
}

// asJSON writes a document of a shell as JSON, when it is one.
func asJSON(b []byte) []byte {
	out := make([]byte, 0, len(b)+32)
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '\'' || c == '"':
			end := bytes.IndexByte(b[i+1:], c)
			if end < 0 || bytes.ContainsAny(b[i+1:i+1+end], `"\`) {
				return nil
			}
			out = append(append(append(out, '"'), b[i+1:i+1+end]...), '"')
			i += end + 2
		case isLetter(c) || c == '_' || c == '$':
			end := i
			for end < len(b) && (isLetter(b[end]) || isDigit(b[end]) || b[end] == '_' || b[end] == '$') {
				end++
			}
			word, more := shellWord(b[i:end], b[end:])
			out = append(out, word...)
			i = end + more
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// shellWord writes a word outside of quotation marks: a key, a constant, or a type
// with its number in brackets, of which more bytes are read.
func shellWord(w, rest []byte) (word []byte, more int) {
	switch string(w) {
	case "null", "true", "false":
		return w, 0
	case "NumberInt", "NumberLong", "NumberDecimal", "Int32", "Long", "Double", "Decimal128":
		end := bytes.IndexByte(rest, ')')
		if end > 1 && rest[0] == '(' {
			return bytes.Trim(rest[1:end], `"' `), end + 1
		}
	}
	return append(append([]byte{'"'}, w...), '"'), 0
}
