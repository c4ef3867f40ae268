// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file knows the words that stand beside counts and change nothing. The list
// is closed: any other word may say what the number is of (thousands, a share, so
// many a second, another protocol), in any language, and is reported.

// strays keeps the first word beside a count that is not known to be harmless.
func (r *pairReader) strays(w []byte) {
	if r.stray == nil {
		r.stray = w
	}
}

// beside takes a word beside a count that is not known to be harmless: another
// protocol makes the count one of it, any other word is reported.
func (l *line) beside(w []byte) {
	if len(w) == 0 {
		return
	}
	if c, other := protocol(bytes.Trim(w, `.!?*"'`)); other && l.pairs == 1 && !cannotBe(c, l.pair[0].state) && !severalIn(l.line) {
		l.mayBeOf(c)
		return
	}
	l.stray = w
}

// severalIn reports whether a line has more than one number that stands by itself, so
// that a word beside one of them need not be about the others.
func severalIn(b []byte) bool {
	numbers := 0
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if isNumber(bytes.Trim(w, ".,;:()[]{}")) {
			numbers++
		}
	}
	return numbers > 1
}

// strayIn returns the first word of a remark that is not known to be harmless, nil
// when there is none.
func strayIn(b []byte) []byte {
	if bytes.HasPrefix(b, []byte("MSFT_")) {
		return nil // what PowerShell's Group-Object prints of its groups
	}
	older := hasEarlier(b) // such a line is reported separately
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return nil
		}
		factor := start > 0 && b[start-1] == '*' && isDigit(b[start])
		if w := bytes.Trim(b[start:end], "#<!?/-."); factor || !older && isNumber(w) || len(w) > 0 && !isHarmless(w) && (!older || !isEarlier(w)) {
			return w
		}
		i = end
	}
}

// isHarmless reports whether a word of a remark beside a count says nothing of
// what the number is.
func isHarmless(w []byte) bool {
	return isNumber(w) || isFiller(w) || isShare(w) || isPicture(w) || isComment(w)
}

// isEarlier reports whether a number after w is one of another time.
func isEarlier(w []byte) bool {
	switch string(bytes.ToLower(w)) {
	case "was", "were", "from", "before", "previously", "prev", "previous", "earlier", "last", "yesterday", "vs", "instead", "expected":
		return true
	default:
		return false
	}
}

// isComment reports whether w is one of the words with which people point at a
// count, or say what they think of it.
func isComment(w []byte) bool {
	var lower [24]byte
	return slices.Contains([]string{
		"a", "an", "this", "these", "that", "it", "here", "look", "see", "note", "why", "so", "very", "too", "many", "lots", "all", "still", "again", "only", "just", "always", "to", "for", "with", "at", "on", "by", "but", "my", "our",
		"bad", "good", "ok", "okay", "fine", "normal", "odd", "strange", "weird", "suspicious", "wrong", "leak", "leaking", "problem", "server", "client", "side", "open", "active", "passive", "listener", "listeners", "local", "remote", "app", "application", "kernel",
		"主动关闭", "被动关闭", "异常", "正常", "太多", "过多",
	}, string(folded(lower[:0], w)))
}

// ahead holds what stands before a count against what it may say of the number.
// Names of machines and containers are open to all, and have a digit, a dash or a
// dot; a word of letters alone is reported when it is not known.
func (l *line) ahead(prefix []byte) {
	named := isAuthor(prefix) || declares(prefix)
	if w := bytes.TrimSpace(prefix); named && countFields(w) > 1 {
		if w = w[bytes.LastIndexAny(w, " \t")+1:]; isNumber(w) && !isEpochWord(w) {
			l.stray = w // the word may say what the line counts
			return
		}
	}
	for i := 0; ; {
		start, end, ok := nextItem(prefix, i)
		if !ok {
			return
		}
		i = end
		w := bytes.Trim(prefix[start:end], "-#<>.!?+\u2022\u2023\u25aa\u25cf\u25e6\u00b7\u2013\u2014")
		if c, other := foreignWord(w); other && namesProgram(prefix, start) {
			continue
		} else if other {
			l.mayBeOf(c)
			return
		}
		if isStatisticWord(w) && !named {
			l.pairs = 0
			l.broke(StateCounts, problem.LineUnclear)
			return
		}
		factor := start > 0 && prefix[start-1] == '*' && isDigit(prefix[start])
		if factor || saysWhat(w) && (!named || !isUnit(w)) || !named && len(w) > 0 && !isSource(w) && !isHarmless(w) && !leads(w) {
			l.stray = w
			return
		}
	}
}

// isAuthor reports whether a prefix is that of a chat: a name in angle brackets, or
// after a time.
func isAuthor(prefix []byte) bool {
	prefix = bytes.TrimLeft(prefix, " \t")
	word, _ := firstWord(prefix)
	return len(prefix) > 0 && (prefix[0] == '<' || isTime(prefix) || isMonth(word))
}

// declares reports whether a prefix begins a map in a language of programmes, with
// its type or its name.
func declares(prefix []byte) bool {
	for _, start := range [...]string{"map[", "declare ", "export ", "defaultdict("} {
		if bytes.HasPrefix(prefix, []byte(start)) {
			return true
		}
	}
	return false
}

// isSource reports whether w can be the name of a machine, a container or a file, a
// date or a number of a line, and is not a word.
func isSource(w []byte) bool {
	letters, others, slashes := 0, 0, 0
	for _, c := range w {
		switch {
		case isLetter(c):
			letters++
		case isDigit(c), c == '.', c == '-', c == '_', c == '@', c == '+':
			others++
		case c == '/':
			slashes++
		case c >= utf8.RuneSelf || c == '^':
			return false
		}
	}
	switch {
	case slashes == 1 && w[0] != '/' && letters > 0:
		return bytes.HasPrefix(w, []byte("pod/")) || others > 0 && letters > 4
	case letters == 1:
		return w[0] != 'x' && w[0] != 'X' && w[0] != 'e' && w[0] != 'E' // a factor, a power
	default:
		return letters == 0 || others+slashes > 0
	}
}

func onlyLetters(w []byte) bool { return lettersIn(w) == len(w) }

// leads reports whether w, a word of letters, is known to stand before lines: a
// day, a level, a stream, a shell, a tool.
func leads(w []byte) bool {
	if isMonth(w) || isDay(w) || isLevel(w) || isKnownZone(w) {
		return true
	}
	var lower [16]byte
	return slices.Contains([]string{
		"stdout", "stderr", "out", "f", "p", "root", "main", "host", "web", "db", "api", "app", "proxy", "node", "pod", "container", "console", "log", "output", "result", "results", "netstat", "ss", "awk", "sh", "bash", "export", "declare", "defaultdict",
		"docker", "kubelet", "kernel", "ansible", "cron", "crond", "localhost", "linux", "windows", "t", "z", "am", "pm", "port",
	}, string(folded(lower[:0], w)))
}

// isKnownZone reports whether w is a time zone as date prints it: other words of a few
// capitals may say what is counted, NAT, BGP, VPN.
func isKnownZone(w []byte) bool {
	if len(w) > 2 && (w[0] == '+' || w[0] == '-') && isDigit(w[1]) {
		return true
	}
	return slices.Contains([]string{
		"UTC", "GMT", "Z", "CET", "CEST", "WET", "WEST", "EET", "EEST", "MSK", "BST", "IST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST", "ADT", "NST", "NDT",
		"JST", "KST", "HKT", "SGT", "WIB", "PKT", "NPT", "ICT", "PHT", "AEST", "AEDT", "ACST", "ACDT", "AWST", "NZST", "NZDT", "SAST", "EAT", "CAT", "WAT", "BRT", "ART", "CLT", "CLST", "COT", "PET", "TRT", "GST", "AM", "PM",
	}, string(w))
}

// namesPlace reports whether w, a word of letters, says which machines are meant.
func namesPlace(w []byte) bool {
	var lower [16]byte
	return slices.Contains([]string{
		"box", "machine", "server", "servers", "hosts", "production", "prod", "staging", "stage", "test", "dev", "qa", "nginx", "haproxy", "envoy", "apache", "httpd", "redis", "mysql", "mariadb", "postgres", "postgresql", "mongo", "mongod", "mongodb", "kafka", "rabbitmq", "elasticsearch", "java", "tomcat", "php", "python", "nodejs", "backend", "frontend", "gateway", "worker", "cache", "database", "bastion",
	}, string(folded(lower[:0], w)))
}

// foreignWord is protocol for a word that can stand where a name does: without
// those that hosts and programs are called by.
func foreignWord(w []byte) (class, bool) {
	if i := bytes.IndexByte(w, '/'); i > 0 { // udp/ipv4, IPv4/UDP, 53/udp, and no pod/udp
		first, second := w[:i], w[i+1:]
		if isFamily(second) || isNumber(second) {
			return foreignWord(first)
		}
		if c, ok := foreignWord(second); ok && (isFamily(first) || isNumber(first)) {
			return c, true
		}
		if c, ok := protocol(first); ok {
			_, both := protocol(second)
			return c, both
		}
		return 0, false
	}
	var lower [8]byte
	switch string(folded(lower[:0], w)) {
	case "stream", "dgram", "ip", "ip4", "ip6", "rose", "divert", "nl", "quic", "raw":
		return 0, false
	default:
		return protocol(w)
	}
}

// saysWhat reports whether w says that a number is none of sockets, or not all of
// it: a unit, a share, a statistic, thousands. A number may be after it, as in p95.
func saysWhat(w []byte) bool {
	word := bytes.TrimRight(w, "0123456789")
	return len(word) > 0 && (measures(w) || measures(word) && !isUnit(word) || scales(word))
}

// scales reports whether w says that a number is to be multiplied.
func scales(w []byte) bool {
	var lower [24]byte
	return slices.Contains([]string{
		"k", "m", "g", "thousand", "thousands", "kilo", "million", "millions", "mio", "billion", "billions", "hundred", "hundreds", "dozen", "dozens", "lakh", "lakhs", "crore", "crores", "ths", "thds", "tsd", "tausend", "millionen", "mrd", "mille", "milliers", "miles", "millones", "mil", "mila", "milioni", "tys", "тыс", "млн", "scale", "scaled", "factor", "multiplier", "units", "unit", "sampled", "sampling", "divisor", "divider", "downsampled", "extrapolated", "estimated", "estimate", "approx", "approximate",
		"千", "万", "萬", "亿", "億", "百万", "百萬", "百", "천", "만", "百分比",
	}, string(folded(lower[:0], w)))
}

// foreignKind tells the protocol from a type of sockets, or a family, when that is
// none of TCP.
func foreignKind(w []byte) (class, bool) {
	switch string(bytes.ToLower(w)) {
	case "sock_dgram", "dgram", "datagram":
		return otherUDP, true
	case "af_unix", "af_local", "pf_unix":
		return otherUnix, true
	case "sock_raw", "af_packet", "packet":
		return otherRaw, true
	case "sock_seqpacket", "seqpacket", "af_netlink", "netlink", "af_vsock", "af_tipc":
		return otherProto, true
	default:
		return 0, false
	}
}

// strayColumn returns the name of a column beside counts of which it is not known
// what it says of them; nil if there is none.
func (t *table) strayColumn(c *cells) []byte {
	for i := range t.n {
		w := c.at[i]
		if len(w) > 0 && (w[0] == '(' || w[0] == '[') {
			return w // the word belongs to the name before it
		}
		if t.keyed>>i&1 == 1 && len(w) > 0 && (scales(w) || !isLabelName(w) && !isTimeKey(string(w)) && !describes(w) && !isFiller(w)) {
			return w
		}
	}
	return nil
}

// strayCell returns a cell beside a count which says that the number is none of
// sockets, or is to be multiplied; nil if there is none.
func (t *table) strayCell(c *cells) []byte {
	for i := range min(t.n, c.n) {
		if t.units>>i&1 == 1 && len(c.at[i]) > 1 && !bytes.Contains(c.at[i], []byte(".s")) {
			return c.at[i] // not a systemd unit
		}
		if t.at[i] == columnOther && (saysWhat(c.at[i]) || len(c.at[i]) > 0 && (c.at[i][0] == 'x' || c.at[i][0] == '/') && hasDigit(c.at[i])) {
			return c.at[i]
		}
	}
	return nil
}

// A title is a line that stands above counts and may say what they are of.
type title struct {
	line uint64
	text string
	word []byte // the unknown word; empty if there is none
	says bool   // a word of it plainly says something of numbers
}

// longestTitle is how many words a title has at most. A longer line is a sentence,
// of which only the words that plainly say something of numbers are looked at.
const longestTitle = 6

// stays keeps a line without a meaning until it is known what follows it.
func (rd *Reader) stays() {
	l, t := &rd.line, &rd.above
	w := strayInTitle(l.line)
	if w == nil {
		w = endedIn(l.line)
	}
	if w != nil && rd.ctx.titled == blank && !isNameLine(l.line) {
		t.line, t.text, t.word = rd.result.Lines, quote(l.line), append(t.word[:0], w...)
		t.says = says(l.line, func(w []byte) bool { return saysWhat(bytes.Trim(w, ".,:;*()[]")) })
	}
}

// stood reports the title above a count.
func (rd *Reader) stood() {
	t := &rd.above
	if len(t.word) > 0 {
		rd.breakAgain(t.line, problem.LineStrayTitle, t.word, t.text)
	}
	t.word = t.word[:0]
}

// strayInTitle returns the first word of a title of which it is not known what it
// says of the numbers below; nil if there is none.
func strayInTitle(b []byte) []byte {
	sentence := countFields(b) > longestTitle
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return nil
		}
		i = end
		if start > 0 && b[start-1] == '*' && isDigit(b[start]) {
			return b[start:end]
		}
		for w := range bytes.SplitSeq(b[start:end], []byte("_")) {
			w = bytes.Trim(w, "-#<>.!?+=~&;/")
			_, other := foreignWord(w)
			switch {
			case len(w) == 0:
			case !sentence && leavesSome(w):
				return w
			case other && !onlyLetters(w):
				return w
			case sentence && !saysWhat(w), isHarmless(w), !sentence && !saysWhat(w) && (isSource(w) || leads(w) || inTitles(w) || namesMetric(w)):
			default:
				return w
			}
		}
	}
}

// leavesSome reports whether w, in a title, says that what is below it is of some sockets,
// or of their queues.
func leavesSome(w []byte) bool {
	switch foldKey(string(w)) {
	case "only", "just", "to", "without", "except", "excluding", "excl", "including", "recvq", "sendq":
		return true
	default:
		return false
	}
}

// inTitles reports whether w stands in titles and says nothing of numbers.
func inTitles(w []byte) bool {
	if isFamily(w) || isBy(w) || isKnown(w) && !measures(w) || isEarlier(w) || isTotal(w) || isCountWord(w) {
		return true
	}
	if _, state := loosely(w); state {
		return true
	}
	var lower [24]byte
	return slices.Contains([]string{
		"by", "summary", "table", "list", "listing", "statistics", "stats", "overview", "report", "status", "after", "output", "results", "result", "hi", "hello", "hey", "thanks", "please", "dear", "regards", "box", "machine", "server", "servers", "production", "prod", "staging", "test", "dev", "hosts", "unix", "raw", "data", "time", "gauge", "untyped", "help", "type", "metric", "metrics", "item", "series",
	}, string(folded(lower[:0], w)))
}
