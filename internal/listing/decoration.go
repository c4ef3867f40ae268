// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// decoration reports whether a line that is not a row is one of those that stand
// around rows wherever they are pasted, and tell nothing of a socket.
func (l *line) decoration(ctx *context) bool {
	b := bytes.TrimSpace(l.line)
	if _, sql := sqlOf(b); sql {
		return true
	}
	switch {
	case ctx.own && !isOwnLoss(b), isRule(b), isFence(b), isDate(b), isCommand(b), isFoot(b):
		return true
	case bytes.HasPrefix(b, []byte("Last login: ")):
		return true
	case evident(b) && !ctx.section:
		return isSecondLine(l.line) && !likeRow(b)
	case isBanner(b), isJSONMark(b), isJSONMark(withoutPrefix(b)), isHeadingWord(l):
		return true
	case isSum(b):
		return true
	case ctx.started == Windows && isProgramLine(l):
		return true
	case ctx.section:
		return true
	default:
		return isSecondLine(l.line)
	}
}

// isElision reports whether b says that lines were left out where it stands.
func isElision(b []byte) bool {
	b = bytes.Trim(b, "[](){}<>-=*#|,; \t")
	b = bytes.TrimPrefix(b, []byte("and "))
	for _, word := range [...]string{"\u2026", "\u22ee", "\u22ef", "\u22f1", "\ufe19", "\ufe30", "\u205d", "\u205e", "snip", "snipped", "output omitted", "output truncated", "truncated", "omitted", "etc", "cut", "more", "more below", "others", "等", "等等", "省略", "略", "以下省略", "中略"} {
		if bytes.EqualFold(bytes.Trim(b, ". "), []byte(word)) {
			return true
		}
	}
	switch {
	case len(b) >= 3 && len(bytes.Trim(b, ".")) == 0:
		return true
	default:
		return bytes.HasSuffix(b, []byte("more lines")) || bytes.HasSuffix(b, []byte("lines omitted")) || bytes.HasSuffix(b, []byte("lines truncated"))
	}
}

func isSum(b []byte) bool {
	_, ok := totalOf(b)
	return ok
}

// isFence reports whether b begins or ends a block of code, or is a rule.
func isFence(b []byte) bool {
	if len(bytes.Trim(b, "-=*_~+#|. \t<>\"'`(){};,[]")) == 0 || string(b) == "Array" || string(b) == "EOF" || string(b) == "# EOF" || bytes.HasPrefix(b, []byte("Name: ")) && bytes.Contains(b, []byte("dtype:")) {
		return true
	}
	for _, mark := range [...]string{"```", "~~~", "{code", "{noformat", "[code", "[/code", "<pre", "</pre", "<code", "</code", "#TYPE "} {
		if bytes.HasPrefix(b, []byte(mark)) {
			return true
		}
	}
	return false
}

// lookPastFences reads a line that begins or ends a block of code as well.
func (rd *Reader) lookPastFences(line []byte) bool {
	b := bytes.TrimSpace(line)
	for _, mark := range [...]string{"```", "~~~", "[code]", "[/code]", "[quote]", "[/quote]", "[pre]", "[/pre]", "{code}", "{noformat}", "{quote}"} {
		b = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimPrefix(b, []byte(mark)), []byte(mark)))
	}
	return len(b) > 0 && len(b) < len(bytes.TrimSpace(line)) && rd.again(b)
}

// isBanner reports whether b is what one of the tools, or script, watch and
// the like, print beside rows.
func isBanner(b []byte) bool {
	if isOwnFooter(b) {
		return true
	}
	for _, start := range [...]string{
		"(Not all processes could be identified", "will not be shown, you would have to be root",
		"(No info could be read for", "Can not obtain ownership information", "netstat: ", "Cannot open netlink socket", "RTNETLINK answers", "TCPDIAG answers",
		"Script started", "Script done", "Every ", "MIB-TCP connection state", "Warning: ", "Connection to ",
		"% Total", "==> ", "Count Name", "MSFT_NetTCPConnection", "[sudo] password for ", "Defaulted container ", "Total: ",
	} {
		if bytes.HasPrefix(b, []byte(start)) {
			return true
		}
	}
	switch string(b) {
	case "State", "(state)", "st", "LISTEN_STATE", "\u72B6\u6001",
		"Aktive Verbindungen", "Connexions actives", "Conexiones activas", "Conex\u00F5es ativas", "Connessioni attive",
		"\u6D3B\u52A8\u8FDE\u63A5", "\u4F7F\u7528\u4E2D\u9023\u7DDA", "\u30A2\u30AF\u30C6\u30A3\u30D6\u306A\u63A5\u7D9A", "\uD65C\uC131 \uC5F0\uACB0",
		"\u0410\u043A\u0442\u0438\u0432\u043D\u044B\u0435 \u043F\u043E\u0434\u043A\u043B\u044E\u0447\u0435\u043D\u0438\u044F":
		return true
	default:
		return false
	}
}

// isCommand reports whether b is a command that was typed, with its prompt or
// without.
func isCommand(b []byte) bool {
	command, prompt := afterPrompt(b)
	if prompt {
		return !interrupts(command)
	}
	if i := bytes.IndexAny(command, "#>"); i > 0 && i < 24 && !bytes.ContainsAny(command[:i], " \t") {
		command = command[i+1:] // the prompt of a router, before a known command
	}
	command = withoutSettings(bytes.TrimLeft(command, "$#%> \t"))
	w, rest := firstWord(command)
	if bytes.HasPrefix(w, []byte("/")) {
		w = programOf(w) // as in /usr/sbin/ss
	}
	switch string(w) {
	case "sudo", "show", "system", "time", "watch", "while", "for", "do", "docker", "kubectl", "ssh", "adb", "pdsh", "ansible", "echo", "exit", "logout", "script", "podman", "nsenter", "oc":
		return len(rest) == 0 || !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("|"))
	case "netstat", "ss", "awk", "cat", "grep", "date", "sort", "lsof", "tcpvitals", "Get-NetTCPConnection", "curl", "head", "tail", "wc", "netsh", "busybox", "conntrack", "ipvsadm", "pfctl", "sockstat", "nmap", "tcpdump":
		rest = bytes.TrimSpace(rest)
		return len(rest) == 0 || rest[0] == '-' || rest[0] == '/' || rest[0] == '|' || rest[0] == '\'' || rest[0] == '>' || bytes.IndexByte(rest, '|') > 0
	default:
		return isPipeline(command) || isPipeline(commandIn(b))
	}
}

// withoutSettings takes off what a shell sets for one command: LC_ALL=C netstat -ant.
func withoutSettings(command []byte) []byte {
	for {
		w, rest := firstWord(command)
		name := w[:max(bytes.IndexByte(w, '='), 0)]
		if len(name) == 0 || len(rest) == 0 || !looksUpper(name) {
			return command
		}
		command = bytes.TrimLeft(rest, " \t")
	}
}

// interrupts reports whether what stands after a prompt is the rest of a row
// and no command: the prompt was printed into the row.
func interrupts(command []byte) bool {
	if len(command) == 0 || command[0] >= 'a' && command[0] <= 'z' {
		return len(command) > 0 && likeRow(command) && addressesAndQueues(command)
	}
	return likeRow(command) || isDigit(command[0]) && evident(command)
}

// addressesAndQueues reports whether b has two numbers alone before anything
// like an address.
func addressesAndQueues(b []byte) bool {
	numbers := 0
	for w, rest := nextWord(b); w != nil && !likeAddress(w); w, rest = nextWord(rest) {
		if isNumber(w) {
			numbers++
		}
	}
	return numbers >= 2
}

// afterPrompt cuts a prompt off b: user@host:~$, [root@web ~]#, C:\>, PS C:\>,
// bash-5.1$. ok is false when there is none that can be told from text.
func afterPrompt(b []byte) (command []byte, ok bool) {
	for _, arrow := range [...]string{"\u279c ", "\u276f "} { // prompts of zsh themes
		if command, ok := bytes.CutPrefix(b, []byte(arrow)); ok {
			_, command = nextWord(command)
			return bytes.TrimSpace(command), true
		}
	}
	i := bytes.IndexAny(b, "$#>%")
	if i < 1 || i > 80 {
		return b, false
	}
	if i+1 < len(b) && b[i+1] != ' ' && b[i] != '>' {
		return b, false
	}
	before := b[:i]
	at := bytes.IndexByte(before, '@')
	switch {
	case at > 0 && !hasNumber(before) && (!bytes.ContainsAny(before[:at], " \t:") || before[0] == '['):
	case bytes.HasPrefix(before, []byte("PS ")) && len(before) > 4:
	case len(before) > 2 && before[1] == ':' && before[2] == '\\' && b[i] == '>':
	case bytes.HasPrefix(before, []byte("bash-")), bytes.HasPrefix(before, []byte("sh-")):
	case bytes.HasPrefix(before, []byte("/ ")) || bytes.HasPrefix(before, []byte("~ ")):
	default:
		return b, false
	}
	return bytes.TrimSpace(b[i+1:]), true
}

// hasNumber reports whether a word of b begins with a digit.
func hasNumber(b []byte) bool {
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		if isDigit(w[0]) {
			return true
		}
	}
	return false
}

// isJSONMark reports whether b is the scaffold of a JSON document around
// lines: a bracket, a key that opens a list, a key with a value.
func isJSONMark(b []byte) bool {
	b = bytes.TrimRight(b, ", \t")
	if len(bytes.Trim(b, "{}[]")) == 0 || len(b) == 0 {
		return true
	}
	last := b[len(b)-1]
	if (last == '{' || last == '[') && (b[0] == '"' || bytes.Contains(b, []byte("=> {")) || bytes.HasSuffix(b[:len(b)-1], []byte(" = "))) {
		return true
	}
	if b[0] != '"' {
		return false
	}
	end := bytes.Index(b, []byte(`":`))
	return end > 0 && bytes.IndexByte(b[1:end], '"') < 0 && !evident(b)
}

// isHeadingWord reports whether the line is a word of a heading that was
// counted like a state, as sort | uniq -c does, or the sum of a count.
func isHeadingWord(l *line) bool {
	if l.n != 2 {
		return false
	}
	word, other := l.at[0], l.at[1]
	if hasDigit(word) {
		word, other = other, word
	}
	if !isNumber(bytes.Trim(other, ",:")) && !isNumber(bytes.ReplaceAll(other, []byte(","), nil)) {
		return false
	}
	switch string(bytes.ToLower(bytes.Trim(word, "():,"))) {
	case "state", "foreign", "address", "established", "servers", "w/o", "local", "st", "total", "sum", "all", "connections", "peer", "recv-q",
		"\u5408\u8BA1", "\u603B\u8BA1", "\u603B\u6570", "\u5408\u8A08":
		return true
	default:
		return false
	}
}

// isProgramLine reports whether a line of netstat -b names a program, in
// brackets, or a module.
func isProgramLine(l *line) bool {
	return isProgram(bytes.TrimSpace(l.line)) || l.n >= 2 && string(l.at[0]) == "x:"
}

// isProgram reports whether b is a program of netstat -b: [svchost.exe],
// [System]. What has no ending is one word of letters: anything else in brackets
// is a remark of who pasted it, and may say that lines are gone.
func isProgram(b []byte) bool {
	if len(b) <= 2 || b[0] != '[' || b[len(b)-1] != ']' || alike(b) || isElision(b) {
		return false
	}
	b = bytes.ToLower(b[1 : len(b)-1])
	for _, end := range [...]string{".exe", ".com", ".dll", ".sys", ".scr", ".bin", ".tmp"} {
		if bytes.HasSuffix(b, []byte(end)) {
			return true
		}
	}
	for _, c := range b {
		if (c < 'a' || c > 'z') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return !isOmission(b)
}

// isComponent reports whether a line is one word, as the name of a service is
// that netstat -b prints above its program.
func isComponent(l *line) bool {
	return l.n == 1 && !hasDigit(l.at[0]) && !evident(l.line) && l.at[0][0] != '[' && !isRule(l.line) && !isFence(l.line) && !isEmoji(l.at[0])
}

// isSecondLine reports whether a line is what ss -i and ss -m print below a
// row.
func isSecondLine(line []byte) bool {
	if line[0] != ' ' && line[0] != '\t' {
		rest := withoutPrefix(line)
		return len(rest) < len(line) && beginsInfo(rest)
	}
	for _, key := range [...]string{"skmem:(", "cwnd:", "rto:", "wscale:", "mem:(", "rcv_space:", "tcp-ulp-", "token:"} {
		if word(line, key) != nil || bytes.Contains(line, []byte(" "+key)) {
			return true
		}
	}
	return false
}

// beginsInfo reports whether b begins as what ss -i and ss -m print below a row.
func beginsInfo(b []byte) bool {
	w, _ := firstWord(b)
	switch string(w) {
	case "ts", "sack", "ecn", "ecnseen", "fastopen", "cubic", "reno", "bbr", "bbr2", "dctcp", "vegas", "westwood", "htcp", "bic", "illinois":
		return true
	default:
		return bytes.HasPrefix(w, []byte("skmem:(")) || bytes.HasPrefix(w, []byte("mem:(")) || bytes.HasPrefix(w, []byte("wscale:")) || bytes.HasPrefix(w, []byte("rto:"))
	}
}

// isRule reports whether line is made of dashes and spaces.
func isRule(line []byte) bool { return len(bytes.Trim(line, "-= \t")) == 0 }

// isOwnFooter reports whether b is the last line of a table of this program: how
// many rows it has, and where they are from.
func isOwnFooter(b []byte) bool {
	number, rest := nextWord(b)
	if !isNumber(bytes.ReplaceAll(number, []byte(","), nil)) {
		return false
	}
	for _, what := range [...]string{"sockets · ", "socket · ", "个套接字 · "} {
		if source, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " "), []byte(what)); ok && !hasNumber(source) && mentions(source) == 0 {
			return true
		}
	}
	return false
}

// isOwnLoss reports whether b is where a table of this program says that its
// data was partial.
func isOwnLoss(b []byte) bool {
	return bytes.HasPrefix(b, []byte("partial data: ")) || bytes.HasPrefix(b, []byte("\u6570\u636E\u4E0D\u5B8C\u6574"))
}

// evident reports whether a line that was not read may be a socket or a count
// of sockets: it names a state, or has addresses as a row has, or is JSON of one.
func evident(b []byte) bool { return namesState(b) || likeRow(b) || hasMember(b) }

// likeRow reports whether b has what only rows have: two addresses, or one
// beside tcp or numbers.
func likeRow(b []byte) bool {
	addresses, numbers, tcp := 0, 0, false
	for i := skipSpace(b, 0); i < len(b); i = skipSpace(b, i) {
		start := i
		for i < len(b) && b[i] != ' ' && b[i] != '\t' {
			i++
		}
		w := b[start:i]
		switch {
		case likeAddress(w):
			addresses++
		case isNumber(w):
			numbers++
		case isTCP(w):
			tcp = true
		}
	}
	return addresses >= 2 || addresses == 1 && (tcp || numbers >= 2)
}

// likeAddress reports whether w may be an address with a port, or was one
// before it was damaged.
func likeAddress(w []byte) bool {
	digits, marks := 0, 0
	for _, c := range w {
		switch {
		case hexDigit(c) <= 15:
			digits++
		case c == '.' || c == ':' || c == '*':
			marks++
		case c == '/' || c == '-' || c == '=':
			return false
		}
	}
	return marks >= 3 && digits+marks >= len(w)-3 && digits > 0 ||
		marks >= 2 && len(w) <= 8 && bytes.IndexByte(w, '*') >= 0 ||
		marks == 1 && digits >= 11 && digits >= len(w)-2
}
