// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file is the second look at lines that are no row where they begin: what
// stands before a row, what a program escaped, what separates columns
// elsewhere. A line that stays unread is decoration, or it is reported.

// look reads a line again that was not read, or that is broken.
func (rd *Reader) look() {
	l := &rd.line
	if l.known {
		if !rd.ctx.item.has[1] { // else its number waits for a state
			rd.noteTotal()
		}
		return
	}
	if rd.lookAtTag() {
		return
	}
	if c, ok := titleOf(l.line); ok {
		rd.titledAt, rd.titleWord = told{1, rd.result.Lines, quote(l.line)}, bytes.Clone(bytes.TrimSpace(l.line))
		l.known = rd.block || rd.ctx.titled != blank // else it is reported with the others
		rd.ctx.titled, rd.ctx.titledSure, rd.ctx.measured = c, surely(l.line), false
		return
	}
	if isMoment(l.line) {
		l.class, l.known = text, true
		if rd.begun() {
			rd.parting.dated = true
			rd.apart(l.line)
		}
		return
	}
	if s := sign(l.line); s != signNone {
		if s == signLogfmt && rd.lookAtLogfmt(l.line) {
			return
		}
		rd.signed(s)
		return
	}
	if l.class == broken && l.why == problem.LineColumns {
		return
	}
	was, read := *l, rd.ctx.item.has
	rd.ctx.item.has = rd.waiting // for another reading of the line
	line := l.line
	if ended, ok := bytes.CutSuffix(line, []byte("$")); ok && rd.again(ended) {
		return // output of cat -A
	}
	if rd.lookAtFields(line) || rd.lookAtItem(line) || rd.lookBetweenScripts(line) || rd.lookPastAnds(line) || rd.lookAtDocument(line) || rd.lookAtShellDocument(line) || rd.lookAtElement(line) || rd.lookAtElements(line) || rd.lookAtLeaf(line) || rd.lookPastPager(line) || rd.lookBehindPrefix(line) || rd.lookUnescaped(line) || rd.lookPastEntities(line) || rd.lookPastFences(line) || rd.lookAtColumns(line) || rd.lookPastTags(line) || rd.lookRespelled(line) {
		return
	}
	*l = was
	l.line = line
	if rd.rows() == 0 && severalNumbers(line) && (rd.ctx.started == Unrecognised || rd.ctx.started == StateCounts || rd.ctx.table.unsure) {
		l.broke(StateCounts, problem.LineSeveral)
		return
	}
	if l.class == broken {
		rd.ctx.item.has = read
		return
	}
	rd.unread()
}

// signed notes a line that tells what the text is. The first counts, unless a
// later one spoils more.
func (rd *Reader) signed(s signature) {
	l := &rd.line
	l.class, l.known = text, true
	if s == signSysctl {
		rd.sets(bytes.TrimSpace(l.line))
	}
	if s.holdsStates() {
		rd.strangers.add(rd.result.Lines, l.line)
	}
	if rd.sign == signNone || s.spoils() > rd.sign.spoils() {
		rd.sign = s
	}
}

// again classifies raw in the place of the line; only a row, a heading, a count
// or a row of another protocol is taken.
func (rd *Reader) again(raw []byte) bool {
	l := &rd.line
	started := rd.ctx
	l.classify(raw, &rd.ctx)
	switch l.class {
	case text, blank, broken:
		if l.class == text && l.known {
			return true // half of an item, which the context keeps
		}
		rd.ctx = started
		return false
	default:
		return true
	}
}

// lookBehindPrefix finds a row, or a heading, after something else.
func (rd *Reader) lookBehindPrefix(line []byte) bool {
	line = withoutBorders(line)
	start, ok := rowStart(line, 0)
	if !ok || start == 0 {
		start, ok = headingStart(line)
	}
	if !ok || start == 0 {
		return false
	}
	prefix := line[:start]
	if !rd.again(line[start:]) {
		return false
	}
	switch rd.line.class {
	case otherUDP, otherUnix, otherRaw, otherProto:
		rd.line.byWord = false
		return !evident(prefix) // or what is before it is lost
	case row:
		if other, ok := protocolBefore(prefix); ok && rd.line.format == SS && !isTCP(rd.line.at[0]) {
			n := rd.namesake(other)
			if n.named = n.named || cannotBe(other, rd.line.state); !n.named {
				rd.line.class, rd.line.byWord = other, countFields(prefix) == 1
				return true
			}
		}
		if w := rd.oddProtocol(prefix); w != nil {
			rd.line.broke(SS, problem.LineProtocol)
			return true
		}
		if evident(prefix) || isTimes(prefix) {
			rd.besides(problem.LineBeforeRow, prefix, nil)
		}
		rd.before.note(prefix, rd.result.Lines)
		rd.clock(prefix, false)
		rd.edits(prefix)
	default: // a heading or a count
		if rd.line.class == header && mentions(prefix) > 0 {
			rd.besides(problem.LineBeforeHead, prefix, nil)
		}
	}
	return true
}

// oddProtocol returns the word before a row of ss that stands where the protocol
// does and is none, or is one with a mark of doubt, or the end of one; nil if there is none.
func (rd *Reader) oddProtocol(prefix []byte) []byte {
	if rd.line.format != SS || isTCP(rd.line.at[0]) {
		return nil
	}
	w := bytes.TrimSpace(prefix)
	w = w[bytes.LastIndexAny(w, " \t")+1:]
	name := bytes.TrimRight(w, "?*!~+")
	_, other := foreignWord(name)
	if (rd.ctx.netid || len(name) < len(w) && (other || isTCP(name))) && !isTCP(bytes.Trim(w, "()[]{}<>:,;\"'`*|")) {
		return w
	}
	if isCutProtocol(w) {
		return w
	}
	return nil
}

// protocolBefore returns the protocol that the last word of a prefix names in
// brackets or with a mark: [udp], udp:, proto=udp.
func protocolBefore(prefix []byte) (class, bool) {
	prefix = bytes.TrimRight(prefix, " \t")
	w := prefix[bytes.LastIndexAny(prefix, " \t=")+1:]
	w = bytes.Trim(w, "()[]{}<>:,;\"'")
	if string(w) == "raw" {
		return otherRaw, true
	}
	return foreignWord(w)
}

// withoutBorders takes the end of a frame off a line that has nothing but a
// frame around it, as a pane of tmux has.
func withoutBorders(line []byte) []byte {
	b := bytes.TrimSpace(line)
	if len(b) > 2 && b[0] == '|' && b[len(b)-1] == '|' && bytes.Count(b, []byte("|")) == 2 {
		return b[:len(b)-1]
	}
	return line
}

// edits watches for the marks of a diff before rows.
func (rd *Reader) edits(prefix []byte) {
	mark := bytes.TrimSpace(prefix)
	if len(mark) != 1 {
		return
	}
	if skipSpace(prefix, 0) >= gutter && mark[0] == '>' && rd.sign == signNone {
		rd.sign = signSides // diff -y: the left side lacks the line
	}
	switch prefix[0] {
	case '+', '<':
		rd.added.add(rd.result.Lines, mark)
	case '-':
		if string(prefix) == "- " {
			rd.bullets++
			return
		}
		rd.removed = true
	case '>':
		rd.quoted = true
	}
}

// gutter is how far in the mark of diff -y is at least that stands before a
// line of the right side alone.
const gutter = 8

// headingStart finds a heading of one of the tools after something else.
func headingStart(line []byte) (start int, ok bool) {
	for _, heading := range [...]string{
		"Active Internet connections", "Active Connections", "Active UNIX", "Proto Recv-Q", "Proto  Local Address", "Proto RefCnt", "State Recv-Q", "State  ", "Netid ",
		"sl  local_address", "LocalAddress ", "Recv-Q Send-Q",
	} {
		if i := bytes.Index(line, []byte(heading)); i > 0 && (line[i-1] < 'a' || line[i-1] > 'z') {
			return i, true
		}
	}
	return 0, false
}

// lookUnescaped reads the line without escape sequences and line ends that a
// program wrote as text.
func (rd *Reader) lookUnescaped(line []byte) bool {
	if bytes.IndexByte(line, '\\') < 0 && bytes.IndexByte(line, '^') < 0 && bytes.IndexByte(line, '[') < 0 {
		return false
	}
	rd.scratch = append(rd.scratch[:0], line...)
	out, changed := unliteral(rd.scratch)
	if !bytes.Contains(out, []byte(`\n`)) {
		return changed && (rd.again(out) || rd.lookBehindPrefix(out))
	}
	first, rest := piece(realLines(out))
	if len(rest) > 0 {
		rd.putBack(rest)
	}
	if !rd.again(first) && !rd.lookBehindPrefix(first) {
		if rd.line.classify(first, &rd.ctx); rd.line.class == broken {
			return true
		}
		rd.line.reset()
		rd.line.split(first)
		rd.line.class = text
		if rd.line.n == 0 {
			rd.line.class = blank
			return true
		}
		rd.unread()
	}
	return true
}

// realLines returns b with the line ends and tabs that stand in it as characters
// as what they mean, so that each piece of it is looked at once.
func realLines(b []byte) []byte {
	return []byte(strings.NewReplacer(`\r\n`, "\r", `\n`, "\r", `\t`, " \t").Replace(string(b)))
}

// severalNumbers reports whether a line is one state with several numbers and
// nothing else: its counts at two times, or on two machines.
func severalNumbers(b []byte) bool {
	states, numbers := 0, 0
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return states == 1 && numbers > 1
		}
		w := b[start:end]
		if _, _, size := readNumber(b[start:], true); size > 0 {
			numbers, end = numbers+1, start+size
		} else if _, ok := stateWord(w); ok {
			states++
		} else if !isShare(w) && !isNumber(bytes.TrimLeft(w, "+-")) {
			return false
		}
		i = end
	}
}

// putBack puts b in front of the unread rest of the line. It copies: the line may share
// memory with b.
func (rd *Reader) putBack(b []byte) {
	if rd.rest == nil {
		rd.rest = bytes.Clone(b)
		return
	}
	rd.rest = slices.Concat(b, []byte("\r"), rd.rest)
}

// lookAtColumns reads the line with blanks for the marks between its columns:
// rows that went through a spreadsheet, a table of markdown, a list in JSON.
func (rd *Reader) lookAtColumns(line []byte) bool {
	if !bytes.ContainsAny(line, ",;|\"") {
		return false
	}
	rd.scratch = append(rd.scratch[:0], line...)
	for i, c := range rd.scratch {
		if c == ',' || c == ';' || c == '|' || c == '"' || c == '\'' {
			rd.scratch[i] = ' '
		}
	}
	before := rd.ctx
	rd.line.classify(rd.scratch, &rd.ctx)
	if rd.line.class == row || rd.line.class == header {
		return true
	}
	rd.ctx = before
	return rd.lookBehindPrefix(rd.scratch) && rd.line.class == row
}

// lookBetweenScripts reads the line with a blank between Latin letters or digits and
// those of Chinese, Japanese and Korean, which put none there.
func (rd *Reader) lookBetweenScripts(line []byte) bool {
	const firstOfHan = 0x2E80
	out, last, changed := rd.scratch[:0], rune(0), false
	for _, c := range string(line) {
		latin := c < utf8.RuneSelf && (isLetter(byte(c)) || isDigit(byte(c)))
		if latin && last >= firstOfHan || c >= firstOfHan && last < utf8.RuneSelf && (isLetter(byte(last)) || isDigit(byte(last))) {
			out, changed = append(out, ' '), true
		}
		out = utf8.AppendRune(out, c)
		last = c
	}
	rd.scratch = out
	if !changed || !utf8.Valid(line) || likeRow(line) {
		return false // in a row it is damage
	}
	was := rd.ctx
	if rd.again(out) && rd.line.class == count && !rd.line.bare {
		return true
	}
	rd.ctx = was
	return false
}

// lookPastAnds reads the line with blanks for what stands between the cells of LaTeX, and
// between the parts of a query.
func (rd *Reader) lookPastAnds(line []byte) bool {
	if bytes.IndexByte(line, '&') < 0 || bytes.IndexByte(line, ';') >= 0 {
		return false
	}
	rd.scratch = append(rd.scratch[:0], bytes.TrimSuffix(bytes.TrimRight(line, " "), []byte(`\\`))...)
	for i, c := range rd.scratch {
		if c == '&' {
			rd.scratch[i] = ' '
		}
	}
	return rd.again(rd.scratch) || rd.lookRespelled(bytes.Clone(rd.scratch))
}

// lookPastTags reads the line without the tags of a page.
func (rd *Reader) lookPastTags(line []byte) bool {
	if bytes.IndexByte(line, '<') < 0 {
		return false
	}
	rd.scratch = withoutTags(rd.scratch[:0], line)
	return rd.again(rd.scratch) || rd.lookBehindPrefix(rd.scratch)
}

// withoutTags appends a line to out with blanks for the tags of a page, and a tab
// between the cells of a table.
func withoutTags(out, line []byte) []byte {
	for rest := line; ; {
		start := bytes.IndexByte(rest, '<')
		end := bytes.IndexByte(rest[max(start, 0):], '>')
		if start < 0 || end < 2 || rest[start+1] != '/' && (rest[start+1] < 'a' || rest[start+1] > 'z') {
			return append(out, rest...)
		}
		out = append(out, rest[:start]...)
		name, _ := firstWord(rest[start+1 : start+end])
		switch string(bytes.TrimLeft(name, "/")) {
		case "td", "th":
			if name[0] != '/' && len(bytes.TrimSpace(out)) > 0 {
				out = append(bytes.TrimRight(out, " "), '\t')
			}
		default:
			out = append(out, ' ')
		}
		rest = rest[start+end+1:]
	}
}

// lookPastEntities reads the line with the characters that a page writes by their
// names.
func (rd *Reader) lookPastEntities(line []byte) bool {
	if i := bytes.IndexByte(line, '&'); i < 0 || bytes.IndexByte(line[i:], ';') < 0 {
		return false
	}
	plain := []byte(html.UnescapeString(string(line)))
	return !bytes.Equal(plain, line) && bytes.IndexByte(plain, '\n') < 0 && (rd.again(plain) || rd.lookBehindPrefix(plain))
}

// lookAtLogfmt reads the states among the names and values of a line of a log. A
// number under a name that is not known to tell of the line itself is reported.
func (rd *Reader) lookAtLogfmt(line []byte) bool {
	out, stray := rd.scratch[:0], []byte(nil)
	for rest := bytes.TrimSpace(line); len(rest) > 0; {
		var key, value []byte
		if key, value, rest = logfmtPair(rest); len(key) == 0 {
			return false
		}
		if s, ok := loosely(key); ok && isNumber(value) {
			out = append(append(append(append(out, s.String()...), ' '), value...), ' ')
		} else if isNumber(value) && !isLabelName(key) && !isTimeKey(string(key)) || scales(value) || !isNumber(value) && mentioned(value) {
			stray = key
		}
	}
	if rd.scratch = out; len(out) == 0 || !rd.again(out) {
		return false
	}
	rd.clock(line, false)
	if rd.line.stray == nil {
		rd.line.stray = bytes.Clone(stray)
	}
	return true
}

// logfmtPair cuts name=value off b; the value can be in quotation marks. The name
// is empty where there is none.
func logfmtPair(b []byte) (key, value, rest []byte) {
	i := bytes.IndexByte(b, '=')
	if i < 1 || bytes.IndexByte(b[:i], ' ') >= 0 {
		return nil, nil, nil
	}
	key, rest = b[:i], b[i+1:]
	if len(rest) > 0 && rest[0] == '"' {
		end := bytes.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, nil, nil
		}
		return key, rest[1 : 1+end], bytes.TrimLeft(rest[end+2:], " ")
	}
	end := bytes.IndexByte(rest, ' ')
	if end < 0 {
		end = len(rest)
	}
	return key, rest[:end], bytes.TrimLeft(rest[end:], " ")
}

// isMoment reports whether a line is the title of one of two looks: before, After:.
func isMoment(b []byte) bool {
	if len(b) > 48 || countFields(b) > 4 {
		return false
	}
	moments, n := 0, 0
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		n++
		switch string(bytes.ToLower(w)) {
		case "before", "after", "afterwards", "later", "then", "now", "again", "vorher", "nachher", "danach", "avant", "après", "antes", "después", "depois", "prima", "dopo", "之前", "之后", "以前", "以后", "前", "后", "до", "после":
			moments++
		default:
		}
	}
	return moments == 1 && n == 1
}

// lookRespelled reads the line with the names of states as the tools spell them.
func (rd *Reader) lookRespelled(line []byte) bool {
	out, changed := respelled(rd.scratch[:0], line)
	rd.scratch = out
	return changed && (rd.again(out) || rd.lookBehindPrefix(out))
}

// unread decides what a line without a meaning is: decoration, a broken line
// because a socket may be in it, or text, which is reported.
func (rd *Reader) unread() {
	l := &rd.line
	switch {
	case rd.heads(l.line): // reported with the other lines
	case isNameLine(l.line) && isHostWord(l.at[l.n-1]) && l.n <= 3:
		rd.parting.names(bytes.TrimSpace(l.line))
		rd.apart(bytes.TrimSpace(l.line))
	case isTurnOf(l.line):
		rd.parting.names(l.at[l.n-1])
		rd.apart(bytes.TrimSpace(l.line))
		l.known = true
	case isElement(l.line):
		rd.signed(signXML)
	case isPrompt(bytes.TrimSpace(l.line)) && !says(l.line, isOmission) && (rd.begun() || rd.ctx.started != Unrecognised): // else it is a title
		l.known = true
		rd.paused = told{1, rd.result.Lines, quote(l.line)}
	case brokeOff(l.line):
		l.broke(rd.ctx.started, problem.LineBrokeOff)
	case alike(l.line) && rd.begun():
		l.broke(rd.ctx.started, problem.LineLeftOut)
	case isElision(behindPrompt(l.line)) && (rd.begun() || rd.ctx.started != Unrecognised):
		l.broke(rd.ctx.started, problem.LineLeftOut)
	case rd.ctx.started == Windows && isComponent(l):
		l.ends(Windows, problem.LineUnreadable) // unless its program is in the next line
		rd.held.component = true
	case rd.pidless && rd.block && rd.ctx.started == Windows && l.n == 1 && isNumber(l.at[0]):
		l.known, rd.pidless = true, false // a page was too narrow for it
	case rd.rows() == 0 && rd.unknownState():
	case rd.rows() == 0 && (isShellDocument(l.line) || numbersElement(l.line) || rd.numbersLine()):
		rd.suspend(nil)
	case rd.rows() == 0 && rd.strangeMember():
		rd.suspend(l.at[0])
	case l.decoration(&rd.ctx):
		l.known = true
		rd.noteTotal()
	case countOf(l.line) > 0 && rd.rows() == 0:
		rd.things[countOf(l.line)]++
		rd.suspend(nil)
	case rd.rows() == 0 && l.likeCount() && (isCutState(l.at[0]) || isCutState(l.at[1])):
		rd.suspend(l.at[0])
	case evident(l.line) || rd.block && (!l.likeCount() || rd.rows() > 0):
		l.broke(rd.ctx.started, problem.LineUnreadable)
	case l.likeCount():
		rd.suspend(l.at[0])
	case rd.rows() == 0 && l.beginsOrEndsWithNumber(), l.n <= 4 && rd.rows() == 0 && mentions(l.line) > 0:
		rd.suspend(nil)
	}
	if l.entitles() {
		rd.titleNamed = rd.titleNamed || !isCommand(bytes.TrimSpace(l.line)) && strayInTitle(l.line) == nil && isHostWord(bytes.ToLower(bytes.Trim(l.line, "=-#*_~[]:<> \t")))
		if _, rd.ctx.titled, _ = otherProtocol(l.line); isNameLine(l.line) {
			rd.ctx.titled = blank
		}
		rd.ctx.titledSure = surely(l.line)
		rd.ctx.measured = ofOthers(l.line) || !isCommand(bytes.TrimSpace(l.line)) && (measures(l.line) || hasMeasure(string(l.line))) // whether the heading says that the numbers below do not count sockets
	}
}

// isTurnOf knows the line of pssh above what a machine printed: [1] 04:05:06 [SUCCESS] web1.
func isTurnOf(b []byte) bool {
	number, rest := nextWord(b)
	at, rest := nextWord(rest)
	verdict, rest := nextWord(rest)
	host, more := nextWord(rest)
	return len(number) > 2 && number[0] == '[' && isNumber(bytes.Trim(number, "[]")) && isTime(at) && string(verdict) == "[SUCCESS]" && isTag(host) && len(bytes.TrimSpace(more)) == 0
}

// unknownState suspends a line that counts a state whose name is not known, in the
// shape of a log, of a page or of netstat -s. It reports whether it is one.
func (rd *Reader) unknownState() bool {
	l := &rd.line
	if word := namedState(l.line); word != nil {
		rd.suspend(word)
		return true
	}
	if i := bytes.Index(l.line, []byte(" connections in ")); i > 0 && rd.ctx.bsd && bytes.HasSuffix(bytes.TrimSpace(l.line), []byte(" state")) {
		word, _ := nextWord(l.line[i+len(" connections in "):])
		rd.suspend(word)
		return true
	}
	if first, rest, ok := cutCell(withoutPrefix(l.line)); ok {
		second, more, ok := cutCell(rest)
		if ok && len(more) == 0 && (countsSomething(first) || countsSomething(second)) {
			rd.suspend(first)
			return true
		}
	}
	rd.resembles()
	return false
}

// namedState returns the state that a line of names and values counts, state=TW
// count=9, nil when it counts none.
func namedState(b []byte) []byte {
	i, j := bytes.Index(b, []byte("state=")), bytes.Index(b, []byte("count="))
	if i < 0 || j < 0 {
		return nil
	}
	word, _ := nextWord(bytes.TrimLeft(b[i+len("state="):], " \"'"))
	number, _ := nextWord(b[j+len("count="):])
	if !countsSomething(bytes.Trim(number, "\"',;")) {
		return nil
	}
	if word == nil {
		word = b[i : i+len("state=")]
	}
	return word
}

// cutCell cuts the first cell off a row of a table of HTML.
func cutCell(b []byte) (cell, rest []byte, ok bool) {
	b = bytes.TrimPrefix(bytes.TrimSpace(b), []byte("<tr>"))
	b, ok = bytes.CutPrefix(bytes.TrimSpace(b), []byte("<td>"))
	if !ok {
		return nil, nil, false
	}
	cell, rest, ok = bytes.Cut(b, []byte("</td>"))
	return bytes.TrimSpace(cell), bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("</tr>")), ok
}

// numbersLine reports whether a line begins with its number, and has another after
// words: a count by state in a text with numbers before its lines.
func (rd *Reader) numbersLine() bool {
	start, end, ok := nextItem(rd.line.line, 0)
	if !ok {
		return false
	}
	n, ok := atoi(rd.line.line[start:end])
	rest := rd.line.line[end:]
	return ok && n == rd.result.Lines && hasDigit(rest) && hasLetter(rest) && rd.line.n <= 5
}

// behindPrompt returns the line without the prompt before it.
func behindPrompt(line []byte) []byte {
	command, _ := afterPrompt(bytes.TrimSpace(line))
	return command
}

// strangeMember reports whether a line is a member of an object whose name is
// not known and whose value may be a number of sockets, or whose name has a
// state in it.
func (rd *Reader) strangeMember() bool {
	b := withoutPrefix(rd.line.line)
	if value, ok := bytes.CutPrefix(b, []byte(`"":`)); ok {
		return countsSomething(bytes.Trim(value, ` ",`))
	}
	name, value, ok := member(b)
	if !ok || rd.line.n < 2 {
		return false
	}
	if _, known := columnOf(name); known {
		return false
	}
	return mentioned(name) && !measures(name) || !describes(name) && countsSomething(value)
}

// entitles reports whether a line that was not read stands above what it is of:
// a word with a colon, between marks, or a command.
func (l *line) entitles() bool {
	b := bytes.TrimSpace(l.line)
	if isCommand(b) {
		return true
	}
	name := bytes.Trim(b, "=-#*_~[]:<> ")
	return hasLetter(name) && l.n <= 4 && !hasDigit(name) && (len(name) < len(b)) && (b[len(b)-1] == ':' || b[len(b)-1] == ']' || b[0] == '#' || b[0] == '=' || b[0] == '-' || b[0] == '*')
}

// ofOthers reports whether a line above counts says that they are of no sockets
// of TCP, though of states: of the connection tracking table.
func ofOthers(b []byte) bool {
	b = bytes.ToLower(b)
	for _, what := range [...]string{"conntrack", "ipvs", "haproxy"} {
		if bytes.Contains(b, []byte(what)) {
			return true
		}
	}
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		switch string(w) {
		case "nat", "snat", "dnat", "napt", "firewall", "bgp", "ospf", "ipsec", "ike", "vpn", "stp", "sip", "sdwan":
			return true
		}
	}
	return false
}

// beginsOrEndsWithNumber reports whether a line of few words has a number at one
// of its ends: the count of a state whose name is spoiled.
func (l *line) beginsOrEndsWithNumber() bool {
	b, _, _ := bytes.Cut(l.line, []byte("{"))
	b = bytes.TrimSpace(b)
	if len(b) == 0 || countFields(b) > 3 {
		return false
	}
	first := b[:max(bytes.IndexAny(b, " \t,;|"), 0)]
	last := bytes.TrimRight(b, ",;|")
	last = last[bytes.LastIndexAny(last, " \t,;|")+1:]
	if countFields(b) == 3 && isEpochWord(last) {
		last, _ = nextWord(bytes.TrimLeft(b[len(first):], " \t"))
	}
	return countsSomething(bytes.Trim(first, `,;:"'`)) || countsSomething(bytes.Trim(last, `,;:"'`))
}

// likeCount reports whether the line is a word or two and a number, as a count
// of a state with an unknown name is; also with a share, a time or a group
// after.
func (l *line) likeCount() bool {
	words, numbers := 0, 0
	b, _, _ := bytes.Cut(l.line, []byte("{"))
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return numbers == 1 && (words == 1 || words == 2)
		}
		w := b[start:end]
		switch n, _, size := readNumber(b[start:], false); {
		case isShare(w), isEpochWord(w):
		case size > 0 && n > 0:
			numbers, end = numbers+1, start+size
		case size == 0 && (words > 0 && hasDigit(w) || !hasLetter(w)):
			return false
		default:
			words++
		}
		i = end
	}
}
