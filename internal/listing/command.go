// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file reads the command lines that stand above listings: which sockets they asked for,
// and which they left out.

// A question is what a command asked for.
type question struct {
	state   tcp.State // the only state that ss was asked for; 0 if it was not asked for one
	foreign class     // the protocol of rows that name none, if it is not TCP; blank for TCP
	limits  bool      // the command leaves out sockets by their properties
	lines   uint64    // maximum number of printed lines; 0 if there is none
	rows    uint64    // maximum number of printed rows, besides a heading; 0 if there is none
	number  bool      // the command prints a single number
	family  family    // the only address family that was asked for
	lists   bool      // the command lists sockets
	all     bool      // listening sockets were asked for too
	kinds   protocols // the protocols that are listed; 0 if unknown
	of      signature // what is listed, if it is not a table of sockets; else signNone
}

// asks notes a command for what follows it.
func (rd *Reader) asks(q question) {
	rd.answered()
	rd.listed, rd.listedAll = rd.listed || q.lists, q.all && (rd.listedAll || !rd.listed) || !q.lists && rd.listedAll
	rd.ctx.asked, rd.ctx.foreign, rd.ctx.titled, rd.ctx.of = q.state, q.foreign, blank, q.of
	rd.ask, rd.askedAt, rd.askedRead = q, told{0, rd.result.Lines, quote(rd.line.line)}, rd.read()
}

// limit notes that what follows the last command is not all there is.
func (rd *Reader) limit() {
	if rd.limited.n == 0 {
		rd.limited = rd.askedAt
	}
	rd.limited.n++
}

// answered looks, when the answer to a command ends, whether it has as many lines
// as the command prints at most.
func (rd *Reader) answered() {
	if q := rd.ask; rd.askedAt.n > 0 && (q.lines > 0 && rd.result.Lines-rd.askedAt.line >= q.lines || q.rows > 0 && rd.read()-rd.askedRead >= q.rows) {
		rd.limit()
	}
	rd.ask = question{}
}

// questionOf reads a command, with its prompt or without.
func questionOf(command []byte) question {
	var q question
	q.state = askedOf(command)
	stage := 0
	for len(command) > 0 {
		var part []byte
		part, command = stageOf(command)
		if inner := quotedCommand(part); stage == 0 && inner != nil {
			q.pipeline(inner)
		} else if stage == 0 {
			q.source(part)
		} else {
			q.filter(part)
		}
		stage++
	}
	q.foreign = q.kinds.alone()
	return q
}

// pipeline reads a command that another one runs.
func (q *question) pipeline(command []byte) {
	part, rest := stageOf(command)
	for q.source(part); len(rest) > 0; q.filter(part) {
		part, rest = stageOf(rest)
	}
}

// sqlOf reads a question to a database: SELECT … LIMIT 2, SELECT TOP 5, WHERE.
func sqlOf(b []byte) (q question, ok bool) {
	b = bytes.ToLower(b)
	_, rest, ok := bytes.Cut(b, []byte("select "))
	if !ok || !bytes.Contains(rest, []byte(" from ")) {
		return q, false
	}
	q.limits = bytes.Contains(rest, []byte(" where ")) || bytes.Contains(rest, []byte(" having ")) || bytes.Contains(rest, []byte(" offset "))
	for _, word := range [...]string{" limit ", "top ", "top(", "fetch first ", "fetch next ", "rownum <= ", "rownum<="} {
		if _, after, ok := bytes.Cut(rest, []byte(word)); ok {
			if n, ok := atoi(bytes.TrimLeft(after, " (")[:digitsAt(bytes.TrimLeft(after, " ("))]); ok {
				q.rows = n
			}
		}
	}
	return q, true
}

// stageOf cuts the first command off a pipeline.
func stageOf(b []byte) (first, rest []byte) {
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '|':
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// source reads the command that lists sockets.
func (q *question) source(b []byte) {
	q.files(b)
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if bytes.Contains(w, []byte("/proc/")) {
			continue
		}
		if other := otherSource(programOf(w)); other != signNone {
			q.of = other
			return
		}
		switch string(programOf(w)) {
		case "ss":
			q.ss(rest)
			q.options(rest)
			q.kinds = listedBySS(rest)
			return
		case "Get-NetTCPConnection", "gntc":
			q.limits = bytes.Contains(rest, []byte("-State")) || bytes.Contains(rest, []byte("-Local")) || bytes.Contains(rest, []byte("-Remote")) || bytes.Contains(rest, []byte("-Owning"))
			return
		case "Get-NetUDPEndpoint":
			q.kinds = kindUDP
			return
		case "netstat":
			q.options(rest)
			if q.kinds = listedByNetstat(rest); bytes.IndexByte(b, '\\') >= 0 {
				q.kinds = kindTCP // an option of Windows, where only TCP sockets have states
			}
			return
		case "grep", "head", "tail", "sed", "awk", "findstr":
			q.filter(b[len(b)-len(rest)-len(w):])
			return
		}
	}
}

// options reads what ss and netstat have in common.
func (q *question) options(b []byte) {
	q.lists, q.family = true, familyAsked(b)
	q.all = hasOption(b, 'a') || bytes.Contains(b, []byte("--all"))
}

// ss reads whether there is a filter after the options of ss.
func (q *question) ss(b []byte) {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		switch {
		case w[0] == '-':
			last := w[len(w)-1]
			if long := bytes.HasPrefix(w, []byte("--")); !long && bytes.IndexByte([]byte("AfDFN"), last) >= 0 || long && takesWord(w) {
				_, rest = nextWord(rest) // skip the argument of the option
			}
		case endsCommand(w):
			rest = nil
		case string(w) == "state":
			name, _ := nextWord(rest)
			q.limits = q.limits || string(name) != "all"
			rest = nil
		default:
			q.limits = true
			rest = nil
		}
	}
}

// takesWord reports whether the next word belongs to a long option of ss.
func takesWord(w []byte) bool {
	switch string(w) {
	case "--query", "--socket", "--family", "--diag", "--filter", "--net":
		return true
	default:
		return false
	}
}

// familyOption tells which protocol an option of ss asks for, blank for none.
func familyOption(c byte) class {
	switch c {
	case 'u':
		return otherUDP
	case 'x':
		return otherUnix
	case 'w':
		return otherRaw
	case 'S', 'M', 'd', '0':
		return otherProto
	default:
		return blank
	}
}

// filter reads a command after a bar.
func (q *question) filter(b []byte) {
	w, rest := nextWord(b)
	if string(w) == "sudo" || string(w) == "busybox" {
		w, rest = nextWord(rest)
	}
	name := bytes.ToLower(bytes.Trim(w, "'\"`();&"))
	q.limits = q.limits || q.lines > 0 && !keepsLines(name) && string(name) != "sort" // it is unknown how many lines this command was given
	if filters(name) {
		q.kinds = passing(q.kinds, string(name), rest)
	}
	switch string(name) {
	case "grep", "egrep", "fgrep", "rg", "zgrep", "ag", "ugrep", "pcregrep", "findstr", "find", "ack", "select-string", "sls":
		q.number = hasOption(rest, 'c')
		q.limits = q.limits || !passesTCP(rest)
	case "where", "where-object", "?":
		q.limits = true
	case "awk", "gawk", "mawk":
		q.limits = q.limits || limitsInAwk(rest) || bytes.Contains(rest, []byte("]/")) || bytes.Contains(rest, []byte("]*")) // awk prints a fraction or a multiple
	case "sed":
		q.limits = q.limits || hasOption(rest, 'n') || bytes.Contains(rest, []byte("/d")) || endsEarly(rest)
	case "head", "tail":
		q.head(rest)
	case "select", "select-object":
		for w, rest := nextWord(rest); w != nil; w, rest = nextWord(rest) {
			if hasFoldMarked(w, "-first") || hasFoldMarked(w, "-last") {
				q.head(rest)
			}
		}
	case "wc":
		q.number = true
	case "sort":
		q.limits = q.limits || hasOption(rest, 'u') || bytes.Contains(rest, []byte("--unique")) || bytes.Contains(bytes.ToLower(rest), []byte("-unique"))
	case "uniq":
		q.limits = q.limits || hasOption(rest, 'w') || hasOption(rest, 'f') || hasOption(rest, 's') || hasOption(rest, 'd') || hasOption(rest, 'u') || hasOption(rest, 'D') || bytes.Contains(rest, []byte("--repeated")) || bytes.Contains(rest, []byte("--unique"))
	case "jq":
		q.limits = q.limits || bytes.Contains(rest, []byte("select")) || bytes.Contains(rest, []byte("limit(")) || bytes.Contains(rest, []byte("first")) || bytes.Contains(rest, []byte("[:")) || bytes.Contains(rest, []byte("unique"))
	default:
		q.limits = q.limits || len(name) > 0 && hasLetter(name[:1]) && !keepsLines(name)
	}
}

// filters reports whether the command name, after a bar, chooses lines by patterns.
func filters(name []byte) bool {
	switch string(name) {
	case "grep", "egrep", "fgrep", "rg", "zgrep", "ag", "ugrep", "pcregrep", "findstr", "find", "ack", "select-string", "sls", "where", "where-object", "?", "awk", "gawk", "mawk", "nawk", "sed", "perl":
		return true
	default:
		return false
	}
}

// keepsLines reports whether the command name, after a bar, leaves no line out:
// it puts them in another order or form, shows them, or counts them.
func keepsLines(name []byte) bool {
	switch string(name) {
	case "cat", "tac", "nl", "tee", "column", "less", "more", "most", "bat", "batcat", "pv", "ts", "sponge", "tr", "cut", "rev", "fold", "fmt", "expand", "unexpand", "paste", "pr", "iconv", "dos2unix",
		"unbuffer", "stdbuf", "xargs", "gzip", "zstd", "base64", "nc", "logger", "lolcat", "ccze", "xclip", "xsel", "pbcopy", "wl-copy", "clip", "clip.exe", "json_pp", "yq", "mail", "tcpvitals", "tcpvitals-linux-amd64", "while",
		"ft", "fl", "fw", "format-table", "format-list", "format-wide", "format-custom", "out-string", "out-file", "out-host", "out-default", "out-gridview", "ogv", "oh", "tee-object", "sort-object",
		"group", "group-object", "measure", "measure-object", "convertto-json", "convertto-csv", "convertto-html", "convertto-xml", "export-csv", "export-clixml", "set-content", "set-clipboard", "foreach-object", "foreach", "%":
		return true
	default:
		return false
	}
}

// endsEarly reports whether a programme of sed ends before the last line, or
// deletes lines by their number that are not the first two.
func endsEarly(b []byte) bool {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		w = bytes.Trim(w, "'\"")
		if len(w) < 2 || !isDigit(w[0]) && w[0] != '$' {
			continue
		}
		switch last := w[len(w)-1]; last {
		case 'q', 'Q':
			return true
		case 'd':
			n, ok := atoi(w[bytes.LastIndexByte(w, ',')+1 : len(w)-1])
			return !ok || n > 2
		}
	}
	return false
}

// head reads how many lines head or tail print: ten, when nothing is said. From
// the second or the third on is all but the headings.
func (q *question) head(b []byte) {
	lines := uint64(10)
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if from, ok := bytes.CutPrefix(bytes.TrimPrefix(w, []byte("-n")), []byte("+")); ok {
			q.limits = q.limits || len(from) != 1 || from[0] > '3'
			return
		}
		if n, ok := atoi(bytes.TrimLeft(w, "-nc=")); ok {
			lines = max(n, 1)
			break
		}
	}
	if q.lines == 0 || lines < q.lines {
		q.lines = lines
	}
}

// hasOption reports whether a command has a short option, also among others.
func hasOption(b []byte, option byte) bool {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if len(w) > 1 && w[0] == '-' && w[1] != '-' && bytes.IndexByte(w, option) > 0 || len(w) == 2 && w[0] == '/' && w[1]|0x20 == option {
			return true
		}
	}
	return false
}

// passesTCP reports whether grep lets every row of TCP through: it looks for
// tcp, or leaves out headings and other protocols alone.
func passesTCP(b []byte) bool {
	without, patterns := hasOption(b, 'v'), 0
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if w[0] == '-' || w[0] == '/' && len(w) <= 3 || w[0] == '>' || bytes.HasPrefix(w, []byte("2>")) {
			continue
		}
		for alternative := range bytes.SplitSeq(bytes.Trim(w, `'"()`), []byte("|")) {
			alternative = bytes.ToLower(bytes.Trim(alternative, `\^$"'() *.[]:`))
			if !passes(alternative, without) {
				return false
			}
			patterns++
		}
	}
	return patterns > 0 || without
}

// passes reports whether a pattern matches every row of TCP, or, where it leaves
// out what it matches, none.
func passes(pattern []byte, without bool) bool {
	switch string(pattern) {
	case "tcp", "tcp6", "tcp4", "tc":
		return !without && len(pattern) <= 3
	case "active", "proto", "state", "netid", "recv-q", "recv", "local", "foreign", "address", "servers", "internet", "connections", "udp", "udp6", "unix", "raw", "count", "name", "sl", "":
		return true // headings and rows of other protocols
	default:
		return false
	}
}

// limitsInAwk reports whether a programme of awk takes some rows only: it has a
// condition that is none on the protocol or on the number of the line.
func limitsInAwk(b []byte) bool {
	before, _, _ := bytes.Cut(b, []byte("{"))
	if i := bytes.Index(b, []byte("if")); i > 0 && bytes.Contains(b[i:], []byte("==")) && !bytes.Contains(b[:i], []byte("END")) {
		before = b
	}
	lower := bytes.ReplaceAll(bytes.ToLower(before), []byte(" "), nil)
	if bytes.Contains(lower, []byte("nr<")) || bytes.Contains(lower, []byte("nr%")) {
		return true
	}
	if _, after, ok := bytes.Cut(lower, []byte("nr>")); ok {
		after = bytes.TrimLeft(after, "=")
		if n, _ := parseUint(after[:digitsAt(after)]); n > 3 {
			return true
		}
	}
	if bytes.Contains(lower, []byte("==")) {
		return !bytes.Contains(lower, []byte(`"tcp"`)) && !bytes.Contains(lower, []byte("nr=="))
	}
	if bytes.IndexByte(lower, '/') >= 0 && !bytes.Contains(lower, []byte("tcp")) && !bytes.Contains(lower, []byte("!/")) && !bytes.Contains(lower, []byte("!~")) {
		return true
	}
	return bytes.Contains(lower, []byte("~")) && !bytes.Contains(lower, []byte("tcp")) && !bytes.Contains(lower, []byte("!~"))
}

// digitsAt returns how many digits b begins with.
func digitsAt(b []byte) int {
	i := 0
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

// askedOf returns the state that a command asks ss for, 0 when it asks for none
// or for several: ss -tan state time-wait.
func askedOf(command []byte) tcp.State {
	asked, inSS := tcp.State(0), false
	for w, rest := nextWord(command); w != nil; w, rest = nextWord(rest) {
		switch string(w) {
		case "ss":
			inSS = true
		case "exclude", "exc", "|":
			return 0
		case "state":
			name, _ := nextWord(rest)
			s, ok := stateWord(name)
			if !ok || !inSS || asked != 0 {
				return 0
			}
			asked = s
		}
	}
	return asked
}

// commandCounts reports whether a command has a state and a number in it that is
// how many there are: what it printed stands in its line.
func commandCounts(b []byte) bool {
	command, _ := afterPrompt(b)
	command = bytes.TrimLeft(command, "$#%> \t")
	if len(command) > 0 && bytes.IndexByte([]byte(`{["'<|0123456789`), command[0]) >= 0 || bytes.Contains(command, []byte(`":`)) || bytes.Contains(command, []byte(`':`)) {
		return true // no command begins like this
	}
	if end := bytes.TrimRight(command, " \t,"); hasDigit(command) && (bytes.HasSuffix(end, []byte(">")) && bytes.Contains(end, []byte(" <")) || bytes.HasSuffix(end, []byte("}")) && bytes.Contains(end, []byte(": "))) {
		return namesState(command) // an XML element, a document
	}
	mentioned := false
	for i := 0; ; {
		m, ok := nextMention(command, i)
		if !ok {
			return mentioned && endsWithNumber(command)
		}
		mentioned = true
		if m.start == 0 || m.answered(command) {
			return true
		}
		i = m.end
	}
}

// answered reports whether a number that is not a part of a command stands beside a
// state.
func (m *mention) answered(b []byte) bool {
	i := m.end
	for i < len(b) && bytes.IndexByte([]byte(" \t:=>\"'#,;)]}-"), b[i]) >= 0 {
		i++
	}
	end := i
	for end < len(b) && isDigit(b[end]) {
		end++
	}
	if end > i && countsAlone(b, i, end) && (end == len(b) || b[end] != '>') {
		return true
	}
	before := bytes.TrimRight(b[:m.start], " \t:=#\"'")
	last := before[bytes.LastIndexAny(before, " \t:=#\"'")+1:]
	if !isNumber(last) || len(before) == m.start {
		return false
	}
	return !takesNumber(before[:len(before)-len(last)])
}

// endsWithNumber reports whether the last word of a command is a number that the
// word before it does not ask for.
func endsWithNumber(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	last := b[bytes.LastIndexAny(b, " \t:")+1:]
	return isNumber(last) && !takesNumber(b[:len(b)-len(last)])
}

// takesNumber reports whether b ends with a word that a number belongs to.
func takesNumber(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	last := b[bytes.LastIndexAny(b, " \t")+1:]
	if len(last) == 0 {
		return false
	}
	if last[0] == '-' && len(last) == 2 {
		return bytes.IndexByte([]byte("ABCMmnwipdt"), last[1]) >= 0
	}
	switch string(last) {
	case "sleep", "head", "tail", "timeout", "=", "==", "!=", ">", "<", "eq", "sport", "dport", "grep", "port", "kill":
		return true
	default:
		return false
	}
}
