// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// maxPairs is how many states with their numbers one line may have: all there
// are.
const maxPairs = 12

// A pair is a state and how many sockets are in it.
type pair struct {
	state  tcp.State
	number uint64
	note   notation
}

// notation tells how a number was written, as far as it must be reported.
type notation uint8

const (
	exact   notation = iota
	rounded          // 18.1k, 2.14748e+09, ~18000
	dot              // 18.122, which can only be meant as 18,122
	power            // 1e6
	blanks           // 18 122
	earlier          // 5 (was 7)
	pointed          // 18122.0, which may be 181220 with a lost digit when other numbers have no point
)

// readCount reads states with numbers, in either order and with whatever marks
// between: what the awk one-liners, sort | uniq -c, Group-Object, exporters and
// people print. The line may have a share and a remark after. A line with a
// state and nothing else is one socket: what awk '{print $6}' prints.
func (l *line) readCount(ctx *context) bool {
	l.pairs = 0
	if string(l.get(l.n-1)) == "established)" || string(l.at[0]) == "established)" {
		return false // a word of netstat's title, which is counted like a state
	}
	rest := withoutPrefix(l.line)
	if verdict, data, ok := bytes.Cut(rest, []byte("|")); ok && bytes.HasPrefix(verdict, []byte("TCPVITALS ")) {
		rest = data // output of this program's check command
	}
	if isDate(rest) {
		return false
	}
	if metric, ok := metricState(rest); ok {
		return l.readMetric(metric, rest)
	}
	if metric, ok := metricName(rest); ok {
		return l.readMetric(metric, rest)
	}
	sum, counts := totalAhead(rest)
	if sum == 0 && l.readTagged(rest) {
		return l.behindPrefix()
	}
	r := pairReader{ranked: isUniq(l.line)}
	ok := r.read(l, counts) && l.pairs > 0
	if r.unit || ok && r.ofOther(l.line, rest, ctx) {
		l.pairs = 0
		l.broke(StateCounts, problem.LineUnclear)
		return true
	}
	if !ok || r.words > 0 && !r.filled || r.more {
		l.pairs = 0
		return false
	}
	if r.bare && (ctx.started != Unrecognised && ctx.started != StateCounts) {
		l.pairs = 0
		return false // a word left over from a row
	}
	if r.fraction(l) || r.pairOfEnds(l) {
		l.pairs = 0
		l.broke(StateCounts, problem.LineUnclear)
		return true
	}
	l.bare = r.bare
	l.class, l.format = count, StateCounts
	l.missed = sum > 0 && (l.bare || sum != l.sumOfPairs())
	l.beside(r.stray)
	if r.ends && l.pair[0].number == 0 && l.class == count {
		l.pairs = 0
		l.broke(StateCounts, problem.LineUnclear) // a count is never zero here, so this is a queue
		return true
	}
	return l.behindPrefix()
}

// ofOther reports whether what was read is not a count, by what else is in the line or stands
// above it: rest is the line without what stands before it.
func (r *pairReader) ofOther(line, rest []byte, ctx *context) bool {
	if r.bare {
		return ofOneThing(line[:len(line)-len(rest)])
	}
	return ctx.measured || isNumberedOne(rest)
}

// fraction reports whether a number after the path of a metric has a point: such
// lines have no thousands sign.
func (r *pairReader) fraction(l *line) bool {
	return r.path && slices.ContainsFunc(l.pair[:l.pairs], func(p pair) bool { return p.note == dot })
}

// pairOfEnds reports whether a line has both ends of a connection, which is one socket,
// so that the number before them is a process or a protocol, unless uniq -c counted.
func (r *pairReader) pairOfEnds(l *line) bool {
	return r.ported > 1 && !r.ranked && l.pair[0].number > 1
}

// behindPrefix holds what stands before a count against what it may say of it.
func (l *line) behindPrefix() bool {
	if before := l.line[:len(l.line)-len(withoutPrefix(l.line))]; l.class == count && len(before) > 0 {
		l.ahead(before)
	}
	return true
}

// sumOfPairs returns how many sockets a line of counts has.
func (l *line) sumOfPairs() (sum uint64) {
	for _, p := range l.pair[:l.pairs] {
		sum += p.number
	}
	return sum
}

// totalAhead cuts the sum off that a line of counts begins with: 160 total: 120
// ESTABLISHED, 40 TIME_WAIT. The sum is 0 if there is none.
func totalAhead(b []byte) (sum uint64, rest []byte) {
	numbers, words := 0, 0
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return 0, b
		}
		if n, note, size := readNumber(b[start:], false); size > 0 && note == exact {
			sum, numbers, end = n, numbers+1, start+size
		} else if w := b[start:end]; isTotal(w) || isFiller(w) && !isFamily(w) && !hasDigit(w) {
			words++
		} else {
			return 0, b
		}
		i = end
		between := b[end:]
		if next, _, ok := nextItem(b, end); ok {
			between = b[end:next]
		}
		if numbers == 1 && (words > 0 && bytes.ContainsAny(between, ":(=") || bytes.IndexByte(between, '(') >= 0 && mentions(b[i:]) > 1) {
			if bytes.Count(b[i:], []byte(",")) == 0 && mentions(b[i:]) < 2 || sign(b) != signNone {
				return 0, b
			}
			return sum, b[i:]
		}
		if numbers > 1 {
			return 0, b
		}
	}
}

// isUniq reports whether a line begins with a number as wide as uniq -c of coreutils
// and busybox makes it, so that what is after it is what was counted.
func isUniq(line []byte) bool {
	return len(line) > uniqWidth && line[0] == ' ' && isDigit(line[uniqWidth-2]) && line[uniqWidth-1] == ' ' && isNumber(bytes.TrimLeft(line[:uniqWidth-1], " "))
}

// isEnd reports whether w is an address, with its port or without.
func isEnd(w []byte) bool {
	return len(w) > 6 && (isAddress(w) || isEndpoint(w)) || len(w) > 2 && (string(w[:2]) == "*:" || string(w[:2]) == "::")
}

// isProcess reports whether w is what netstat -p prints of a process: 771/nginx.
func isProcess(w []byte) bool {
	i := bytes.IndexByte(w, '/')
	return i > 0 && i+1 < len(w) && isNumber(w[:i]) && isLetter(w[i+1])
}

// isNumberedOne reports whether a line names one connection by its number, and
// then its state: conn 17 state TIME_WAIT.
func isNumberedOne(b []byte) bool {
	var last []byte
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if numbersConnection(bytes.Trim(w, "[]()<>{}:,|")) {
			return true
		}
		if isNumber(bytes.Trim(w, "#:,")) {
			switch string(bytes.ToLower(bytes.Trim(last, "#:="))) {
			case "conn", "connection", "socket", "sock", "id", "fd", "session", "client", "peer", "stream", "pid":
				return true
			}
		}
		last = w
	}
	return false
}

// numbersConnection reports whether w is the number of one connection: conn-17,
// session#4, socket:[88120].
func numbersConnection(w []byte) bool {
	name := w[:lettersIn(w)]
	var lower [16]byte
	switch string(folded(lower[:0], name)) {
	case "conn", "connection", "socket", "sock", "session", "stream", "fd":
	default:
		return false
	}
	number := bytes.Trim(w[len(name):], "-_#:=/[]")
	return isNumber(number) && len(number) < len(w)
}

// A pairReader reads one line of counts.
type pairReader struct {
	state   tcp.State
	number  uint64
	note    notation
	has     [2]bool // a state, or a number, waits for its other half
	first   int     // which comes first in a pair: 1 the state, 2 the number
	words   int     // number of words that are neither a state nor a number
	filled  bool    // all those words are ones that people put around counts
	bare    bool
	spelled bool   // a state was read that is a word, not a code
	last    int    // position where the last number ended
	more    bool   // after several counts there is a remark that has a number
	unit    bool   // a number is followed by a unit, and the unit is not sockets
	ranked  bool   // the line begins with a count, as lines of uniq -c do
	ends    bool   // the line contains addresses
	ported  int    // number of those addresses that have a port
	path    bool   // the state is the last part of the path of a metric
	stray   []byte // the first word whose meaning is unknown
}

// read reads the whole line; ok is false when it is not a line of counts.
func (r *pairReader) read(l *line, b []byte) bool {
	r.filled = true
	comma := commaSeparates(b)
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			break
		}
		if r.last > 0 && r.hasState(l) && onlyMarks(b[r.last:start]) && isUnit(b[start:end]) {
			r.unit = true
			return false
		}
		if n, behind := totalNumber(b, start); behind > 0 && l.pairs > 0 && !r.has[0] && !r.has[1] {
			l.total, i = n, behind
			continue
		}
		if l.pairs > 0 && !r.has[0] && !r.has[1] && isRemark(b, start) && !namesState(b[start:]) {
			if hasEarlier(b[start:]) {
				l.pair[l.pairs-1].note = max(l.pair[l.pairs-1].note, earlier)
			}
			r.more = l.pairs > 1 && numberOutside(b[start:])
			r.strays(strayIn(b[start:]))
			break
		}
		if l.pairs > 0 && !r.has[0] && !r.has[1] {
			if n, behind := totalBehind(b, start); behind > 0 {
				l.total, i = n, behind
				continue
			}
		}
		next, taken := r.item(l, b, start, end, comma)
		if !taken {
			return false
		}
		i = next
	}
	if bytes.IndexByte(b, '=') < 0 && r.has[0] && l.pairs == 0 && r.words == 0 && r.first == 1 && !r.has[1] {
		r.bare = true
		l.add(pair{r.state, 1, exact})
		return true
	}
	return !r.has[0] && !r.has[1]
}

// behindBounds returns where the next word begins after a number b[start:end] of the data
// of a monitoring plugin, which has its bounds after it: established=12;500;600;0.
func behindBounds(b []byte, start, end int) int {
	if start == 0 || b[start-1] != '=' {
		return end
	}
	i, marks := end, 0
	for i < len(b) && (isDigit(b[i]) || bytes.IndexByte([]byte(";.:~@"), b[i]) >= 0) {
		if b[i] == ';' {
			marks++
		}
		i++
	}
	if marks < 2 || i < len(b) && b[i] != ' ' {
		return end
	}
	return i
}

// oddSign returns the number b[start:end] with the sign before it, when that is a star or
// a bracket that has no other half in the line: a remark, or a number that was cut.
func oddSign(line, b []byte, start, end int) []byte {
	if start == 0 {
		return nil
	}
	switch b[start-1] {
	case '(':
		if bytes.IndexByte(b[end:], ')') < 0 {
			return b[start-1 : end]
		}
	case '[':
		if bytes.IndexByte(b[end:], ']') < 0 {
			return b[start-1 : end]
		}
	case '*':
		line = bytes.TrimPrefix(bytes.TrimLeft(line, " \t"), []byte("* ")) // the mark of a list item
		if runs := len(bytes.FieldsFunc(line, func(c rune) bool { return c != '*' })); runs%2 == 1 {
			return b[start-1 : end]
		}
	}
	return nil
}

// totalBehind reads "of 168" or "total 168" at b[start:], after a count: the sum that
// it is a part of. end is where it ends; 0 if there is none.
func totalBehind(b []byte, start int) (n uint64, end int) {
	letters := lettersIn(b[start:])
	w, rest := b[start:start+letters], b[start+letters:]
	if string(w) != "of" && !isTotal(w) || len(rest) == 0 || isDigit(rest[0]) {
		return 0, 0
	}
	rest = bytes.TrimLeft(rest, " \t=:")
	n, note, size := readNumber(rest, false)
	if size == 0 || note != exact {
		return 0, 0
	}
	return n, len(b) - len(rest) + size
}

// totalNumber reads "160 total", after counts: their sum. end is where it ends, 0 when
// there is none.
func totalNumber(b []byte, start int) (n uint64, end int) {
	n, note, size := readNumber(b[start:], false)
	if size == 0 || note != exact {
		return 0, 0
	}
	for i := start + size; ; {
		from, to, ok := nextItem(b, i)
		if !ok {
			return 0, 0
		}
		if i = to; isTotal(b[from:to]) {
			return n, to
		}
		if w := b[from:to]; !isFiller(w) || isFamily(w) {
			return 0, 0
		}
	}
}

// isBound reports whether b ends with a sign which says that the number after
// it is a bound: >, >= or <, and no arrow and no tag.
func isBound(b []byte) bool {
	b = bytes.TrimRight(b, " \t=")
	if len(b) < 2 {
		return false
	}
	last, before := b[len(b)-1], b[len(b)-2]
	return (last == '>' || last == '<') && before != '=' && before != '-' && !bytes.ContainsAny(b[:len(b)-1], "<>")
}

// hasEarlier reports whether a remark has another number of the same thing:
// (was 7).
func hasEarlier(b []byte) bool {
	w, rest := nextWord(bytes.TrimLeft(b, " ([{,;#"))
	if isNumber(bytes.TrimRight(w, ")]} ")) && len(bytes.TrimSpace(rest)) == 0 {
		return true // as in "5 (7)"
	}
	return isEarlier(bytes.Trim(w, ":=")) && hasDigit(rest)
}

// hasState reports whether a state was read.
func (r *pairReader) hasState(l *line) bool { return l.pairs > 0 || r.has[0] }

// onlyMarks reports whether nothing is between a number and its unit but
// blanks, quotation marks and an opening bracket.
func onlyMarks(b []byte) bool { return len(bytes.Trim(b, " \t\"'([")) == 0 }

// item reads the word b[start:end] and returns where the next begins.
func (r *pairReader) item(l *line, b []byte, start, end int, comma bool) (next int, ok bool) {
	w := b[start:end]
	if _, is := epoch(w); is && l.pairs > 0 && !r.has[0] {
		return end, true // the time of a metric
	}
	if next, ok := r.names(b, start, end, l); ok {
		return next, true
	}
	if n, ok := r.padded(b, start, end, l); ok {
		r.last = end
		return end, r.take(l, 1, func() { r.number, r.note = n, exact })
	}
	if n, note, size := readNumber(b[start:], comma); size > 0 {
		if isBound(b[:start]) {
			note = rounded
		}
		if whole, all := blankGroups(b[start:], n, size); all > size && whole < mostGrouped {
			n, size = whole, all
			if note = blanks; l.narrow {
				note = exact
			}
		}
		r.last = start + size
		if sign := oddSign(l.line, b, start, r.last); sign != nil {
			r.strays(sign)
		}
		return behindBounds(b, start, r.last), r.take(l, 1, func() { r.number, r.note = n, note })
	}
	if path, s, ok := pathState(w); ok {
		l.source, r.spelled, r.path = path, true, true
		l.spelled.note(bytes.TrimPrefix(w[len(path):], []byte(".")))
		if last := path[bytes.LastIndexAny(path, "._:-")+1:]; len(last) > 0 && !namesMetric(last) {
			r.strays(last)
		}
		return end, r.take(l, 0, func() { r.state = s })
	}
	if n, ok := timesOf(w); ok {
		r.last = end
		return end, r.take(l, 1, func() { r.number, r.note = n, exact })
	}
	switch s, isState := countedState(bytes.TrimRight(w, ".")); {
	case isState && isDigit(w[0]) && (r.spelled || !alone(b, start, end)):
		return end, false // the digit belongs to a time or a number
	case isState && (s != tcp.Close || !isWait(b[end:])):
		r.spelled = r.spelled || !isDigit(w[0])
		l.spelled.note(w)
		return end, r.take(l, 0, func() { r.state = s })
	case isShare(w) && w[len(w)-1] == '%':
		r.words++
		return end, true
	case isShare(w):
		return end, l.pairs > 0 && !r.has[0] && !r.has[1]
	case isPicture(w):
		return end, true
	case hasDigit(w) && (len(w) != len("tcp6") || !isFiller(w)):
		return end, false
	}
	if r.last > 0 && r.last < start && string(w) == "%" && r.has[1] {
		return end, false // as in "95 % TIME_WAIT"
	}
	if r.leads(b, end, w, l) {
		r.strays(w)
		return end, true
	}
	r.words++
	r.filled = r.filled && isFiller(w)
	if l.pairs > 0 && !r.has[0] && !r.has[1] && !looksUpper(w) { // a remark that no mark introduces
		if gauge := r.path && string(w) == "g" && b[start-1] == '|'; !gauge && !isHarmless(bytes.TrimRight(w, ".!")) && (!r.ranked || saysWhat(w) || isForeignName(w)) {
			r.strays(w)
		}
		r.filled = true
		return end, true
	}
	return end, isFiller(w)
}

// leads reports whether a word of letters is the first of a line and a state and its
// number alone follow it: nginx ESTAB 5. What it says is not known.
func (r *pairReader) leads(b []byte, end int, w []byte, l *line) bool {
	if r.first != 0 || r.words > 0 || l.pairs > 0 || len(w) < 2 || !onlyLetters(w) || isFiller(w) || saysWhat(w) || isStatisticWord(w) || isForeignName(w) || isEarlier(w) || mentioned(w) || isCutState(w) {
		return false
	}
	return end < len(b) && b[end] == ' ' && countFollows(b[end:], true)
}

// padded reads a number of two digits with a nought before it, which is a state of the
// kernel elsewhere: ESTAB 05, 05 ESTAB.
func (r *pairReader) padded(b []byte, start, end int, l *line) (n uint64, ok bool) {
	w := b[start:end]
	if len(w) != 2 || w[0] != '0' || !isNumber(w) || !alone(b, start, end) || r.has[1] {
		return 0, false
	}
	if !r.has[0] && l.pairs == 0 {
		from, to, more := nextItem(b, end)
		if !more || isDigit(b[from]) {
			return 0, false
		}
		if _, state := stateWord(b[from:to]); !state {
			return 0, false
		}
	} else if !r.spelled {
		return 0, false
	}
	return atoi(w)
}

// names reports whether a word beside a state and its number says of what they are:
// an address or a process, which uniq -c counts with the state, or the key of a
// metric around the state, net.tcp.state[established].
func (r *pairReader) names(b []byte, start, end int, l *line) (next int, ok bool) {
	from := start
	for from > 0 && b[from-1] == ':' {
		from-- // as in "::1"
	}
	w, _ := nextWord(b[from:])
	counted := r.first == 2 || r.has[0] && !r.has[1]
	switch {
	case r.ranked && r.has[1] && from > 0 && b[from-1] == ' ' && len(w) > 1 && w[0] == ':' && isNumber(w[1:]):
		return from + len(w), true // as in ":80"
	case isEnd(w) && counted:
		r.ends = true
		if isEndpoint(w) {
			r.ported++
		}
		return from + len(w), true
	case r.ranked && (r.has[1] || l.pairs > 0) && (isProcess(w) || string(w) == "-" || (isHost(w) || r.has[1] && !r.has[0] && onlyLetters(w) && !isFiller(w) && !mentioned(w) && !isCutState(w)) && !saysWhat(w) && !isForeignName(w)):
		return start + len(w), true
	case r.ranked && l.pairs > 0 && bytes.HasPrefix(w, []byte("users:((")):
		return len(b), true
	case start > 0 && end == start+1 && b[start-1] == '[' && end < len(b) && b[end] == '|' && isLetter(b[start]):
		return end, true // the type of a Zabbix value, as in [u|120]
	case end < len(b) && b[end] == '[' && l.pairs == 0 && r.first == 0:
		if end == start+1 {
			return end, true // as in S["LISTEN"]
		}
		for part := range bytes.FieldsFuncSeq(b[start:end], betweenWords) {
			if !namesMetric(part) {
				return 0, false
			}
		}
		return end, true
	default:
		return 0, false
	}
}

// timesOf reads x120.
func timesOf(w []byte) (n uint64, ok bool) {
	digits, found := bytes.CutPrefix(w, []byte("x"))
	if !found {
		digits, found = bytes.CutPrefix(w, []byte("\u00d7"))
	}
	if !found || len(digits) == 0 || len(digits) > 9 {
		return 0, false
	}
	return atoi(digits)
}

// isForeignName reports whether w is another protocol than TCP.
func isForeignName(w []byte) bool {
	_, ok := foreignWord(w)
	return ok
}

// alone reports whether a blank or a quotation mark is on both sides of
// b[start:end], or a colon with a blank after it.
func alone(b []byte, start, end int) bool {
	if start > 0 && bytes.IndexByte([]byte(" \t\"',|"), b[start-1]) < 0 {
		return false
	}
	return end == len(b) || bytes.IndexByte([]byte(" \t\"',|="), b[end]) >= 0 || b[end] == ':' && end+1 < len(b) && b[end+1] == ' '
}

// pathState reads a state at the end of the path of a metric, as Graphite and
// statsd write it: servers.web1.tcp.TIME_WAIT.
func pathState(w []byte) (path []byte, s tcp.State, ok bool) {
	if field, munin := bytes.CutSuffix(w, []byte(".value")); munin {
		if s, ok = stateWord(field); ok {
			return nil, s.Reported(), true
		}
	}
	i := bytes.LastIndexByte(w, '.')
	if i < 2 {
		return nil, 0, false
	}
	if s, ok = stateWord(w[i+1:]); !ok || measures(w[:i]) || !isTag(w[:i]) {
		return nil, 0, false
	}
	ours := namesTCP(w[:i])
	for word := range bytes.FieldsFuncSeq(w[:i], betweenWords) {
		if _, other := foreignWord(word); other && !ours || saysWhat(word) || isTracking(word) {
			return nil, 0, false
		}
	}
	return w[:i], s.Reported(), true
}

// isTracking reports whether a word of a path is the connection tracking table.
func isTracking(w []byte) bool {
	switch string(w) {
	case "conntrack", "ipvs", "netfilter":
		return true
	default:
		return false
	}
}

// take notes a state or a number and, when it has both, adds them.
func (r *pairReader) take(l *line, which int, set func()) bool {
	if r.has[which] || l.pairs == maxPairs {
		return false
	}
	if r.first == 0 {
		r.first = which + 1
	}
	if !r.has[1-which] && r.first != which+1 {
		return false // the pairs of a line all have the same order
	}
	set()
	r.has[which] = true
	if r.has[0] && r.has[1] {
		l.add(pair{r.state, r.number, r.note})
		r.has = [2]bool{}
	}
	return true
}

func (l *line) add(p pair) {
	l.pair[l.pairs] = p
	l.pairs++
}

// counts makes the line a count of one state.
func (l *line) counts(p pair) {
	l.pairs = 0
	l.add(p)
	l.class, l.format = count, StateCounts
}

// countedState reads a state, also as two hex digits: the fourth column of
// /proc/net/tcp is counted in this way too.
func countedState(w []byte) (tcp.State, bool) {
	if s, ok := stateWord(w); ok {
		if s == tcp.Close && w[0]|0x20 == 'u' {
			s = ssState(s, nil) // ss writes UNCONN
		}
		return s.Reported(), true
	}
	if s, ok := namedAsMetric(w); ok {
		return s.Reported(), true
	}
	return procStateOf(w)
}

// namedAsMetric reads a state at the end of the name of a metric, or of a variable:
// TCP_ESTABLISHED, node_tcp_time_wait.
func namedAsMetric(w []byte) (tcp.State, bool) {
	const behind = len("tcp_")
	i := len(w) - behind - 1
	for i >= 0 && (w[i+behind-1] != '_' || !hasFold(w[i:], "tcp")) {
		i--
	}
	if i < 0 {
		return 0, false
	}
	for part := range bytes.SplitSeq(bytes.TrimRight(w[:i], "_"), []byte("_")) {
		if len(part) > 0 && !namesMetric(part) {
			return 0, false
		}
	}
	return stateWord(w[i+behind:])
}

// isMark reports whether c is put between or around words by people.
func isMark(c byte) bool {
	switch c {
	case ' ', '\t', ':', '=', ',', ';', '|', '"', '\'', '(', ')', '{', '}', '[', ']', '>', '`', '*':
		return true
	default:
		return false
	}
}

// nextItem returns the next word between marks. "/t" and "\t" in place of a
// tab are a mark too: a one-liner went round with them.
func nextItem(b []byte, i int) (start, end int, ok bool) {
	for i < len(b) {
		switch {
		case isMark(b[i]):
			i++
		case isArrow(b[i:]):
			i += 2
		case i > 0 && i+1 < len(b) && (b[i] == '-' || b[i] == '.') && isMark(b[i-1]) && isMark(b[i+1]):
			i++ // a dash between spaces
		case i > 1 && b[i] == '.' && b[i-1] == '.':
			i++ // the last of the dots
		default:
			for end = i; end < len(b) && !isMark(b[end]) && !isArrow(b[end:]); end++ {
			}
			return i, end, true
		}
	}
	return 0, 0, false
}

// isArrow reports whether b begins with two characters that stand between a
// word and its number: an arrow, or two of the dots that lead from one to the
// other.
func isArrow(b []byte) bool {
	return len(b) > 1 && b[0] == '.' && b[1] == '.' || len(b) > 2 && string(b[:3]) == "\u2026" || len(b) > 1 && (b[1] == 't' && (b[0] == '/' || b[0] == '\\') && (len(b) == 2 || isMark(b[2]) || isDigit(b[2])) ||
		b[0] == '-' && (b[1] == '>' || b[1] == '-'))
}

// isRemark reports whether a remark begins at b[i:].
func isRemark(b []byte, i int) bool {
	switch c := b[i]; {
	case i == 0 || !isMark(b[i-1]):
		return false
	case c == '#' || c == '<' || c == '!':
		return i == 0 || b[i-1] == ' ' || b[i-1] == '\t'
	default:
		return bytes.HasPrefix(b[i:], []byte("//")) || b[i-1] == '(' || b[i-1] == '{'
	}
}

// isWait reports whether b goes on with WAIT, or what is left of it: CLOSE
// before it is a CLOSE_WAIT that was damaged.
func isWait(b []byte) bool {
	w, _ := nextWord(b)
	w = bytes.TrimRight(w, ",;:.)]}|\"'")
	return len(w) >= 3 && bytes.EqualFold(w[len(w)-3:], []byte("AIT"))
}

func hasDigit(w []byte) bool {
	return slices.ContainsFunc(w, isDigit)
}

// looksUpper reports whether w is written as netstat and ss write states.
func looksUpper(w []byte) bool {
	upper := 0
	for _, c := range w {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case c == '_':
			return true
		case 'a' <= c && c <= 'z':
			return false
		}
	}
	return upper > 2
}

// isShare reports whether w is a share, as in 96.2% or 0.25.
func isShare(w []byte) bool {
	percent := bytes.HasSuffix(w, []byte("%"))
	w = bytes.TrimSuffix(w, []byte("%"))
	whole, part, dotted := bytes.Cut(w, []byte("."))
	n, ok := parseUint(whole)
	return ok && n <= 100 && (percent && !dotted || dotted && isNumber(part))
}

// isFiller reports whether w is one of the words that stand beside states and
// numbers in reports and change nothing.
func isFiller(w []byte) bool {
	var lower [24]byte
	if len(w) > len(lower) {
		return false
	}
	for i, c := range w {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(w)]) {
	case "and", "there", "we", "have", "\u6709", "\u5171\u6709", "\u72b6\u6001\u7684\u8fde\u63a5\u6709", "x", "\u00d7", "level", "info", "msg", "value", "name", "key", "tcp4", "tcp6", "ipv4", "ipv6", "map", "map[string]int", "counter", "connection", "connections", "conn", "conns", "socket", "sockets", "count", "counts", "total", "number", "num",
		"of", "in", "the", "state", "states", "status", "tcp", "is", "are", "%", "currently", "current", "now", "total:",
		"个", "個", "条", "條", "数", "數", "数量", "數量", "连接", "連接", "连接数", "連接數", "状态", "狀態", "的", "当前", "总数", "共", "是", "为",
		"个连接", "的连接数", "状态的连接数", "件", "接続":
		return true
	default:
		return fillsElsewhere(w)
	}
}

// fillsElsewhere is isFiller for words of other languages than English and Chinese: those
// for a state, for a number, and for connections.
func fillsElsewhere(w []byte) bool {
	var lower [32]byte
	switch string(folded(lower[:0], bytes.TrimRight(w, ".,"))) {
	case "zustand", "anzahl", "verbindung", "verbindungen", "und", "sind", "im", "der",
		"état", "État", "etat", "nombre", "connexion", "connexions", "et", "de", "en", "des",
		"estado", "estados", "cantidad", "número", "conexión", "conexiones", "conexão", "conexões", "quantidade", "y", "e",
		"stato", "connessione", "connessioni", "numero", "di", "in",
		"состояние", "Состояние", "соединение", "соединения", "соединений", "подключений", "подключения", "в", "и", "количество", "Количество", "число", "сокетов", "шт",
		"が", "は", "の", "個", "本", "コネクション", "ソケット", "状態", "件数", "接続数",
		"개", "건", "연결", "소켓", "상태", "의", "이", "가", "는", "은", "개수",
		"有", "共", "处于", "處於", "状态为", "狀態為", "连接有", "条连接", "個連線", "连接数为":
		return true
	default:
		return false
	}
}
