// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file tells from a command what its answer is of: which protocols it lists
// beside TCP, and whether it lists sockets at all. Rows name their protocol; what
// is counted of them does not.

// protocols is a set of what a command lists.
type protocols uint8

const (
	kindTCP protocols = 1 << iota
	kindUDP
	kindUnix
	kindRaw
	kindOther

	kindsOfIP = kindTCP | kindUDP | kindRaw | kindOther
	allKinds  = kindsOfIP | kindUnix
)

// kindOf returns the protocol that w is a name of, 0 for none.
func kindOf(w []byte) protocols {
	if isTCP(w) || isTCPv6(w) {
		return kindTCP
	}
	switch string(w) {
	case "u", "unix_stream", "unix_dgram", "unix_seqpacket", "STREAM", "DGRAM":
		return kindUnix
	case "inet", "inet4", "inet6":
		return kindsOfIP
	case "all":
		return allKinds
	}
	c, _ := protocol(w)
	return kindOfClass(c)
}

// alone returns the class of what is listed when TCP is not among it, blank when it
// is, or when nothing is known.
func (k protocols) alone() class {
	switch {
	case k&kindTCP != 0 || k == 0:
		return blank
	case k&kindUDP != 0:
		return otherUDP
	case k&kindUnix != 0:
		return otherUnix
	case k&kindRaw != 0:
		return otherRaw
	default:
		return otherProto
	}
}

// mixed reports whether others are listed beside TCP.
func (k protocols) mixed() bool { return k&kindTCP != 0 && k != kindTCP }

// listedBySS returns what ss lists with these options (iproute2 misc/ss.c, main):
// all of the families that are named, or of all where none is.
func listedBySS(options []byte) protocols {
	kinds, within := protocols(0), allKinds
	for w, rest := nextWord(options); w != nil && !endsCommand(w); w, rest = nextWord(rest) {
		switch {
		case bytes.HasPrefix(w, []byte("--")):
			name, value, _ := bytes.Cut(w[2:], []byte("="))
			if value == nil {
				value, _ = nextWord(rest)
			}
			switch string(name) {
			case "query", "socket":
				kinds = kindsIn(value)
			case "family":
				within = kindOf(value)
			case "ipv4", "ipv6":
				within = kindsOfIP
			case "packet":
				kinds |= kindOther
			default:
				kinds |= kindOf(name)
			}
		case string(w) == "-s":
			return 0 // prints sums only
		case len(w) > 1 && w[0] == '-':
			value, _ := nextWord(rest)
			kinds, within = ofSSOptions(w[1:], value, kinds, within)
		}
	}
	if kinds == 0 {
		return within
	}
	return kinds & within
}

// ofSSOptions adds what short options of ss ask for; value is the word after them.
func ofSSOptions(options, value []byte, kinds, within protocols) (protocols, protocols) {
	for i, c := range options {
		if behind := options[i+1:]; len(behind) > 0 && (c == 'A' || c == 'f') {
			value = behind // as in -Atcp
		}
		switch c {
		case 't':
			kinds |= kindTCP
		case '4', '6':
			within = kindsOfIP
		case 'f':
			return kinds, max(kindOf(value), kindOther)
		case 'A':
			return kinds | kindsIn(value), within
		default:
			kinds |= kindOfClass(familyOption(c))
		}
	}
	return kinds, within
}

// kindOfClass returns the protocol of a class of lines, 0 for TCP and for lines that
// are not rows.
func kindOfClass(c class) protocols {
	switch c {
	case otherUDP:
		return kindUDP
	case otherUnix:
		return kindUnix
	case otherRaw:
		return kindRaw
	case otherProto:
		return kindOther
	default:
		return 0
	}
}

// kindsIn reads a list of protocols: tcp,udp or all,!unix.
func kindsIn(list []byte) (kinds protocols) {
	for name := range bytes.SplitSeq(list, []byte(",")) {
		if without, ok := bytes.CutPrefix(name, []byte("!")); ok {
			kinds &^= kindOf(without)
		} else {
			kinds |= kindOf(name)
		}
	}
	return kinds
}

// listedByNetstat returns what netstat lists with these options. On BSD and on
// Windows, which -f and backslashes tell, only TCP has states.
func listedByNetstat(options []byte) protocols {
	kinds, within := protocols(0), allKinds&^kindOther
	for w, rest := nextWord(options); w != nil && !endsCommand(w); w, rest = nextWord(rest) {
		name, long := bytes.CutPrefix(w, []byte("--"))
		switch {
		case long && (string(name) == "inet" || string(name) == "inet6"), string(w) == "-4", string(w) == "-6":
			within = kindsOfIP
		case long:
			kinds |= kindOf(name)
		case string(w) == "-f":
			return kindTCP
		case w[0] == '-' || w[0] == '/':
			for _, c := range w[1:] {
				if c == 's' || c == 'r' || c == 'i' || c == 'g' {
					return 0 // prints counters, routes, interfaces or groups
				}
				if c == 't' {
					kinds |= kindTCP
				} else if c != 'S' && c != 'M' && c != 'd' && c != '0' {
					kinds |= kindOfClass(familyOption(c))
				}
			}
		case kindOf(bytes.ToLower(w)) == kindsOfIP:
			within = kindsOfIP // as in -A inet
		default:
			kinds |= kindOf(bytes.ToLower(w)) // as in -p tcp
		}
	}
	if kinds == 0 {
		return within
	}
	return kinds
}

// endsCommand reports whether w ends the options of a command.
func endsCommand(w []byte) bool {
	return w[0] == '>' || w[0] == '\\' || w[0] == ';' || w[0] == '&' || w[0] == '#' || bytes.HasPrefix(w, []byte("2>"))
}

// passing returns what of kinds a filter lets through: a command with one of the
// patterns of grep, awk or sed in it.
func passing(kinds protocols, name string, options []byte) protocols {
	without := false
	switch name {
	case "awk", "gawk", "mawk", "nawk":
		if before, _, ok := bytes.Cut(options, []byte("{")); ok && !bytes.Contains(options, []byte("if")) {
			options = before // what awk prints does not select a protocol
		}
	case "sed", "perl", "where", "where-object", "?":
	default:
		without = hasOption(options, 'v') || bytes.Contains(options, []byte("--invert")) || bytes.Contains(bytes.ToLower(options), []byte("-notmatch"))
	}
	named, left := protocols(0), protocols(0)
	for i := 0; i < len(options); {
		n := wordLen(options[i:])
		if n == 0 {
			i++
			continue
		}
		kind := kindOf(bytes.ToLower(options[i : i+n]))
		if kind == kindsOfIP || kind == allKinds || n == 1 {
			kind = 0
		}
		if without || deletes(options[:i], options[i+n:]) {
			left |= kind
		} else {
			named |= kind
		}
		i += n
	}
	if named != 0 {
		kinds &= named
	}
	return kinds &^ left
}

// wordLen returns how many letters and digits b begins with.
func wordLen(b []byte) (n int) {
	for n < len(b) && (isLetter(b[n]) || isDigit(b[n]) || b[n] == '_') {
		n++
	}
	return n
}

// deletes reports whether a pattern of awk or sed, between before and after, is one
// of lines that are left out: !/udp/, !~ /udp/, != "udp", /udp/d.
func deletes(before, after []byte) bool {
	before = bytes.TrimRight(before, ` ^"/(\`)
	for _, sign := range [...]string{"!", "!~", "!="} {
		if bytes.HasSuffix(before, []byte(sign)) {
			return true
		}
	}
	return bytes.HasPrefix(bytes.TrimLeft(after, `/|\`), []byte("d")) && bytes.HasPrefix(after, []byte("/"))
}

// otherSource returns what a command lists that is not a table of sockets, signNone
// when it is none of those that are known.
func otherSource(program []byte) signature {
	switch string(program) {
	case "conntrack":
		return signConntrack
	case "lsof":
		return signLsof
	case "ipvsadm":
		return signIPVS
	case "sockstat":
		return signSockstatBSD
	case "pfctl":
		return signFlows
	case "nmap":
		return signPortScan
	case "tcpdump", "tshark":
		return signTcpdump
	case "tcpstates", "tcpstates.py", "tcpstates-bpfcc", "tcplife", "tcptracer":
		return signTransitions
	default:
		return signNone
	}
}

// files reads the files that a command names: tables of the kernel, and of its
// firewall.
func (q *question) files(command []byte) {
	if bytes.Contains(command, []byte("conntrack")) {
		q.of = signConntrack
	}
	for rest := command; ; {
		_, after, ok := bytes.Cut(rest, []byte("/net/"))
		if !ok {
			return
		}
		q.kinds |= kindOf(after[:wordLen(after)])
		rest = after
	}
}

// isPipeline reports whether b, a line of any kind, has a command in it that lists
// sockets or the like, with its options, and one that filters or counts its lines.
func isPipeline(b []byte) bool {
	first, rest := stageOf(b)
	filter, _ := nextWord(rest)
	switch string(programOf(filter)) {
	case "awk", "gawk", "grep", "egrep", "sort", "uniq", "cut", "tr", "sed", "wc", "perl", "tail", "head", "python3":
	default:
		return false
	}
	if bytes.Contains(first, []byte("conntrack")) || bytes.Contains(first, []byte("/proc/net/")) {
		return true
	}
	for w, rest := nextWord(first); w != nil; w, rest = nextWord(rest) {
		name := programOf(w)
		if options, _ := nextWord(rest); (options == nil || options[0] == '-') && (string(name) == "ss" || string(name) == "netstat" || otherSource(name) != signNone) {
			return true
		}
	}
	return false
}

// commandIn returns the command that a line is, without what a log, or Ansible's heading
// of a machine, put before it.
func commandIn(b []byte) []byte {
	if isPipeline(b) {
		return b
	}
	if rest := bytes.TrimLeft(withoutPrefix(b), "+$#> "); len(rest) < len(b) && isPipeline(rest) {
		return rest
	}
	for _, rest := stageOf(b); len(rest) > 0; _, rest = stageOf(rest) {
		command := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(rest, " "), []byte("(stdout)")), "+$#> ")
		if program, _ := nextWord(command); isPipeline(command) && !filters(programOf(program)) {
			return command
		}
	}
	return b
}

// commandGoesOn reports whether a line of a command goes on in the next one: it ends with a
// bar or a backslash.
func commandGoesOn(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	return len(b) > 0 && (b[len(b)-1] == '|' || b[len(b)-1] == '\\')
}

// continued reads another line of the last command.
func (rd *Reader) continued(b []byte) {
	rd.line.known = true
	rd.commandAt, rd.commandOpen = rd.result.Lines, commandGoesOn(b)
	b = bytes.TrimLeft(b, "> \t|")
	for q := &rd.ask; len(b) > 0; {
		var part []byte
		part, b = stageOf(bytes.TrimRight(b, " \t\\"))
		q.filter(part)
	}
	rd.ctx.foreign = rd.ask.kinds.alone()
}

// quotedCommand returns the command in quotation marks that another one runs: watch
// 'ss -tan | …', ssh web1 "netstat -ant". It is nil when there is none.
func quotedCommand(b []byte) []byte {
	start := bytes.IndexAny(b, `'"`)
	if start < 0 {
		return nil
	}
	end := bytes.LastIndexByte(b, b[start])
	if end <= start+1 {
		return nil
	}
	inner := b[start+1 : end]
	for w, rest := nextWord(inner); w != nil; w, rest = nextWord(rest) {
		switch name := programOf(w); string(name) {
		case "ss", "netstat":
			return inner
		default:
			if otherSource(name) != signNone || bytes.Contains(w, []byte("/proc/net/")) {
				return inner
			}
		}
	}
	return nil
}

// programOf returns the name of the program that a word of a command runs, without
// its directory and without what a shell puts before it.
func programOf(w []byte) []byte {
	w = bytes.TrimLeft(w, "'\"`({[;")
	return w[bytes.LastIndexAny(w, "/$#>%(`")+1:]
}
