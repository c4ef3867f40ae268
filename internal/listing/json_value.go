// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file takes the values of JSON as they come: those under a key, those in a
// list, and those that are none.

// unknown takes a value that is none. It is not a zero: where a state or a count
// should be, it is reported.
func (j *jsonReader) unknown(word string) {
	f := j.top()
	switch {
	case f == nil:
		return
	case !f.object:
		if f.paired != "" {
			j.doubt(f.paired, "", word)
			f.paired = ""
		}
		return
	}
	key := f.key
	c, known := columnOf([]byte(key))
	f.key = key + "\x00"
	switch {
	case isStateKey(key):
		j.doubt(f.name, key, word)
	case c == columnState:
		f.stateless = true
	case c == columnCount:
		f.cell[columnCount] = word
	case !known && f.odd == "":
		f.odd = key
		if word == "null" {
			f.answers(key, word)
		}
	}
}

// scalar takes a value that is neither an object nor an array.
func (j *jsonReader) scalar(v string, number bool) {
	f := j.top()
	if f == nil {
		return
	}
	if !f.object {
		j.element(f, v, number)
		return
	}
	key := f.key
	f.key = key + "\x00"
	if f.endpoint(key, v) {
		return
	}
	j.hints(f, key, v, number)
	if j.understood(f, key, v, number) {
		return
	}
	f.numbers(key, v, number)
	if !number {
		j.textOf(f, key, v)
	}
}

// hints notes what a value says of the counts and sockets around it, whatever else the
// value is.
func (j *jsonReader) hints(f *frame, key, v string, number bool) {
	f.evidence(key)
	f.figures(key, v, number)
	f.scales(key, v)
	f.itemizes(key, v)
	if !number {
		f.describesOther(key, v)
		j.lost(key, v)
		j.lost(f.name, v)
		f.answers(key, v)
	}
	if isLabel(key) && j.inColumns() && strayName([]byte(v)) {
		j.strange.add(j.lines+1, []byte(key+": "+v))
	}
	j.pages(f, key, v, number)
	if isCommandKey(key) && !number {
		if q := questionOf([]byte(v)); q.kinds.mixed() || q.of != signNone {
			j.line("$ " + v)
		}
	}
	if proto := foreignValue(key, v); proto != "" && f.cell[columnProtocol] == "" {
		f.cell[columnProtocol] = proto
		j.words.add(key, v, true)
	} else if !number {
		j.words.add(key, v, false)
	}
}

// understood takes a value whose key or text is known: a column, a machine, a time, the
// name of a state, or a count. It reports whether nothing else is to be done with it.
func (j *jsonReader) understood(f *frame, key, v string, number bool) bool {
	if c, ok := columnOf([]byte(key)); ok && c != columnOther {
		j.cell(f, c, v, number)
		return true
	}
	if isHostKey(key) && !number {
		f.host = v
		return true
	}
	if isTimeKey(key) {
		if _, ok := whenOf([]byte(v)); ok {
			f.when = v
			return true
		}
	}
	_, _, size := readNumberOf([]byte(v))
	if key == "sum_other_doc_count" && v != "0" {
		j.doubt(f.name, key, v) // Elasticsearch says that there are more groups
		return true
	}
	if s, ok := loosely([]byte(v)); ok && !number && !isSilent(key) && !isLineKey(key) {
		if isLabel(key) {
			f.label = s.String()
		} else if f.mention == "" {
			f.mention = v
		}
		return true
	}
	if isLabel(key) && !number {
		f.called = cmp.Or(f.called, v)
	}
	if s, ok := loosely([]byte(f.name)); ok && isFamily([]byte(key)) && size > 0 {
		n, _, _ := readNumberOf([]byte(v))
		j.count(s, n, labelled(&[columns]string{columnState: s.Reported().String(), columnProtocol: key})+" "+v)
		return true
	}
	return mentioned([]byte(key)) && j.keyed(f, key, v, number)
}

// numbers notes what a number under a key means: a total, the count of an address
// family, or something that is not known.
func (f *frame) numbers(key, v string, number bool) {
	_, _, size := readNumberOf([]byte(v))
	switch strings.ToLower(key) {
	case "status", "kind", "unit", "values", "name":
		if number && v != "0" {
			f.aside = key
		}
	}
	if isTotal([]byte(key)) && size > 0 {
		f.total = v
	}
	if n, _, _ := readNumberOf([]byte(v)); number && size > 0 && isFamily([]byte(key)) {
		f.families, f.ofFamily = f.families+n, true
	} else if _, known := columnOf([]byte(key)); !known && (number || size > 0) {
		f.unknown(key, v)
	}
	if (number || size > 0) && measuresBeside(key, v) && len(f.besides) < maxFields {
		f.besides = append(f.besides, key+": "+v)
	}
}

// textOf keeps a text in which there may be lines with sockets or counts.
func (j *jsonReader) textOf(f *frame, key, v string) {
	switch {
	case strings.EqualFold(key, "stdout"):
		f.stdout = v
	case isLineKey(key):
		f.texts = append(f.texts, v)
	case !isSilent(key) && strings.Contains(v, "\n") && mentioned([]byte(v)):
		j.mark(hostMark + key) // salt prints the output of each machine under its name
		j.line(v)
	case !isSilent(key):
		if _, ok := rowStart([]byte(v), 0); ok {
			f.texts = append(f.texts, v)
		} else if numbersState([]byte(v)) {
			j.doubt(key, "", v)
		}
	}
}

// cell takes the value of a column that is known.
func (j *jsonReader) cell(f *frame, c column, v string, number bool) {
	s, isState := loosely([]byte(v))
	switch {
	case c != columnState && isState && !number && c != columnLocal && c != columnRemote:
		f.mention = v
	case c != columnState:
		f.cell[c] = v
	case number:
		f.numeric = v
	case isState:
		j.spelled.note([]byte(v))
		f.cell[c] = s.String()
		if strings.EqualFold(v, wholeClose) {
			f.cell[c] = wholeClose
		}
	case strings.Trim(v, " -") == "":
		f.stateless = true
	default:
		f.cell[c] = v
	}
}

// keyed takes a value whose key has a state in its name. It reports whether that
// is meant as a state.
func (j *jsonReader) keyed(f *frame, key, v string, number bool) bool {
	s, ok := loosely([]byte(key))
	n, _, size := readNumberOf([]byte(v))
	j.listens = j.listens || key == "listen" || key == "listening" || key == "Listen"
	j.spelled.note([]byte(key))
	switch {
	case !ok && (measures([]byte(key)) || size > 0 && n == 0):
	case !ok && !certainly(key) && !isCountKey(key):
		return false
	case ok && size > 0 && cmp.Or(j.foreign(), f.foreign()) != "":
		j.others(s, v, cmp.Or(j.foreign(), f.foreign()))
	case !ok || size == 0 || !f.counts() || !j.ofSockets():
		if number || size > 0 || certainly(key) || len(v) < 24 {
			j.doubt(f.name, key, v)
		}
	default:
		if !f.tabled {
			f.tabled = true
			j.stamp(f)
		}
		f.sum += n
		if s != tcp.SynRecv && s != tcp.NewSynRecv && f.keys>>s.Reported()&1 == 1 {
			j.doubt(f.name, key, v) // it is unclear which of the two is meant
		}
		f.keys |= 1 << s.Reported()
		j.count(s, n, labelled(&[columns]string{columnState: s.Reported().String(), columnProtocol: j.family()})+" "+v)
	}
	return true
}

// unsplit writes a fraction of three digits so that its point is not taken for a
// thousands sign, which a number of JSON never has.
func unsplit(number string) string {
	if _, note, size := readNumberOf([]byte(number)); size > 0 && note == dot {
		return number + "e0"
	}
	return number
}

// element takes a value of an array.
func (j *jsonReader) element(f *frame, v string, number bool) {
	var up *frame
	if len(j.stack) > 1 {
		up = &j.stack[len(j.stack)-2]
	}
	n, _, size := readNumberOf([]byte(v))
	if !number {
		j.lost(f.name, v)
	}
	switch {
	case f.paired != "" && (number || size > 0):
		s, _ := loosely([]byte(f.paired))
		j.count(s, n, f.paired+" "+v)
		f.paired, f.several = "", true
		if up != nil {
			up.stated = true
		}
	case up != nil && up.object && f.key == "value":
		if f.sample++; f.sample == 2 { // a Prometheus sample: the time, then the number
			up.cell[columnCount] = unsplit(v)
		}
	case number && (f.several || mentioned([]byte(f.name))):
		j.doubt(f.name, "", v)
	case number:
		j.loose++
		if f.inner == "" {
			f.inner, f.innerN = ".", v
		}
		if up != nil && !up.object && len(f.values) == 1 {
			up.unstated = f.values[0] + ": " + v
		}
	case up != nil && up.object && strings.EqualFold(f.key, "values") && len(up.values) < maxFields:
		up.values = append(up.values, v)
	case isEpoch(v):
		j.mark(v) // a log line of Loki
	case isSilent(f.key) || namesColumns(f.key):
		if up != nil && up.object && up.scale == "" && namesColumns(f.key) && strayName([]byte(v)) {
			up.scale = f.key + ": " + v
		}
		if _, ok := loosely([]byte(v)); ok {
			j.bareState(v)
		}
	case !strings.HasPrefix(v, "MSFT_NetTCPConnection"):
		j.unpaired(f)
		if s, ok := loosely([]byte(v)); ok {
			f.paired = s.String()
			return
		}
		if mentioned([]byte(f.name)) {
			j.doubt(f.name, "", v)
			return
		}
		f.values = append(f.values[:0], v)
		j.line(v)
	}
}

// bareState notes a state in a list that has no number.
func (j *jsonReader) bareState(v string) {
	if j.bares == 0 {
		j.bare = v
	}
	j.bares++
}

// unpaired writes a state of an array that has no number after it.
func (j *jsonReader) unpaired(f *frame) {
	if f.paired != "" {
		j.bareState(f.paired)
		j.line(f.paired)
		f.paired = ""
	}
}

// flag takes a truth value: "exact": false is what a census says that lost
// something.
func (j *jsonReader) flag(v bool) {
	f := j.top()
	if f == nil || !f.object {
		return
	}
	if f.key == "exact" && !v || v && isTrouble(f.key) {
		j.partial = cmp.Or(j.partial, f.key+": "+strconv.FormatBool(v))
	}
	if v && f.scale == "" && !isPartKey(f.key) && rescales(f.key) {
		f.scale = f.key + ": true"
	}
	if v == saysMore(f.key) && isPartKey(f.key) {
		j.more = f.key
	}
	j.unknown(strconv.FormatBool(v))
}
