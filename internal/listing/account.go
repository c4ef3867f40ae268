// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// told is lines that are reported together: how many, and the first in its words.
type told struct {
	n    uint64
	line uint64
	text string
}

func (t *told) add(line uint64, words []byte) {
	if t.n == 0 {
		t.line, t.text = line, quote(words)
	}
	t.n++
}

// figures is the columns, or keys, whose numbers may count sockets, or may not.
type figures struct {
	told
	name string // of the first such line
}

func (f *figures) add(line uint64, name, words []byte) {
	if f.n == 0 {
		f.name = quote(name)
	}
	f.told.add(line, words)
}

// suspects is lines with a word and a number. Among counts by state they are
// counts that were lost; elsewhere they are text.
type suspects struct {
	n     uint64
	first [namedBroken]struct {
		line uint64
		text string
		word string
	}
}

// suspend keeps a line until it is known what the text is.
func (rd *Reader) suspend(word []byte) {
	l, s := &rd.line, &rd.suspects
	if word != nil && hasDigit(word) {
		word = l.get(1)
	}
	if s.n < namedBroken {
		s.first[s.n].line, s.first[s.n].text, s.first[s.n].word = rd.result.Lines, quote(l.line), string(word)
	}
	s.n++
	if rd.cutState == nil && isCutState(word) {
		rd.cutState = bytes.Clone(word)
	}
	l.known = true // not reported here: it is reported with the others of its kind
	l.class = text
}

// isCutState reports whether w is the start of a state's name, and no state itself.
func isCutState(w []byte) bool {
	if _, whole := stateWord(w); whole || len(w) < 4 {
		return false
	}
	for s := range tcp.AllStates.All() {
		for _, name := range [...]string{s.String(), s.RFC()} {
			if len(name) > len(w) && name[:len(w)] == string(w) {
				return true
			}
		}
	}
	return false
}

// repeats watches for the first connection of the listing coming again.
type repeats struct {
	first []byte // the first row of the listing
	probe int    // position in that row where rows differ most: its last digit
	line  uint64
	n     uint64 // how many times that row occurred again
	other bool   // a different row has occurred since
	apart bool   // it occurred again after a different row, so the whole table may be repeated
}

// row looks at a row and reports whether it is the first connection again.
// Sockets that listen can share all that is printed.
func (r *repeats) row(s tcp.State, raw []byte, line uint64) (again bool) {
	raw = raw[skipSpace(raw, 0):]
	if r.first != nil {
		if len(raw) >= len(r.first) && raw[r.probe] == r.first[r.probe] && bytes.HasPrefix(raw, r.first) && skipSpace(raw, len(r.first)) == len(raw) {
			r.n++
			r.apart = r.apart || r.other
			return true
		}
		r.other = true
		return false
	}
	if s != tcp.Listen && s != tcp.Bound && hasDigit(raw) {
		r.first, r.line = bytes.Clone(bytes.TrimRight(raw, " \t")), line
		r.probe = max(bytes.LastIndexAny(r.first, "0123456789"), 0)
	}
	return false
}

// moment begins a new table when one of the same kind has begun before: the
// heading is there again, or rows of another program are.
func (rd *Reader) moment() {
	l := &rd.line
	again := rd.headers[l.format] > 1 && (l.format != Proc || string(l.get(2)) != "remote_address")
	for f, n := range rd.byFormat {
		again = again || n > 0 && Format(f) != l.format && l.format != StateCounts
	}
	if again && rd.last.Total() > 0 {
		rd.breaks(l.line, rd.parting.shows())
		rd.last = Counts{}
	}
}

// noteCounts adds the states of a line of counts. A state that is there again
// begins a new moment.
func (rd *Reader) noteCounts() {
	l := &rd.line
	if l.total > 0 {
		rd.noteTotal()
	}
	if l.retracts {
		rd.retracted++
	}
	if rd.sums() {
		return
	}
	if prefix := l.line[:len(l.line)-len(withoutPrefix(l.line))]; len(prefix) > 0 && !l.celled {
		rd.clock(prefix, false)
		if !isFamily(bytes.Trim(prefix, " \t:|")) {
			rd.before.ofCount(prefix, rd.result.Lines)
		}
	}
	if len(l.source) > 0 {
		rd.clock(l.source, false)
		rd.before.note(l.source, rd.result.Lines)
	}
	rd.parted()
	if rd.ask.kinds.mixed() && !namesTCP(l.line) {
		rd.mixes = cmp.Or(rd.mixes, told{1, rd.askedAt.line, rd.askedAt.text})
	}
	rd.tcpNamed = rd.tcpNamed || rd.json == nil && namesTCP(l.line)
	rd.unconn = rd.unconn || bytes.Contains(l.line, []byte("UNCONN"))
	if rd.json == nil { // JSON writes names in its own way
		rd.spelled.add(l.spelled)
	}
	rd.sampled()
	if l.bare {
		rd.behindName = rd.behindName || len(withoutPrefix(l.line)) < len(bytes.TrimSpace(l.line))
		rd.bares.add(rd.result.Lines, l.line)
	} else {
		rd.numbered.add(rd.result.Lines, l.line)
	}
	rd.numbersInOrder()
	rd.codesOf()
	if rd.configures() {
		rd.listens.add(rd.result.Lines, l.line)
	}
	label, beside := uint64(0), rd.lastState > 0 && rd.lastAt+1 == rd.result.Lines
	if !l.bare {
		label = l.labelOf(&rd.ctx)
		rd.watchRow(label)
	}
	for _, p := range l.pair[:l.pairs] {
		k := StateCounts.kind(p.state)
		switch {
		case l.bare || rd.seenNow>>p.state&1 == 0:
		case rd.labelled(label, uint64(p.state)):
			rd.parts.pieces.add(rd.result.Lines, l.line)
		default:
			rd.inTurn.round(beside && rd.lastState > 0, rd.result.Lines, l.line)
			rd.newCounts(l.line, false)
		}
		if !l.bare {
			rd.inTurn.takes(p.state, p.number)
			rd.rollups[p.state].takes(p.number, rd.result.Lines, l.line)
			rd.byFamily.add(l, p, rd.result.Lines)
			rd.states[p.state]++
			rd.seenNow |= 1 << p.state
			rd.parts.label(label, uint64(p.state))
		}
		rd.counted[k][p.state] += p.number
		rd.lastCounted[k][p.state] += p.number
		rd.notes[p.note].add(rd.result.Lines, l.line)
	}
	rd.byFormat[StateCounts]++
}

// numbersInOrder watches whether the numbers of counts go up by one, as those of a list, or
// of the values of an enumeration, do.
func (rd *Reader) numbersInOrder() {
	l := &rd.line
	if l.pairs != 1 || l.bare {
		return
	}
	n := rd.byFormat[StateCounts]
	if n == 0 {
		rd.firstNumber = l.pair[0].number
		b := bytes.TrimSpace(l.line)
		digits := digitsAt(b)
		rd.listMarked = digits > 0 && digits < len(b) && (b[digits] == ')' || b[digits] == '.')
	}
	if l.pair[0].number == rd.firstNumber+n {
		rd.inOrder++
	}
}

// enumerates reports whether those numbers are the ones of a list.
func (rd *Reader) enumerates() bool {
	n := rd.byFormat[StateCounts]
	if n != rd.inOrder {
		return false
	}
	return n > 3 || rd.firstNumber <= 1 && (n > 2 || n == 2 && rd.listMarked)
}

// configures reports whether a count may be a line of settings, or a message, about a
// port: Listen 80, listening 8080. Where no other state is in the text it is.
func (rd *Reader) configures() bool {
	l := &rd.line
	if rd.json != nil && !rd.json.listens || l.pairs != 1 || l.bare || l.celled || l.wide || l.itemized || l.pair[0].state != tcp.Listen {
		return false
	}
	b := bytes.TrimLeft(withoutPrefix(l.line), " \t\"'")
	m, ok := nextMention(b, 0)
	const low, lowest = 20, 1000 // a setting below low is not a port; a count from lowest on needs more listeners than a machine without connections has
	if !ok || m.start > 0 || !hasDigit(b[m.end:]) {
		return false
	}
	setting := rd.json != nil || m.force == weak || l.pair[0].number >= lowest && b[m.end] == '='
	return setting && l.pair[0].number >= low && l.pair[0].number < 1<<16
}

// listensIdle reports so many listeners on one line as no machine has without a
// connection, beside nothing but CLOSE: they may be a port, as in listen: 8080, closed: 3.
func (rd *Reader) listensIdle() {
	const most = 1000
	listen, closed := rd.counted.Of(tcp.Listen), rd.counted.Of(tcp.Close)
	if rd.listens.n == 1 && closed > 0 && listen >= most && listen+closed == rd.counted.Total() {
		rd.breakAgain(rd.listens.line, problem.LineUnclear, nil, rd.listens.text)
	}
}

// closedAlone reports counts of nothing but closed or bound things, without a word that
// says they are sockets: doors, issues and volumes are closed or bound too. A state alone
// is one of a thing when the name of that, or a time, stands before it.
func (rd *Reader) closedAlone() {
	c, t := &rd.counted, rd.numbered
	if t.n == 0 && rd.behindName {
		t = rd.bares
	}
	if t.n > 0 && !rd.tcpNamed && !rd.listed && c.Of(tcp.Close)+c.Of(tcp.Bound) == c.Total() && !rd.unconn && rd.headers[StateCounts] == 0 && (rd.spelled.closed || c.Of(tcp.Bound) > 0) {
		rd.breakAgain(t.line, problem.LineUnclear, nil, t.text)
	}
}

// watchRow watches for counts of one state on lines next to each other that nothing
// tells apart: awk '{print $1, $7}' prints a state and a number of each socket.
func (rd *Reader) watchRow(label uint64) {
	l := &rd.line
	last, at := rd.lastState, rd.lastAt
	rd.lastState, rd.lastAt = 0, rd.result.Lines
	if l.pairs != 1 || label != 0 || isUniq(l.line) && l.n > 2 || rd.metric(l.line) || l.celled || l.itemized || len(l.source) > 0 || rd.json != nil || len(withoutPrefix(l.line)) < len(bytes.TrimSpace(l.line)) {
		return
	}
	rd.lastState = uint64(l.pair[0].state) + 1
	if last == rd.lastState && at+1 == rd.result.Lines {
		rd.inARow.add(rd.result.Lines, l.line)
	}
}

// sums reports whether a line is the sum of the counts before it, of machines
// or of ports: total TIME_WAIT 12, or Total,12,14 below a wide table. A sum that
// they do not add up to is reported.
func (rd *Reader) sums() bool {
	l := &rd.line
	start, end, ok := nextItem(l.line, 0)
	if !ok || l.bare || !isTotal(l.line[start:end]) {
		return false
	}
	right := true
	for _, p := range l.pair[:l.pairs] {
		if rd.states[p.state] == 0 {
			return false
		}
		right = right && rd.counted.Of(p.state) == p.number
	}
	if !right {
		rd.report(problem.LineOtherTotal, l.line, nil)
	}
	return true
}

// newCounts begins a new part of counts.
func (rd *Reader) newCounts(where []byte, shown bool) {
	if rd.lastCounted.Total() > 0 {
		rd.breaks(where, shown)
	}
	rd.lastCounted = Counts{}
	rd.seenNow = 0
	rd.countMoments++
}

// settle decides what the counts are when all has been read.
func (rd *Reader) settle() {
	if rd.rows() > 0 {
		rd.result.Last = rd.last
		return
	}
	rd.bothFamilies()
	rd.result.Counts, rd.result.Last = rd.counted, rd.lastCounted
	if n := rd.listens.n; n > 0 && n == rd.byFormat[StateCounts] {
		rd.result.Counts, rd.result.Last, rd.byFormat[StateCounts] = Counts{}, Counts{}, 0
		rd.breakAgain(rd.listens.line, problem.LineListens, nil, rd.listens.text)
		rd.result.Broken += n - 1
	}
	if rd.byFormat[StateCounts] > 0 {
		rd.listensIdle()
		rd.closedAlone()
		rd.timesOut()
		if t := rd.nameless; t.n > 0 {
			rd.breakAgain(t.line, problem.LineUnclear, nil, t.text)
		}
		rd.rollsUp()
		rd.accuse()
	}
}

// strip takes what was counted of netstat -s before its count by state began.
func (rd *Reader) strip() {
	rd.counted, rd.lastCounted, rd.seenNow, rd.numbered, rd.parts = Counts{}, Counts{}, 0, told{}, breaks{fresh: true}
	rd.states, rd.byFormat[StateCounts] = [tcp.Bound + 1]uint64{}, 0
}

// A likeness is a line that ends with a number and a word or two, or with a word
// and a number. It is a count by state that was lost when what is before those is
// what stands before the counts.
type likeness struct {
	names [3]uint64 // digests of the text before the last word, the last two and the last three words
	line  uint64
	text  string
	word  string
}

// mostLikely is how many such lines are kept.
const mostLikely = 64

// resembles keeps a line that may be a count after what stands before every line.
func (rd *Reader) resembles() {
	b := bytes.TrimSpace(rd.line.line)
	var words [3]int // positions where the last three words begin
	end := len(b)
	for i := range words {
		words[i] = bytes.LastIndexAny(b[:end], " \t") + 1
		if end = len(bytes.TrimRight(b[:words[i]], " \t")); end == 0 && i < 2 {
			return
		}
	}
	last, second := b[words[0]:], bytes.TrimSpace(b[words[1]:words[0]])
	if len(rd.likely) == mostLikely || !countsSomething(last) && !countsSomething(second) {
		return
	}
	l := likeness{line: rd.result.Lines, text: quote(b), word: string(second)}
	for i, start := range words {
		l.names[i], _ = nameOf(b[:start])
	}
	rd.likely = append(rd.likely, l)
}

// accuse makes the suspended lines of a text of counts broken ones.
func (rd *Reader) accuse() {
	s := &rd.suspects
	if rd.bares.n > 0 && rd.numbered.n > 0 {
		rd.breakLine(rd.bares.line, problem.LineNoNumber, nil, rd.bares.text)
		rd.result.Broken += rd.bares.n - 1
	}
	for i := range min(s.n, namedBroken) {
		rd.breakLine(s.first[i].line, problem.LineNoCount, []byte(s.first[i].word), s.first[i].text)
	}
	rd.result.Broken += s.n - min(s.n, namedBroken)
	s.n = 0
	for _, l := range rd.likely {
		if rd.before.rows > 0 && slices.Contains(l.names[:], rd.before.name) {
			rd.breakAgain(l.line, problem.LineNoCount, []byte(l.word), l.text)
		}
	}
}

// held is a row that ended too early. A line that follows may be its end: a
// page or a terminal was too narrow.
type held struct {
	text [512]byte
	n    int
	line uint64
	why  problem.Code
	word string

	component bool // the line may name a service, as netstat -b does
}

// hold keeps a broken row that ends too early until the next line is there.
func (rd *Reader) hold() {
	l := &rd.line
	if l.class != broken || !l.cut || len(l.line) > len(rd.held.text)/2 {
		rd.held.component = false
		return
	}
	h := &rd.held
	h.n, h.line, h.why, h.word = copy(h.text[:], l.line), rd.result.Lines, l.why, string(l.word)
	l.class = blank
}

// release reports the row that was held.
func (rd *Reader) release() {
	h := &rd.held
	h.component = false
	rd.breakLine(h.line, h.why, []byte(h.word), quote(h.text[:h.n]))
	h.n = 0
}

// completes tries whether raw is the end of the row that is held. It reports
// whether the line has been dealt with.
func (rd *Reader) completes(raw []byte) bool {
	h := &rd.held
	if h.n == 0 {
		return false
	}
	tail := bytes.TrimSpace(raw)
	if h.component && (isProgram(tail) || bytes.HasPrefix(tail, []byte("Can not obtain"))) {
		h.n, h.component = 0, false
		rd.result.Ignored.Text++
		return false
	}
	if len(tail) == 0 {
		return true // blank lines may stand between the halves
	}
	if _, complete := rowStart(raw, 0); !complete && h.n+1+len(tail) < len(h.text) {
		for _, between := range [...]string{" ", ""} {
			whole := append(append(append(rd.scratch[:0], h.text[:h.n]...), between...), tail...)
			rd.scratch = whole
			if rd.again(whole) && rd.line.class == row {
				h.n = 0
				rd.joined()
				rd.note()
				return true
			}
		}
	}
	rd.release()
	return false
}

// doubt breaks what was left over of items that had a state or a number alone,
// and the numbers of a document that are not understood.
func (rd *Reader) doubt() {
	rd.ctx.item.ends()
	rd.narrow()
	if rd.attributes.named() {
		rd.breakAgain(rd.result.Lines, problem.LineProtocol, nil, quote([]byte(rd.attributes.proto+"="+rd.attributes.value)))
	}
	if n := rd.ctx.item.unpaired; n > 0 {
		rd.breakAgain(rd.result.Lines, problem.LinePairs, nil, quote(rd.line.line))
		rd.result.Broken += n - 1
	}
	if t := rd.ctx.item.stateless; t.n > 0 {
		rd.breakAgain(rd.result.Lines, problem.LineStateless, nil, t.text)
		rd.result.Broken += t.n - 1
	}
	if t := rd.paused; t.n > 0 && (rd.begun() || rd.ctx.started != Unrecognised) {
		rd.breakAgain(t.line, problem.LineGoesOn, nil, t.text)
	}
	if rd.wide16 != nil && rd.wide16.odd {
		rd.breakAgain(rd.result.Lines, problem.LineUnreadable, nil, quote(rd.line.line))
	}
	if t := rd.strangers; t.n > 0 && (rd.rows() > 0 || rd.byFormat[StateCounts] > 0) {
		rd.breakAgain(t.line, problem.LineUnreadable, nil, t.text)
		rd.result.Broken += t.n - 1
	}
	if t := rd.above; len(t.word) > 0 && t.says && rd.rows() == 0 && rd.byFormat[StateCounts] > 0 {
		rd.stood() // the line stands below the last count
	}
	if t := rd.vsock; t.n > 0 && rd.byFormat[SS] > 0 && !rd.netid {
		rd.breakAgain(t.line, problem.LineProtocol, nil, t.text) // the listeners of this protocol that end in * look like those of TCP
	}
	if rd.open > 0 {
		rd.breakAgain(rd.opened.line, problem.LineOpen, nil, rd.opened.text)
	}
	if t := rd.total; t.n > 0 && rd.byFormat[StateCounts] > 0 && t.n != rd.counted.Total() && (rd.countMoments == 0 || t.n != rd.lastCounted.Total()) {
		rd.breakAgain(t.line, problem.LineOtherTotal, nil, t.text)
	}
	if rd.enumerates() {
		rd.breakAgain(rd.numbered.line, problem.LineUnclear, nil, rd.numbered.text)
	}
	if j := rd.json; j != nil {
		if j.strange.n > 0 && j.counted > 0 {
			rd.breakAgain(j.strange.line, problem.LineUnclear, nil, j.strange.text)
		}
		if j.words.named() {
			j.doubt("", j.words.proto, j.words.value)
		}
		for _, d := range j.doubts[:min(j.doubted, namedBroken)] {
			rd.breakAgain(d.line, problem.LineUnclear, nil, d.text)
		}
		rd.result.Broken += j.doubted - min(j.doubted, namedBroken)
	}
}

// noteTotal keeps the total that a text of counts states itself.
func (rd *Reader) noteTotal() {
	l := &rd.line
	if l.total > 0 {
		rd.total = told{l.total, rd.result.Lines, quote(l.line)}
		return
	}
	if n, ok := totalOf(l.line); ok {
		rd.total = told{n, rd.result.Lines, quote(l.line)}
	}
}

// totalOf reads a line that is a sum: one number, and words for a total.
func totalOf(b []byte) (n uint64, ok bool) {
	numbers, totals := 0, 0
	for i := 0; ; {
		start, end, more := nextItem(b, i)
		if !more {
			return n, numbers == 1 && totals > 0
		}
		value, _, size := readNumber(b[start:], false)
		switch w := b[start:end]; {
		case size > 0:
			n, end = value, start+size
			numbers++
		case isTotal(w):
			totals++
		case !isFiller(w):
			return 0, false
		}
		i = end
	}
}

// isTotalCell reports whether a cell, of one word or several, stands beside the sum
// of counts.
func isTotalCell(cell []byte) bool {
	totals := 0
	for w, rest := nextWord(cell); w != nil; w, rest = nextWord(rest) {
		if isTotal(w) {
			totals++
		} else if !isFiller(w) {
			return false
		}
	}
	return totals > 0
}

// isTotal reports whether w stands beside the sum of counts.
func isTotal(w []byte) bool {
	var lower [32]byte
	switch string(folded(lower[:0], bytes.Trim(w, ":"))) {
	case "total", "totals", "grand", "sum", "all", "overall", "合计", "總計", "总计", "总数", "合計", "總數", "共计", "共計", "総数", "総計", "합계", "총계",
		"summe", "gesamt", "gesamtsumme", "insgesamt", "gesamtzahl", "somme", "totaux", "suma", "totales", "soma", "totais", "totale", "somma", "totaal", "totalt", "samtlet", "yhteensä", "razem", "łącznie", "celkem", "összesen", "toplam",
		"итого", "Итого", "всего", "Всего", "сумма", "Сумма", "разом", "усього", "jumlah", "tổng":
		return true
	default:
		return false
	}
}
