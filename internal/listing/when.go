// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file knows when a line is from, to tell one look at a machine from the
// next. Only differences between two such times mean anything.

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// whenOf finds a date, a time of day or seconds since 1970 among the words of
// b. The result is in seconds.
func whenOf(b []byte) (seconds int64, ok bool) {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		w = bytes.Trim(w, "[](){}<>,;=*#|\"'")
		if n, is := epoch(w); is {
			return n, true
		}
		if n, size := dateOf(w); size > 0 {
			seconds, ok = seconds+n, true
			w = bytes.TrimLeft(w[size:], "T_")
		}
		if n, is := clockOf(w); is {
			seconds, ok = seconds+n, true
		}
		switch {
		case isMonth(w):
			seconds += 31 * day * monthOf(w)
			if d, _ := nextWord(rest); isNumber(d) && len(d) <= 2 {
				n, _ := atoi(d)
				seconds += day * int64(n)
			}
		case string(w) == "PM":
			seconds += 12 * hour
		}
	}
	return seconds, ok
}

// epoch reads seconds since 1970, or thousandths and less of them: a number of
// this century.
func epoch(w []byte) (seconds int64, ok bool) {
	whole, part, dotted := bytes.Cut(w, []byte("."))
	switch len(whole) {
	case 10, 13, 16, 19:
	default:
		return 0, false
	}
	if !isNumber(whole) || dotted && !isNumber(part) || whole[0] != '1' && whole[0] != '2' {
		return 0, false
	}
	n, _ := atoi(whole[:10])
	return int64(n), true
}

// dateOf reads the 2025-02-03 that w begins with, also with / or . and the
// year last.
func dateOf(w []byte) (seconds int64, size int) {
	var part [3]int64
	i := 0
	for k := range part {
		start := i
		for i < len(w) && isDigit(w[i]) && i-start < 4 {
			part[k] = part[k]*10 + int64(w[i]-'0')
			i++
		}
		if i == start || k < 2 && (i == len(w) || w[i] != '-' && w[i] != '/' && w[i] != '.') {
			return 0, 0
		}
		if k < 2 {
			i++
		}
	}
	if part[0] < 1900 {
		part[0], part[2] = part[2], part[0]
	}
	if part[0] < 1900 || i < len(w) && (w[i] == '.' || w[i] == ':') {
		return 0, 0
	}
	return (part[0]*12*31 + part[1]*31 + part[2]) * day, i
}

// clockOf reads 4:05, 04:05:06 and 04:05:06.789Z.
func clockOf(w []byte) (seconds int64, ok bool) {
	var part [3]int64
	i, n := 0, 0
	for n < len(part) {
		start := i
		for i < len(w) && isDigit(w[i]) && i-start < 2 {
			part[n] = part[n]*10 + int64(w[i]-'0')
			i++
		}
		if i == start || n > 0 && i-start != 2 {
			return 0, false
		}
		n++
		if i == len(w) || w[i] != ':' {
			break
		}
		i++
	}
	behind := i == len(w) || w[i] == '.' || w[i] == ',' || w[i] == 'Z' || w[i] == '+' || w[i] == '-' || w[i] == ':' || w[i] == ']'
	return part[0]*hour + part[1]*minute + part[2], behind && n >= 2 && part[0] < 25 && part[1] < 60 && part[2] < 61
}

func monthOf(w []byte) int64 {
	return int64(bytes.Index([]byte("JanFebMarAprMayJunJulAugSepOctNovDec"), w)) / 3
}

// A parting looks for what separates one reading of a machine from the next in a
// text: another time, another document, another file or host.
type parting struct {
	at      int64  // the last time stamp
	timed   bool   // there was a time stamp
	next    bool   // another reading follows
	command bool   // the output of another command follows, or a rule separates it
	dated   bool   // what follows has another time stamp
	same    bool   // the output of the first command follows again
	typed   bool   // there was a command line
	first   digest // digest of the first command
	asked   family // address family that the last command asked for
	named   bool   // parts have the name of a file or a machine as a title
	hosts   bool   // the titles name several machines or files
	host    []byte // the first named machine or file
	why     told   // the first line that separates two readings
	drift   told   // the first line whose time differs by a second
	between told   // the first line after another command or a rule
}

// clock notes the time of a line. Times that stand before each line may differ
// by the second in which they were printed; on a line of its own a time is
// there to part looks.
func (rd *Reader) clock(b []byte, alone bool) {
	s, ok := whenOf(b)
	if !ok {
		return
	}
	p := &rd.parting
	far := max(s-p.at, p.at-s)
	switch {
	case !p.timed || far == 0 || !rd.begun():
	case far > 1 || alone:
		p.dated = true
		rd.apart(b)
	default:
		p.drift.add(rd.result.Lines, b)
	}
	p.at, p.timed = s, true
}

// begun reports whether the present look has rows or counts.
func (rd *Reader) begun() bool { return rd.last.Total() > 0 || rd.lastCounted.Total() > 0 }

// apart says that what follows is another look, when anything follows.
func (rd *Reader) apart(b []byte) {
	if p := &rd.parting; rd.begun() && !p.next {
		p.next = true
		p.why.add(rd.result.Lines, b)
		p.why.n--
	}
}

// clears begins another look where a line clears the screen, as watch and top do.
func (rd *Reader) clears(raw []byte) {
	for _, clear := range [...]string{"\x1b[2J", "\x1b[3J", "\x1b[H\x1b[J", "\x1b[;H\x1b[J", "\x1b[1;1H\x1b[J"} {
		if bytes.Contains(raw, []byte(clear)) && rd.begun() {
			rd.parting.dated = true
			rd.apart([]byte("a cleared screen"))
			return
		}
	}
}

// heads notes a title that is the name of a machine: # web1, *** db2 ***. It reports
// whether the line is one.
func (rd *Reader) heads(title []byte) bool {
	b := bytes.TrimSpace(title)
	name := bytes.Trim(b, "=-#*_~[]:<> \t")
	if len(name) == len(b) {
		return false
	}
	if _, other := foreignWord(name); len(name) > 0 && isHostWord(name) && hasDigit(name) && !other && !isFamily(name) {
		rd.parting.names(name)
		rd.apart(b)
		return true
	}
	return false
}

// part notes what a document tells of the time of what follows, or that
// another one follows.
func (rd *Reader) part(when []byte) {
	if host, ok := bytes.CutPrefix(when, []byte(hostMark)); ok {
		rd.before.note(host, rd.result.Lines)
		return
	}
	if len(when) == 0 {
		rd.apart([]byte("a document"))
		return
	}
	rd.clock(when, false)
}

// parted begins another look with the row or the count that is there.
func (rd *Reader) parted() {
	p := &rd.parting
	if p.command && rd.askedAt.n == 0 {
		if t := &rd.families[rd.ask.family]; t.n == 0 {
			*t = told{1, rd.askedAt.line, rd.askedAt.text}
		}
		if rd.askedAt.n++; rd.ask.limits {
			rd.limit()
		}
	}
	if p.command && rd.begun() && !p.next {
		p.between.add(rd.result.Lines, rd.line.line)
		rd.breaks(rd.line.line, p.shows())
		rd.last, rd.lastCounted, rd.seenNow = Counts{}, Counts{}, 0
	}
	if p.next {
		p.why.n++
		if rd.last.Total() > 0 {
			rd.breaks(rd.line.line, p.shows())
		}
		if rd.lastCounted.Total() > 0 {
			rd.newCounts(rd.line.line, p.shows())
		}
		rd.last = Counts{}
	}
	p.next, p.command, p.dated, p.same = false, false, false, false
}

// names notes the name of a machine or a file that stands above what is of it.
func (p *parting) names(name []byte) {
	switch {
	case len(name) == 0:
	case p.host == nil:
		p.host = bytes.Clone(name)
	default:
		n, _ := nameOf(name)
		first, _ := nameOf(p.host)
		p.hosts = p.hosts || n != first
	}
}

// hostOfPrompt returns the user and the host of a prompt: ops@db2 of
// [ops@db2 ~]$ date. It is nil when there is none.
func hostOfPrompt(b []byte) []byte {
	command, ok := afterPrompt(b)
	prompt := b[:len(b)-len(command)]
	at := bytes.IndexByte(prompt, '@')
	if !ok || at < 0 {
		return nil
	}
	end := bytes.IndexAny(prompt[at:], " :~]$#>%")
	if end < 0 {
		return nil
	}
	return bytes.TrimLeft(prompt[:at+end], " [(")
}

// shows reports whether what stands before the next part shows that it is
// another look at the same machine.
func (p *parting) shows() bool { return p.dated || p.same }

// types notes a command. The first one tells when all begins again.
func (p *parting) types(b []byte) {
	p.command = true
	p.asked = familyAsked(b)
	p.names(hostOfPrompt(b))
	h := newDigest()
	for _, c := range b {
		h.add(uint64(c))
	}
	if !p.typed {
		p.typed, p.first = true, h
		return
	}
	p.same = p.same || p.first == h
}

// stands notes a line that is neither a row nor a count for what it parts.
func (rd *Reader) stands(b []byte) {
	b = bytes.TrimSpace(b)
	if q, ok := sqlOf(b); ok {
		rd.parting.command = true
		rd.asks(q)
	}
	goesOn := rd.commandAt > 0 && rd.commandAt+1 == rd.result.Lines
	switch {
	case goesOn && len(b) > 0 && (rd.commandOpen || b[0] == '|'):
		rd.continued(b)
	case bytes.HasPrefix(b, []byte("==> ")), bytes.HasSuffix(b, []byte(" >>")) && bytes.Contains(b, []byte("| rc=")):
		rd.parting.named = true
		if !bytes.Contains(b, []byte("/net/tcp")) { // one machine has two such files
			rd.parting.names(b)
		}
		rd.apart(b)
		if command := commandIn(b); isPipeline(command) {
			rd.asks(questionOf(bytes.TrimSuffix(command, []byte(">>"))))
		}
	case bytes.HasPrefix(b, []byte("Every ")): // watch
		if rd.begun() {
			rd.parting.dated = true
			rd.apart(b)
		}
		if _, command, ok := bytes.Cut(b, []byte(": ")); ok {
			rd.parting.command = true
			rd.asks(questionOf(watched(command)))
		}
	case isFolded(b):
		rd.folded.add(rd.result.Lines, b)
	case isCommand(b):
		rd.parting.types(b)
		rd.asks(questionOf(commandIn(b)))
		rd.commandAt, rd.commandOpen = rd.result.Lines, commandGoesOn(b)
	case len(b) > 2 && len(bytes.Trim(b, "-=_*~#")) == 0:
		rd.parting.command = true
	}
	rd.clock(b, true)
}

// watched takes off a heading of watch what stands at its right: the machine with a
// colon, which old versions lack, and the time.
func watched(command []byte) []byte {
	if i := bytes.LastIndex(command, []byte(": ")); i > 0 && isDate(command[i+2:]) {
		return bytes.TrimRight(command[:bytes.LastIndexAny(command[:i], " \t")+1], " \t")
	}
	for i := range len(command) {
		if bytes.HasPrefix(command[i:], []byte("  ")) && isDate(command[i:]) {
			return bytes.TrimRight(command[:i], " \t")
		}
	}
	return command
}
