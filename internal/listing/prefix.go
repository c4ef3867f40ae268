// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"cmp"
)

// withoutPrefix takes off the start of a line what logs, mails and shells put
// before every line: quotation marks of mail, a container or a host with a bar
// or a colon, times, bullets. Of rows it is not needed: they are found wherever
// they begin, see rowStart.
func withoutPrefix(b []byte) []byte {
	for range 6 {
		b = bytes.TrimLeft(b, " \t")
		n := prefixLen(b)
		if n == 0 || n >= len(b) {
			return b
		}
		b = b[n:]
	}
	return b
}

// prefixLen returns how long the one thing is that stands before a line.
func prefixLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[0] {
	case '>', '|':
		return 1
	case '-', '*':
		if b[1] == ' ' {
			return 2
		}
	}
	if bytes.HasPrefix(b, []byte("\u2022 ")) {
		return 4
	}
	word, after := firstWord(b)
	if i := bytes.Index(b, []byte(" | (stdout) ")); i > 0 && bytes.Contains(b[:i], []byte(" | rc=")) {
		return i + len(" | (stdout) ") // Ansible prints everything from one machine on one line
	}
	if n := cmp.Or(numberingLen(b, word, after), syslogLen(b), uptimeLen(b), clockLen(word, after), cellsLen(b), portLen(b)); n > 0 {
		return n
	}
	for _, start := range [...]string{"export ", "declare -A ", "defaultdict(", "Map("} {
		if bytes.HasPrefix(b, []byte(start)) {
			return len(start) + max(bytes.IndexAny(b[len(start):], "({"), 0)
		}
	}
	if end := bytes.IndexByte(b, '{'); bytes.HasPrefix(b, []byte("map[string]")) && end > 0 {
		return end + 1 // as Go prints it
	}
	if len(after) > 2 && (string(word) == "stdout" || string(word) == "stderr") && (after[1] == 'F' || after[1] == 'P') && after[2] == ' ' {
		return len(word) + 2 // log of a Kubernetes container (CRI)
	}
	if len(after) > 0 && (isLevel(word) || isHost(word) || isBracketed(word)) {
		return len(word)
	}
	if _, ok := epoch(word); ok && len(after) > 0 {
		return len(word)
	}
	switch {
	case isTime(word):
		return len(word)
	case isMonth(word) && isTime(skipDay(after)):
		return len(b) - len(skipDay(after))
	case len(word) > 1 && (word[len(word)-1] == ':' || word[len(word)-1] == '.' || word[len(word)-1] == ')') && isNumber(word[:len(word)-1]) && len(after) > 0 && !isStateAlone(after):
		return len(word) // 12: of grep -n, 3. of a list
	case word[len(word)-1] == ':' && isTag(word[:len(word)-1]) && len(after) > 0:
		if _, _, ok := pathState(word[:len(word)-1]); ok {
			return 0 // tcp.established: 5
		}
		return len(word)
	}
	rest := bytes.TrimLeft(after, " \t")
	if second, _ := firstWord(rest); isTag(word) && len(second) > 3 && bytes.HasSuffix(second, []byte("]:")) {
		return len(b) - len(rest) + len(second) // the host and the program of a system log
	}
	if len(rest) > 1 && rest[0] == '|' && isTag(word) {
		return len(b) - len(rest) + 1
	}
	if len(rest) > 1 && rest[0] == '-' && rest[1] == ' ' && isTag(word) && !measures(word) {
		return len(b) - len(rest) + 1 // log of Python
	}
	if i := bytes.LastIndexByte(word, ':'); i > 0 && i+1 < len(word) && isTag(word[:i]) {
		if _, ok := stateWord(word[i+1:]); ok {
			return i + 1 // grep -H
		}
	}
	return 0
}

// syslogLen returns how long the heading of a line of syslog is: its priority, and with a
// version (RFC 5424) all fields up to the message.
func syslogLen(b []byte) int {
	end := bytes.IndexByte(b[:min(len(b), 5)], '>')
	if b[0] != '<' || end < 2 || !isNumber(b[1:end]) {
		return 0
	}
	rest := b[end+1:]
	if len(rest) < 2 || rest[0] != '1' || rest[1] != ' ' {
		return end + 1
	}
	for range 6 { // the version, the time, the host, the program, its process, the message's name
		_, rest = firstWord(rest)
		rest = bytes.TrimLeft(rest, " ")
	}
	switch {
	case len(rest) > 1 && rest[0] == '-' && rest[1] == ' ':
		return len(b) - len(rest) + 1
	case len(rest) > 0 && rest[0] == '[':
		if i := bytes.Index(rest, []byte("] ")); i > 0 {
			return len(b) - len(rest) + i + 1
		}
	}
	return 0
}

// uptimeLen returns how long the time of the kernel's log is: [ 1234.567890].
func uptimeLen(b []byte) int {
	end := bytes.IndexByte(b, ']')
	if b[0] != '[' || end < 4 {
		return 0
	}
	seconds, part, ok := bytes.Cut(bytes.TrimLeft(b[1:end], " "), []byte("."))
	if !ok || !isNumber(seconds) || !isNumber(part) {
		return 0
	}
	return end + 1
}

// clockLen returns how long a time with AM or PM is: 5:20 PM.
func clockLen(word, after []byte) int {
	hour, minutes, ok := bytes.Cut(bytes.TrimLeft(word, "["), []byte(":"))
	rest := bytes.TrimLeft(after, " ")
	half, _ := firstWord(rest)
	var lower [8]byte
	switch string(folded(lower[:0], bytes.Trim(half, "],:"))) {
	case "am", "pm", "a.m.", "p.m.":
	default:
		return 0
	}
	if !ok || len(hour) > 2 || !isNumber(hour) || len(minutes) < 2 || !isNumber(minutes[:2]) {
		return 0
	}
	return len(word) + len(after) - len(rest) + len(half)
}

// cellsLen returns how long the cells are that stand before a state and its number in a
// line of values without a heading: web1,ESTABLISHED,5. They name a machine or a time.
func cellsLen(b []byte) int {
	mark := byte(',')
	if bytes.IndexByte(b, mark) < 0 {
		mark = ';'
	}
	if n := bytes.Count(b, []byte{mark}); n < 2 || n > 4 {
		return 0
	}
	length := 0
	for rest := b; ; {
		cell, after, _ := bytes.Cut(rest, []byte{mark})
		if first, second, ok := bytes.Cut(rest, []byte{mark}); ok && bytes.IndexByte(second, mark) < 0 {
			first, second = bytes.Trim(first, " \t\""), bytes.Trim(second, " \t\"")
			_, state := stateWord(first)
			_, behind := stateWord(second)
			if state && isNumber(second) || behind && isNumber(first) {
				return length
			}
			return 0
		}
		name := bytes.Trim(cell, " \t\"")
		if len(name) < 2 || !isHost(name) && !isTime(name) && !isAddress(name) {
			return 0
		}
		length += len(cell) + 1
		rest = after
	}
}

// portLen returns how long a port is that stands before counts: port 80: ESTABLISHED 5.
func portLen(b []byte) int {
	w, rest := firstWord(b)
	if c, ok := columnOf(w); !ok || c != columnLocalPort && c != columnRemotePort || isDigit(w[len(w)-1]) {
		return 0
	}
	rest = bytes.TrimLeft(rest, " ")
	number, after := firstWord(rest)
	if digits, ok := bytes.CutSuffix(number, []byte{':'}); !ok || !isNumber(digits) || len(after) == 0 {
		return 0
	}
	return len(b) - len(after)
}

// numberingLen returns how long the number of a line is that stands before a count
// by state: 7:LISTEN 17 of grep -n, 7<tab>LISTEN 17 of cat -n, 7 LISTEN 17.
func numberingLen(b, word, after []byte) int {
	if b[0] == '#' && isNumber(word[1:]) && len(after) > 0 && countFollows(after, true) {
		return len(word) // #1 TIME_WAIT 17
	}
	if !isDigit(b[0]) {
		return 0
	}
	if i := bytes.IndexByte(word, ':'); i > 0 && i < 8 && isNumber(word[:i]) && countFollows(b[i+1:], false) {
		return i + 1
	}
	if len(after) > 0 && (len(word) < 8 && isNumber(word) || isAddress(word)) && countFollows(after, after[0] == '\t') {
		return len(word)
	}
	return 0
}

// countFollows reports whether b is a state and a number and nothing else; the
// number may be first, or it may not.
func countFollows(b []byte, numberFirst bool) bool {
	first, rest := nextWord(b)
	second, tail := nextWord(rest)
	if more, _ := nextWord(tail); second == nil || more != nil {
		return false
	}
	if numberFirst && isNumber(first) {
		first, second = second, first
	}
	_, ok := stateWord(first)
	return ok && isNumber(second)
}

// isStateAlone reports whether b is a state and nothing else: a number before it is
// how many there are.
func isStateAlone(b []byte) bool {
	w, rest := nextWord(b)
	_, ok := stateWord(bytes.Trim(w, "\"'`,;|"))
	return ok && len(bytes.TrimSpace(rest)) == 0
}

// isBracketed reports whether w is a name in brackets: [pod/web], <bob>.
func isBracketed(w []byte) bool {
	last := w[len(w)-1]
	return len(w) > 2 && (w[0] == '[' && last == ']' || w[0] == '<' && last == '>' && bytes.Count(w, []byte(">")) == 1) && isTag(w[1:len(w)-1])
}

// isLevel reports whether w is how much a line of a log matters.
func isLevel(w []byte) bool {
	w = bytes.Trim(w, "[]():<>-|")
	for _, level := range [...]string{"INFO", "INFORMATION", "WARN", "WARNING", "ERROR", "ERR", "DEBUG", "NOTICE", "TRACE", "FATAL", "CRITICAL", "VERBOSE", "STDOUT"} {
		if bytes.EqualFold(w, []byte(level)) {
			return true
		}
	}
	return false
}

// isHost reports whether w can be a host and nothing else: letters, with digits
// or a dot or a dash among them.
func isHost(w []byte) bool {
	letters, others := 0, 0
	for _, c := range w {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		case isDigit(c), c == '.', c == '-', c == '/', c == '_':
			others++
		default:
			return false
		}
	}
	if _, _, ok := pathState(w); ok {
		return false
	}
	first := w[0] | 0x20
	return letters >= 2 && others >= 1 && first >= 'a' && first <= 'z' && !isDigit(w[1]) && isTag(w) && !isTCP(w) && !measures(w)
}

// isTag reports whether w can be what names a container, a host, a file or a
// program: no state, no number.
func isTag(w []byte) bool {
	if len(w) == 0 || isNumber(w) || bytes.ContainsAny(w, `"'(){}=`) {
		return false
	}
	if _, ok := countedState(bytes.Trim(w, "`*~:=,;|\"'()[]{}")); ok {
		return false
	}
	if len(w) > 2 && w[0] == '0' && w[1] == 'x' && isHex(bytes.TrimRight(w[2:], ":,")) {
		return false // the code of a state
	}
	if i := bytes.IndexByte(w, '['); i > 0 && mentioned(w[i:]) {
		return false // net.tcp.state[established]
	}
	return !isShare(w)
}

// firstWord cuts the first word off b, which begins with none of the blanks.
func firstWord(b []byte) (w, rest []byte) {
	i := bytes.IndexAny(b, " \t")
	if i < 0 {
		return b, nil
	}
	return b[:i], b[i:]
}

// isTime reports whether b begins with a date or a time: digits with -, /, : or
// . between them, also in brackets.
func isTime(b []byte) bool {
	w, _ := firstWord(b)
	w = bytes.TrimRight(bytes.Trim(w, "[](),"), ":")
	digits, marks := 0, 0
	for i, c := range w {
		switch {
		case isDigit(c):
			digits++
		case (c == ':' || c == '-' || c == '/' || c == '.' || c == '+' || c == ',') && i > 0:
			marks++
		case c == 'T' || c == 'Z':
		default:
			return false
		}
	}
	if marksInAddress(w) || bytes.Count(w, []byte(",")) > 1 {
		return false
	}
	colons := bytes.Count(w, []byte(":"))
	dashes := bytes.Count(w, []byte("-")) + bytes.Count(w, []byte("/"))
	if dots := bytes.Count(w, []byte(".")); dots == 2 && marks == 2 && digits >= 5 && digits <= 8 {
		return true // 3.2.2025
	}
	return digits >= 4 && (colons >= 1 && bytes.Count(w, []byte(".")) < 3 || dashes == 2 || b[0] == '[' && marks == 1)
}

// marksInAddress reports whether w has dots before its other marks and no year
// between them, as the rest of an address and a port has, or of a timer.
func marksInAddress(w []byte) bool {
	other := bytes.IndexAny(w, ":/-+,T")
	if other < 0 || bytes.IndexByte(w[:other], '.') < 0 {
		return false
	}
	for part := range bytes.SplitSeq(w[:other], []byte(".")) {
		if len(part) == 4 {
			return false
		}
	}
	return true
}

func isMonth(w []byte) bool {
	switch string(w) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	default:
		return false
	}
}

// skipDay passes the day after a month.
func skipDay(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t")
	w, rest := firstWord(b)
	if len(w) > 2 || !isNumber(w) {
		return nil
	}
	return bytes.TrimLeft(rest, " \t")
}

// isDate reports whether a line is a date alone, as date prints it.
func isDate(b []byte) bool {
	b = bytes.Trim(b, " \t=-*#+")
	if _, ok := epoch(b); ok {
		return true
	}
	times := 0
	for len(b) > 0 {
		w, rest := firstWord(b)
		switch {
		case isTime(w):
			times++
		case isDateWord(w), isMonth(w), isNumber(w) && len(w) <= 4, isDay(w), string(w) == "AM", string(w) == "PM", len(w) >= 2 && len(w) <= 5 && isZone(w):
		default:
			return false
		}
		b = bytes.TrimLeft(rest, " \t")
	}
	return times > 0
}

// isDateWord reports whether w is one of the words of a date in another
// language: short ones, numbers with a full stop, those of China and Japan.
func isDateWord(w []byte) bool {
	short := bytes.TrimRight(w, ".,")
	if len(short) < len(w) && isNumber(short) || len(short) == 2 && short[0] >= 'A' && short[0] <= 'z' && !isDigit(short[1]) {
		return true
	}
	for _, part := range [...]string{"\u5e74", "\u6708", "\u65e5", "\u5348", "\u6642", "\u65f6"} {
		if bytes.Contains(w, []byte(part)) {
			return true
		}
	}
	return false
}

func isDay(w []byte) bool {
	switch string(bytes.TrimRight(w, ",.")) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	default:
		return bytes.HasPrefix(w, []byte("\u661F\u671F")) || bytes.HasPrefix(w, []byte("\u5468"))
	}
}

// isZone reports whether w can be a time zone: capitals, no state.
func isZone(w []byte) bool {
	for _, c := range w {
		if (c < 'A' || c > 'Z') && c != '+' && c != '-' && !isDigit(c) {
			return false
		}
	}
	_, state := stateWord(w)
	return !state
}

// prefixes watches what stands before rows.
type prefixes struct {
	rows    uint64 // number of rows with a prefix
	name    uint64 // digest of the first prefix
	text    []byte // text of the first prefix
	folded  []byte // the first prefix that stands for several machines
	named   bool   // a prefix can name a machine
	others  uint64 // rows whose prefix has another name
	whole   uint64 // digest of the last prefix with its numbers
	stayed  bool   // two consecutive rows have the same numbers in the prefix, so these do not number the rows
	moved   []byte // the first prefix whose numbers differ from those of the previous one
	other   []byte // the first prefix with another name
	at      uint64 // line of that prefix
	numbers uint64 // number of rows whose prefix is only a number
	last    uint64 // that number in the last such row
	line    uint64 // line of the last such row
	uneven  bool   // those numbers do not number the lines
	above   bool   // one of those numbers is greater than 1
	lines   uint64 // how many of those numbers stand before counts, where they must be line numbers
	counted uint64 // how many of those numbers are as wide as uniq -c prints them
}

// note takes note of what stands before the row of a line.
func (p *prefixes) note(prefix []byte, line uint64) {
	raw := prefix
	prefix = bytes.TrimSpace(prefix)
	if len(prefix) == 0 {
		return
	}
	if n, ok := atoi(prefix); ok && n < 100*1000*1000 {
		p.number(n, line)
		if len(raw) == uniqWidth && raw[uniqWidth-1] == ' ' && raw[uniqWidth-2] != ' ' {
			p.counted++
		}
		return
	}
	p.rows++
	if p.folded == nil && isFolded(prefix) {
		p.folded = bytes.Clone(prefix)
	}
	name, whole := nameOf(prefix)
	p.named = p.named || name != uint64(newDigest()) && namesMachine(prefix) // a prefix that is a time has an empty name
	switch {
	case p.text == nil:
		p.name, p.text = name, bytes.Clone(prefix)
	case name != p.name:
		p.others++
		if p.other == nil {
			p.other, p.at = bytes.Clone(prefix), line
		}
	case whole == p.whole:
		p.stayed = true
	case p.moved == nil:
		p.moved = bytes.Clone(prefix)
		p.at = max(p.at, line)
	}
	p.whole = whole
}

// isFolded reports whether b names several machines at once, as clush and dshbak do
// where their lines are the same: web[1-3], web[01,04-09].example.net, db1,db2 (2).
func isFolded(b []byte) bool {
	b = bytes.TrimRight(bytes.TrimSpace(b), ":|")
	if head, number, ok := bytes.Cut(b, []byte(" (")); ok && isNumber(bytes.TrimSuffix(number, []byte(")"))) {
		b = head
	}
	if open, end := bytes.IndexByte(b, '['), bytes.IndexByte(b, ']'); open > 0 && end > open+2 && isLetter(b[0]) {
		ranges := b[open+1 : end]
		return bytes.IndexByte(b, ' ') < 0 && bytes.ContainsAny(ranges, "-,") && len(bytes.Trim(ranges, "0123456789-,")) == 0 && isDigit(ranges[0])
	}
	if name := bytes.TrimRight(b, "*"); len(b) > 1 && bytes.IndexByte(b, ' ') < 0 && (b[0] == '@' && isHostWord(b[1:]) || len(name) == len(b)-1 && isHostWord(name)) {
		return true // a group, a pattern
	}
	hosts := 0
	for name := range bytes.SplitSeq(b, []byte(",")) {
		if len(name) == 0 || bytes.IndexByte(name, ' ') >= 0 || !isHost(name) {
			return false
		}
		hosts++
	}
	return hosts > 1
}

// isHostWord reports whether w is a word of letters, digits and dashes, and no state.
func isHostWord(w []byte) bool {
	_, state := loosely(w)
	return len(w) > 1 && isLetter(w[0]) && len(bytes.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789-.")) == 0 && !state && !isFiller(w)
}

// several returns a prefix that names another machine, container or file than the
// first one; nil if there is none.
func (p *prefixes) several() []byte {
	if p.other == nil && p.stayed {
		return p.moved
	}
	return p.other
}

// number watches whether the numbers before rows are those of their lines, as
// cat -n writes them, or counts, as uniq -c does.
func (p *prefixes) number(n, line uint64) {
	if p.numbers > 0 && n-p.last != line-p.line {
		p.uneven = true
	}
	p.above = p.above || n > 1
	p.numbers++
	p.last, p.line = n, line
}

// counts reports whether the numbers before the rows say how often each row is
// there.
func (p *prefixes) counts() bool {
	return p.above && (p.uneven || p.numbers == 1 && p.last != p.line)
}

// uniqWidth is how wide uniq -c of coreutils and busybox makes a count, with
// the blank after it.
const uniqWidth = 8

// mayCount reports whether the numbers before few rows are such as uniq -c
// writes, and may be those of the lines too, as less -N writes them.
func (p *prefixes) mayCount() bool {
	return p.above && p.numbers <= 3 && p.counted == p.numbers && !p.counts()
}

// ofCount is note for what stands before a count by state. The numbers of grep -n
// leave lines out.
func (p *prefixes) ofCount(prefix []byte, line uint64) {
	digits, grep := bytes.CutSuffix(bytes.TrimSpace(prefix), []byte(":"))
	n, ok := atoi(digits)
	switch {
	case !ok || n >= 100*1000*1000: // the last is a time
		p.note(prefix, line)
		return
	case grep && n > p.last:
		p.last, p.line = n, line
	case grep:
		p.uneven = true
	default:
		p.number(n, line)
	}
	p.lines++
}

// misnumbers reports whether the numbers before counts by state are not those of
// their lines, or not all of counts have one.
func (p *prefixes) misnumbers(counts uint64) bool {
	return p.lines > 0 && (p.uneven || p.numbers == 1 && p.last != p.line || p.lines != counts)
}

// A digest makes one number of many (FNV-1a).
type digest uint64

func newDigest() digest { return 14695981039346656037 }

func (h *digest) add(c uint64) { *h = (*h ^ digest(c)) * 1099511628211 }

// nameOf makes one number of a prefix without its times and numbers, and one with
// its numbers. A number that stands alone, or after a colon or a bracket, may be
// that of a line, of a process or of a machine.
func nameOf(prefix []byte) (name, whole uint64) {
	n, w := newDigest(), newDigest()
	add := func(word []byte, named bool) {
		dated := 0 // where a date within the word ends: before-2025-02-03.log
		for i, c := range word {
			w.add(uint64(c))
			if _, size := dateOf(word[i:]); i >= dated && size >= len("2025-2-3") && (i == 0 || !isDigit(word[i-1])) {
				dated = i + size
			}
			if named && i >= dated {
				n.add(uint64(c))
			}
		}
		w.add(' ')
	}
	for word := range bytes.FieldsSeq(prefix) {
		word = bytes.TrimRight(bytes.Trim(word, "[](){}<>|,;#*\"'"), ":")
		switch {
		case isAddress(word) || isEndpoint(word):
			add(word, true)
		case stampsTime(word):
		default:
			for part := range bytes.FieldsFuncSeq(word, func(r rune) bool { return bytes.ContainsRune([]byte(":[]()<>|"), r) }) {
				if !stampsTime(part) {
					add(part, !isNumber(bytes.TrimLeft(part, "+-")))
				}
			}
		}
	}
	return uint64(n), uint64(w)
}

// stampsTime reports whether w, before a row, is a time: one of the clock, a date, the
// seconds since something, or how long something took.
func stampsTime(w []byte) bool {
	if len(w) == 0 {
		return true
	}
	if _, ok := epoch(w); ok || isTime(w) || isMonth(w) || isDay(w) {
		return true
	}
	unit := bytes.TrimLeft(w, "+0123456789.")
	number := w[:len(w)-len(unit)]
	return hasDigit(number) && (len(unit) == 0 && bytes.Count(number, []byte(".")) == 1 || string(unit) == "s" || string(unit) == "ms" || string(unit) == "us")
}
