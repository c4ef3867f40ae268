// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file watches for states that a narrow column or the edge of a terminal cut
// off. CLOSE is a state of its own, and the start of CLOSE_WAIT, which matters most.

// cutStates is what rows show of it.
type cutStates struct {
	closes  told   // rows in CLOSE
	short   uint64 // rows whose state may be the beginning of a longer word: ESTAB, where ss did not print it
	edge    told   // the longest row that ends with CLOSE
	edgeLen int    // its length
	longest int    // length of the longest row
}

// cutWord is how long both CLOSE and ESTAB are.
const cutWord = len("CLOSE")

// watchesStates looks at the row just read: a CLOSE that its program never prints is
// cut off, another one may be.
func (rd *Reader) watchesStates() {
	l, c := &rd.line, &rd.cuts
	c.longest = max(c.longest, len(l.line))
	if l.state != tcp.Close && l.state != tcp.Bound && l.state != tcp.Established || l.format == Proc {
		return
	}
	switch word := l.shortState(); {
	case word == nil:
	case l.state == tcp.Established:
		if l.format != SS && looksUpper(word) {
			c.short++
		}
	case l.format == Netstat || l.format == Table:
		c.closes.add(rd.result.Lines, l.line)
		if end := bytes.TrimSpace(l.line); len(l.line) >= c.edgeLen && hasFold(end[len(end)-cutWord:], "close") && len(bytes.TrimRight(l.line, " \t")) == len(l.line) {
			c.edge, c.edgeLen = told{1, rd.result.Lines, quote(l.line)}, len(l.line)
		}
	default: // ss prints UNCONN, the others CLOSED
		l.broke(l.format, problem.LineCutState)
		l.word = bytes.Clone(word)
	}
}

// shortState returns the word of a row that is CLOSE or ESTAB, nil when it is longer.
func (l *line) shortState() []byte {
	if l.tabled && len(l.cell[columnState]) > 0 {
		return ifShort(l.cell[columnState])
	}
	for _, w := range l.at[:l.n] {
		if w := ifShort(w); w != nil {
			return w
		}
	}
	return nil
}

func ifShort(w []byte) []byte {
	if len(w) == len("tcp")+cutWord && isTCP(w[:3]) {
		w = w[3:] // output of an old ss -H
	}
	if len(w) == cutWord && (hasFold(w, "close") || hasFold(w, "estab")) {
		return w
	}
	return nil
}

// tellCuts reports rows in CLOSE where states look cut: others are, there is no
// longer one, or the word ends at the edge; so with counts.
func (rd *Reader) tellCuts() {
	c := &rd.cuts
	t := c.closes
	switch {
	case rd.rows() == 0 && rd.numbered.n > 0 && rd.spelled == (wording{close: true}):
		rd.breakAgain(rd.numbered.line, problem.LineCutState, []byte("CLOSE"), rd.numbered.text)
	case t.n == 0:
	case c.short > 0 || rd.cutState != nil || t.n == rd.rows():
		rd.breakAgain(t.line, problem.LineCutState, []byte("CLOSE"), t.text)
		rd.result.Broken += t.n - 1
	case c.edge.n > 0 && c.edgeLen == c.longest:
		rd.breakAgain(c.edge.line, problem.LineCutState, []byte("CLOSE"), c.edge.text)
	}
}

// isCutProtocol reports whether w, before a row of ss, is the end of the name of a
// protocol: the start of every line was lost.
func isCutProtocol(w []byte) bool {
	var lower [8]byte
	w = folded(lower[:0], bytes.TrimLeft(w, ".<>-\u2026"))
	for _, name := range [...]string{"tcp", "udp", "tcp6", "udp6", "tcp4", "udp4", "u_str", "u_dgr", "u_seq", "sctp", "dccp", "mptcp", "icmp6", "p_raw", "p_dgr", "v_str"} {
		if len(w) > 0 && len(w) < len(name) && name[len(name)-len(w):] == string(w) && !isNumber(w) {
			_, whole := protocol(w)
			return !whole && !isTCP(w)
		}
	}
	return false
}
