// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file weighs the parts of an object of JSON against each other: one that is
// the sum of the others, and one of something else, are left out and told.

// A section is what a part of an object told, as lines.
type section struct {
	name   string // the key under which it stands; "" for what the object tells itself
	text   []byte
	counts byState
	parts  int  // number of its direct parts that have counts
	begun  bool // some of it was written already
}

// byState is how many sockets there are by state.
type byState [tcp.Bound + 1]uint64

func (c *byState) add(o *byState) {
	for s, n := range o {
		c[s] += n
	}
}

// kinds returns how many states there are.
func (c *byState) kinds() (n int) {
	for _, number := range c {
		if number > 0 {
			n++
		}
	}
	return n
}

// covers reports whether no number is less than that of o.
func (c *byState) covers(o *byState) bool {
	for s, n := range o {
		if c[s] < n {
			return false
		}
	}
	return true
}

// heldMost is how much may be told by objects that are open. What is longer is
// written before it is known what its parts are to each other.
const heldMost = 256 << 10

// own returns the part of the open object, or list, that is its own words.
func (j *jsonReader) own() *section {
	f := j.top()
	if n := len(f.parts); n == 0 || f.parts[n-1].name != "" {
		f.parts = append(f.parts, section{})
	}
	return &f.parts[len(f.parts)-1]
}

// write writes lines, or holds them until the open objects end.
func (j *jsonReader) write(b ...string) {
	to := &j.out
	if len(j.stack) > 0 {
		to = &j.own().text
	}
	for _, s := range b {
		*to = append(*to, s...)
		j.held += len(s)
	}
	if j.held > heldMost {
		j.flush()
	}
}

// count writes a line that counts sockets of state s.
func (j *jsonReader) count(s tcp.State, n uint64, line string) {
	j.counted++
	if len(j.stack) > 0 {
		j.own().counts[s.Reported()] += n
	}
	j.line(line)
}

// flush writes what is held. Only totals wait for their object's end.
func (j *jsonReader) flush() {
	j.held = 0
	for i := range j.stack {
		f := &j.stack[i]
		kept := f.parts[:0]
		for _, p := range f.parts {
			if f.object && isTotalName(p.name) && p.counts.kinds() > 0 {
				kept = append(kept, p)
				continue
			}
			j.out = append(j.out, p.text...)
			f.gone.add(&p.counts)
		}
		f.parts = kept
	}
}

// abandon writes all that is held: the text ends within its objects.
func (j *jsonReader) abandon() {
	j.flush()
	for i := range j.stack {
		for _, p := range j.stack[i].parts {
			j.out = append(j.out, p.text...)
		}
		j.stack[i].parts = nil
	}
}

// close makes one section of what an object, or a list, has told, and gives it to
// the one around it.
func (j *jsonReader) close(f *frame) {
	if f.object {
		j.weigh(f)
	}
	s := section{name: f.name, counts: f.gone, begun: f.gone.kinds() > 0}
	for i := range f.parts {
		p := &f.parts[i]
		if s.text == nil {
			s.text = p.text
		} else {
			s.text = append(s.text, p.text...)
		}
		s.counts.add(&p.counts)
		if p.counts.kinds() > 0 {
			s.parts += max(p.parts, 1)
		}
		s.begun = s.begun || p.begun
	}
	up := j.top()
	switch {
	case up == nil:
		j.out = append(j.out, s.text...)
		j.held = 0
	case len(s.text) == 0 && s.counts.kinds() == 0:
	case up.object && s.name != "":
		up.parts = append(up.parts, s)
	default:
		own := j.own()
		own.text = append(own.text, s.text...)
		own.counts.add(&s.counts)
		own.parts += max(s.parts, 1)
		own.begun = own.begun || s.begun
	}
}

// weigh compares the parts of an object that count with each other.
func (j *jsonReader) weigh(f *frame) {
	var others byState // counts that are not totals
	others.add(&f.gone)
	n, sure := 0, false
	for i := range f.parts {
		if p := &f.parts[i]; p.counts.kinds() > 0 && !isTotalName(p.name) {
			others.add(&p.counts)
			n++
			sure = sure || p.name == "" || isOfTCP(p.name)
		}
	}
	for i := range f.parts {
		p := &f.parts[i]
		switch {
		case p.counts.kinds() == 0 || p.begun:
		case isTotalName(p.name) && others.kinds() > 0:
			j.total(f, p, &others)
			return
		case n > 1 && p.isSum(f, &others, n):
			j.leaveOut(p)
			return
		}
	}
	for i := range f.parts {
		if p := &f.parts[i]; n > 1 && sure && p.counts.kinds() > 0 && !p.begun && isStrange(p.name) {
			j.doubt(p.name, "", firstLine(p.text))
			*p = section{name: p.name}
		}
	}
}

// total takes a part that is called a total beside others.
func (j *jsonReader) total(f *frame, total *section, others *byState) {
	switch {
	case total.counts == *others:
		j.leaveOut(total)
	case total.counts.covers(others) && f.gone.kinds() == 0:
		j.doubt(total.name, "", "its parts are less") // some parts are missing
		for i := range f.parts {
			if p := &f.parts[i]; p != total {
				*p = section{name: p.name}
			}
		}
	default:
		j.doubt(total.name, "", firstLine(total.text))
		*total = section{name: total.name}
	}
}

// isSum reports whether a part of f is the sum of the others: of several, or of
// one that has parts itself, or that the object splits into.
func (p *section) isSum(f *frame, others *byState, n int) bool {
	for s, number := range p.counts {
		if number*2 != others[s] {
			return false
		}
	}
	if n > 2 || f.gone.kinds() > 0 {
		return p.counts.kinds() > 1
	}
	for i := range f.parts {
		if other := &f.parts[i]; other != p && other.parts > 1 && p.parts <= 1 {
			return true
		}
	}
	return false
}

// leaveOut leaves a part out that says again what others say.
func (j *jsonReader) leaveOut(p *section) {
	name := p.name
	if name == "" {
		name = firstLine(p.text)
	}
	j.repeated.add(j.lines, []byte(name))
	*p = section{name: p.name}
}

// firstLine returns the first line of b that is not a mark.
func firstLine(b []byte) string {
	for line := range bytes.Lines(b) {
		if !bytes.HasPrefix(line, []byte(partMark)) {
			return string(bytes.TrimSpace(line))
		}
	}
	return ""
}

// wordsOf calls do with the words of a key: tcp_states, byState, host.name.
func wordsOf(key string, do func(word string)) {
	start, last := 0, rune(0)
	for i, c := range key {
		if apart := !unicode.IsLetter(c) && !unicode.IsDigit(c); apart || unicode.IsUpper(c) && unicode.IsLower(last) {
			if i > start {
				do(key[start:i])
			}
			if start = i; apart {
				start = i + len(string(c))
			}
		}
		last = c
	}
	if start < len(key) {
		do(key[start:])
	}
}

// isTotalName reports whether a word of a key says that it is a sum.
func isTotalName(key string) (total bool) {
	wordsOf(key, func(w string) { total = total || isTotal([]byte(w)) })
	return total
}

// isOfTCP reports whether a key says that everything below it is about TCP.
func isOfTCP(key string) bool {
	key = string(bytes.ToLower([]byte(key)))
	for _, of := range [...]string{"tcp", "conn", "sock", "state", "netstat"} {
		if bytes.Contains([]byte(key), []byte(of)) {
			return true
		}
	}
	return isFamily([]byte(key))
}

// saysTCP reports whether counts by state under the name of f, and of all around
// it, are plainly those of sockets: one of the names says so, or the last says
// nothing else.
func (j *jsonReader) saysTCP(f *frame) bool {
	if !isStrange(f.name) || isHostKey(f.name) {
		return true
	}
	for i := range j.stack {
		if isOfTCP(j.stack[i].name) {
			return true
		}
	}
	switch string(bytes.ToLower([]byte(f.name))) {
	case "data", "result", "results", "value", "values", "count", "counts", "summary", "output", "metrics", "stats", "statistics", "network", "net", "current", "now", "live",
		"items", "report", "response", "payload", "body", "message", "facts", "status", "census", "linux", "system", "local", "localhost", "info", "details", "content", "out", "stdout",
		"before", "after", "fields", "gauges", "kernel", "os", "summaries", "groups", "all", "numbers", "listing", "ss", "proc", "by", "cluster", "fleet", "site":
		return true
	default:
		return false
	}
}

// countsOthersByName reports whether a key above counts says that they are of TCP and has
// another word of which it is not known that it changes nothing: tcp_state_ids,
// processes_by_state.
func countsOthersByName(key string) (others bool) {
	if endedIn([]byte(key)) != nil {
		return true
	}
	if !isOfTCP(key) || isFamily([]byte(key)) {
		return false
	}
	wordsOf(key, func(w string) {
		b := []byte(w)
		others = others || countsOthers(b) || !isNumber(b) && !hasDigit(b) && !namesMetric(b) && !inTitles(b) && !leads(b) && !namesPlace(b) && !isHostKey(w) && !isLabelName(b) && !isOfTCP(w) && !isTimeKey(w) && !isLineKey(w)
	})
	return others
}

// isStrange reports whether a key is a word that says nothing of TCP and is no
// name of a machine, a port, a time or a family.
func isStrange(key string) bool {
	if key == "" || isOfTCP(key) || isTotalName(key) {
		return false
	}
	if c, known := columnOf([]byte(key)); known && c != columnState && c != columnCount {
		return true // a column that counts no sockets
	}
	for _, c := range key {
		if !unicode.IsLetter(c) && c != '_' && c != '-' && c != ' ' {
			return false
		}
	}
	return bytes.IndexByte([]byte(key), '-') < 0 || !isHost([]byte(key))
}
