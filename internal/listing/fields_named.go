// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file reads lines of names and values of which one is a state and one its number:
// port=80 state=ESTABLISHED total=120. They are read as a sample of Prometheus, whose
// labels the others are.

// lookAtFields reads a line of names and values.
func (rd *Reader) lookAtFields(line []byte) bool {
	if bytes.Count(line, []byte("=")) < 2 {
		return false
	}
	out, number, state := append(rd.scratch[:0], "tcp{"...), []byte(nil), false
	for rest := bytes.TrimSpace(withoutPrefix(line)); len(rest) > 0; {
		var key, value []byte
		if key, value, rest = logfmtPair(rest); len(key) == 0 || bytes.IndexByte(value, '"') >= 0 || len(value) == 0 {
			return false
		}
		value = bytes.TrimRight(value, ",;")
		c := countColumn(key)
		s, isState := loosely(value)
		switch {
		case c == columnState && isState && !state:
			out, state = append(append(append(out, `state="`...), s.String()...), `",`...), true
		case c == columnState, mentioned(value):
			return false
		case (c == columnCount || isTotal(key)) && isNumber(value):
			if number != nil {
				return false
			}
			number = bytes.Clone(value)
		default:
			out = append(append(append(append(out, key...), `="`...), value...), `",`...)
		}
	}
	if !state || number == nil {
		return false
	}
	out = append(append(append(out, "} "...), number...), ' ')
	rd.scratch = out
	if !rd.again(out) {
		return false
	}
	rd.clock(line, false)
	return true
}

// lookAtItem reads a line of the input of zabbix_sender: the machine, the key, a time
// that may be there, and the number, each with quotation marks or without.
func (rd *Reader) lookAtItem(line []byte) bool {
	var c cells
	c.split(line, 0)
	if c.n == 4 && isEpochWord(c.at[2]) {
		c.at[2], c.n = c.at[3], 3
	} else if c.n == 3 && bytes.IndexByte(line, '"') < 0 {
		return false // keep the line as it is
	}
	if c.n != 3 || !isTag(c.at[0]) || !isNumber(c.at[2]) {
		return false
	}
	if _, _, ok := pathState(c.at[1]); !ok && !bytes.HasSuffix(c.at[1], []byte("]")) {
		return false
	}
	rd.scratch = bytes.Join([][]byte{c.at[0], c.at[1], c.at[2]}, []byte(" "))
	return rd.again(rd.scratch)
}
