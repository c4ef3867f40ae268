// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file decides whether a word such as udp or unix beside sockets is their
// protocol, or the name of a machine, a container or a service that is called so.
// Under the name of a column it is what the column holds. Before a line, and above
// lines, only the states tell: UDP, unix and raw sockets have no TIME_WAIT.

// A namesake is what stands after such a word, of one protocol.
type namesake struct {
	counts Counts // counts that wait until it is known whether the word is a name
	held   told   // their lines
	rows   told   // rows that were left out for the word
	titled bool   // the word is a title
	named  bool   // the word is a name: the state after it is one that the protocol does not have
}

// cannotBe reports whether sockets of protocol c are never in state s.
func cannotBe(c class, s tcp.State) bool {
	switch c {
	case otherUDP, otherUnix, otherRaw:
	default:
		return false
	}
	switch s.Reported() {
	case tcp.Established, tcp.Listen, tcp.Close, tcp.Bound:
		return false
	default:
		return true
	}
}

// cannotBeOf reports whether a count is of a state that sockets of c never have.
func (l *line) cannotBeOf(c class) bool {
	for _, p := range l.pair[:l.pairs] {
		if cannotBe(c, p.state) {
			return true
		}
	}
	return false
}

// surely reports whether a title above counts is one of a protocol and no name: in
// capitals, or with other words beside it.
func surely(title []byte) bool {
	words := 0
	for range bytes.FieldsFuncSeq(title, betweenLetters) {
		words++
	}
	return words > 1 || looksUpper(title)
}

// namesake returns what is known of the word for protocol c.
func (rd *Reader) namesake(c class) *namesake { return &rd.namesakes[c-otherUDP] }

// holds keeps counts that stand after the word for another protocol. It reports
// false when the word is a name, so that they count.
func (rd *Reader) holds() bool {
	l := &rd.line
	n := rd.namesake(l.namesake)
	if n.named = n.named || l.cannotBeOf(l.namesake); n.named && rd.tcpNamed {
		rd.report(problem.LineProtocol, l.line, nil) // the others are of TCP by such a word
		return true
	} else if n.named {
		if t := &rd.titledAt; t.n > 0 && rd.ctx.titled == l.namesake {
			rd.breakAgain(t.line, problem.LineStrayTitle, rd.titleWord, t.text)
			t.n = 0
		}
		return false
	}
	for _, p := range l.pair[:l.pairs] {
		n.counts[StateCounts.kind(p.state)][p.state] += p.number
	}
	n.held.add(rd.result.Lines, l.line)
	n.titled = n.titled || rd.ctx.titled == l.namesake
	rd.ignore(l.namesake)
	return true
}

// settleNames counts what was held after words that turned out to be names, and
// tells what may be.
func (rd *Reader) settleNames() {
	for i := range rd.namesakes {
		n, c := &rd.namesakes[i], otherUDP+class(i)
		switch {
		case n.named && n.held.n > 0:
			if rd.recount(n, c); rd.tcpNamed {
				rd.breakAgain(n.held.line, problem.LineProtocol, nil, n.held.text)
			}
		case n.held.n > 0 && rd.byFormat[StateCounts] > 0 && (rd.hasNames() || n.titled && rd.titleNamed):
			rd.breakAgain(n.held.line, problem.LineProtocol, nil, n.held.text)
			rd.result.Broken += n.held.n - 1
		}
		if n.rows.n > 0 && rd.rows() > 0 && (n.named || rd.before.named) {
			rd.breakAgain(n.rows.line, problem.LineProtocol, nil, n.rows.text)
			rd.result.Broken += n.rows.n - 1
		}
	}
}

// hasNames reports whether counts stand after words that are names of machines or
// the like.
func (rd *Reader) hasNames() bool {
	return rd.before.named || rd.json != nil && rd.json.named
}

// recount takes the counts that were held among the others.
func (rd *Reader) recount(n *namesake, c class) {
	for k := range n.counts {
		for s, number := range n.counts[k] {
			if number == 0 {
				continue
			}
			rd.counted[k][s] += number
			rd.lastCounted[k][s] += number
			rd.states[s]++
		}
	}
	rd.byFormat[StateCounts] += n.held.n
	switch c {
	case otherUDP:
		rd.result.Ignored.UDP -= n.held.n
	case otherUnix:
		rd.result.Ignored.Unix -= n.held.n
	case otherRaw:
		rd.result.Ignored.Raw -= n.held.n
	default:
		rd.result.Ignored.Other -= n.held.n
	}
}

// mayBeOf makes a count one that waits, because a word beside it is that of protocol c.
func (l *line) mayBeOf(c class) { l.namesake = c }

// holdsNames reports whether what stands under name, of a column, a label or a key,
// is what people call their machines and programs, so that no word there is a
// protocol.
func holdsNames(name []byte) bool {
	if isProtocolName(name) || isPieceLabel(name) {
		return false
	}
	key := foldKey(string(name))
	if isHostKey(key) || isLabelName(name) {
		return true
	}
	switch key {
	case "process", "processname", "procname", "comm", "command", "cmd", "program", "programname", "pidprogramname", "exe", "user", "username", "uid", "containername", "servicename", "svc", "daemon", "systemdunit", "cgroup", "netns", "title", "description", "filter",
		"hostgroup", "vm", "guest", "machinename", "nodename", "computername", "pscomputername", "instancename", "deployment", "statefulset", "workload", "pool", "shard", "vhost", "customer", "location", "vpc", "subnet", "stack", "file", "filename", "path", "主机", "主機", "主机名", "服务", "服務", "进程", "程序", "ホスト", "プロセス", "rechner", "dienst", "prozess", "hôte", "anfitrión", "servidor", "servicio", "хост", "сервер", "служба":
		return true
	default:
		return false
	}
}

// keyWords are the keys of attributes or of JSON that are known for nothing: the first
// with a protocol under it, and those with other words. A key that has both is one of
// names.
type keyWords struct {
	proto, value string
	names        []string
}

// add takes what stands under a key.
func (k *keyWords) add(key, v string, foreign bool) {
	switch {
	case foreign && k.proto == "" && !holdsProtocols(key):
		k.proto, k.value = key, v
	case !foreign && len(k.names) < maxFields && v != "" && !slices.Contains(k.names, key) && !tcpCell([]byte(v)) && !isFamily([]byte(v)):
		if _, known := columnOf([]byte(key)); (!known || isLabel(key)) && !holdsProtocols(key) && !mentioned([]byte(v)) {
			k.names = append(k.names, key)
		}
	}
}

// named reports whether the key with a protocol has names.
func (k *keyWords) named() bool { return slices.Contains(k.names, k.proto) }

// isNameLine reports whether a line says whose what follows is: # host: udp,
// Server: unix, ==> udp <==.
func isNameLine(b []byte) bool {
	i := bytes.IndexAny(bytes.TrimLeft(b, " \t#*-=["), ":=|")
	return i > 0 && holdsNames(bytes.TrimSpace(bytes.TrimLeft(b, " \t#*-=[")[:i])) || bytes.HasPrefix(bytes.TrimSpace(b), []byte("==> "))
}

// namesMachine reports whether what stands before or above counts can be the name of
// a machine or a program: it has a word that says nothing of counts, and none for TCP.
func namesMachine(b []byte) (name bool) {
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		if isFamily(w) {
			return false
		}
		name = name || !isFiller(w) && !isTotal(w)
	}
	return name
}

// namedFirst reports whether the line stands below a heading by which its first word
// is a name.
func (l *line) namedFirst(ctx *context) bool {
	t, w := &ctx.table, &ctx.wide
	return t.n > 0 && (t.mark == 0 || t.mark == '\t') && t.named&1 == 1 || w.n == l.n && w.n > 0 && (w.mark == 0 || w.mark == '\t') && w.names&1 == 1
}

// namesProgram reports whether the word of a prefix that ends at end is the name of
// a program with the number of its process, or stands before one: db2 udp[812]:.
func namesProgram(prefix []byte, end int) bool {
	rest := prefix[end:]
	i := bytes.Index(rest, []byte("]:"))
	if i < 0 {
		return false
	}
	open := bytes.LastIndexByte(rest[:i], '[')
	return open >= 0 && isNumber(rest[open+1:i])
}
