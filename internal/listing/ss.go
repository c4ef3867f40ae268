// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// readSS reads "STATE Recv-Q Send-Q local remote ..." from field at on, as ss
// prints it; the Netid column, if any, is before at. Without that column a
// row is taken for TCP when its addresses have ports: a unix socket's have
// none. What ss -u prints alone cannot be told from it, see
// [Reader.ssGaps].
func (l *line) readSS(at int, ctx *context) bool {
	state, ok := gluedState(l.get(at))
	queues := isNumber(l.get(at+1)) && isNumber(l.get(at+2))
	if ok && !queues {
		return l.readWithoutQueues(at, state)
	}
	if !ok {
		return l.readDamagedSS(at, ctx)
	}
	local, remote := l.get(at+3), l.get(at+4)
	switch {
	case at == 0 && isVsock(local) && isVsock(remote): // after the word tcp they are names of machines
		l.class = otherProto
	case at == 0 && isVsock(local) && string(remote) == "*:*" && endsInPort(local): // the row of a listener
		l.class, l.vsock = otherProto, true
	case at == 0 && ctx.netid && looksLikeEndpoint(local) && looksLikeEndpoint(remote): // its heading has a protocol
		l.broke(SS, problem.LineProtocol)
	case looksLikeEndpoint(local) && looksLikeEndpoint(remote):
		l.found(SS, ssState(state, remote), at+3)
		l.ssKind(l.after(at + 4))
	case !isNumber(local) && isNumber(l.get(at+4)) && isNumber(l.get(at+6)): // unix: a path or *, then a number, each way
		l.class = otherUnix
	default:
		l.ends(SS, problem.LineNoAddresses)
	}
	return true
}

// wholeSS reports whether the line has all that a row of ss has.
func (l *line) wholeSS() bool {
	_, ok := gluedState(l.at[0])
	return ok && l.n >= 5 && isNumber(l.at[1]) && isNumber(l.at[2]) && looksLikeEndpoint(l.at[3]) && looksLikeEndpoint(l.at[4])
}

// readWithoutQueues reads "STATE local remote ...", which ss -Q prints.
func (l *line) readWithoutQueues(at int, state tcp.State) bool {
	if !isEndpoint(l.get(at+1)) || !isEndpoint(l.get(at+2)) {
		return false
	}
	l.found(SS, ssState(state, l.get(at+2)), at+1)
	l.ssKind(l.after(at + 2))
	return true
}

// isVsock reports whether w is an address of ss --vsock, a number or * with a
// port: no address of TCP is a number alone.
func isVsock(w []byte) bool {
	i := bytes.IndexByte(w, ':')
	return i > 0 && isNumber(w[:i])
}

// endsInPort reports whether nothing but digits is after the first colon of w.
func endsInPort(w []byte) bool { return isNumber(w[bytes.IndexByte(w, ':')+1:]) }

// ssState is the state that ss's word means in a TCP row. ss writes UNCONN
// for the kernel's state 7, which a dump has only for sockets that are bound
// but idle: TCP_CLOSE sockets are in no hash table (net/ipv4/inet_diag.c,
// tcp_diag.c tcp_diag_dump, Linux 6.8). One with a peer was connected, and is
// closed.
func ssState(s tcp.State, remote []byte) tcp.State {
	if s == tcp.Close && !isWholePeer(remote) {
		return tcp.Bound
	}
	return s
}

// isWholePeer reports whether an address has a port, so that there is another end.
func isWholePeer(remote []byte) bool {
	switch port := remote[bytes.LastIndexByte(remote, ':')+1:]; string(port) {
	case "", "*", "0":
		return false
	default:
		return len(port) < len(remote)
	}
}

// ssKind refines the kernel object from the columns after the addresses: a
// FIN-WAIT-2 with the time-wait timer is a minisocket, and one with an inode
// is held open.
func (l *line) ssKind(rest []byte) {
	if l.state != tcp.FinWait2 {
		return
	}
	rest = withoutUsers(rest)
	if bytes.Contains(rest, []byte("timer:(timewait,")) {
		l.kind = socket.Mini
		return
	}
	if ino, ok := number(rest, "ino:"); ok && ino != 0 {
		l.kind = socket.Full
	}
}

// readDamagedSS recognises rows of ss whose state is damaged or, when ss was
// asked for one state, not printed.
func (l *line) readDamagedSS(at int, ctx *context) bool {
	if at == 0 && ctx.started == SS && l.n >= 4 && isNumber(l.at[0]) && isNumber(l.at[1]) &&
		looksLikeEndpoint(l.at[2]) && looksLikeEndpoint(l.at[3]) {
		if ctx.asked != 0 {
			l.found(SS, ssState(ctx.asked, l.at[3]), 2)
			l.ssKind(l.after(3))
			return true
		}
		l.broke(SS, problem.LineStateLeftOut)
		return true
	}
	shape := l.n >= at+5 && isNumber(l.at[at+1]) && isNumber(l.at[at+2]) &&
		looksLikeEndpoint(l.at[at+3]) && looksLikeEndpoint(l.at[at+4])
	if !shape || (at == 0 && ctx.started != SS) {
		return false
	}
	l.unstated(SS, at)
	return true
}

// withoutUsers returns the columns after users:((...)), because the name of
// a process can be anything, "ino:1" too.
func withoutUsers(rest []byte) []byte {
	if i := bytes.Index(rest, []byte("users:((")); i >= 0 {
		if end := pastUsers(rest, i); end > 0 {
			return rest[end:]
		}
		if j := bytes.LastIndex(rest, []byte("))")); j > i {
			return rest[j+2:]
		}
	}
	return rest
}

// number returns the decimal number after key, which begins a word in rest.
func number(rest []byte, key string) (uint32, bool) {
	return parseUint(word(rest, key))
}

// word returns the word in rest that begins with key, without key.
func word(rest []byte, key string) []byte {
	for from := 0; ; {
		i := bytes.Index(rest[from:], []byte(key))
		if i < 0 {
			return nil
		}
		i += from
		from = i + len(key)
		if i > 0 && rest[i-1] != ' ' && rest[i-1] != '\t' {
			continue
		}
		end := from
		for end < len(rest) && rest[end] != ' ' && rest[end] != '\t' {
			end++
		}
		return rest[from:end]
	}
}
