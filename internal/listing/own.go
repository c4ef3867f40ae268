// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// readOwn reads the table that this program prints of a census, in both
// languages: a title, a line for each state, and remarks.
func (l *line) readOwn(ctx *context) bool {
	if isOwnTitle(l.line) {
		ctx.own, ctx.section = true, false
		return l.title(StateCounts)
	}
	b := bytes.TrimSpace(l.line)
	switch {
	case isOwnLoss(b):
		l.broke(ctx.started, problem.LineLossy)
		return true
	case !ctx.own:
		return false
	case isOwnRemark(b):
		l.known = true
		return true
	}
	s, ok := stateWord(l.at[0])
	if !ok || l.n < 4 || string(l.at[3]) != "%" && !bytes.HasSuffix(l.at[2], []byte("%")) {
		return false
	}
	n, note, size := readNumberOf(l.at[1])
	if size == 0 {
		return false
	}
	l.counts(pair{s.Reported(), n, note})
	return true
}

// isOwnRemark reports whether b is one of the lines below a table of this
// program: how many there were, and what cannot be seen.
func isOwnRemark(b []byte) bool {
	return bytes.HasPrefix(b, []byte("not visible: ")) || bytes.HasPrefix(b, []byte("\u770B\u4E0D\u5230\uFF1A")) || bytes.HasPrefix(b, []byte("\u770B\u4E0D\u5230:")) ||
		bytes.Contains(b, []byte(" socket \u00B7 ")) || bytes.Contains(b, []byte(" sockets \u00B7 ")) || bytes.Contains(b, []byte(" \u4E2A\u5957\u63A5\u5B57"))
}

// isOwnTitle reports whether b is the first line of a census.
func isOwnTitle(b []byte) bool {
	return bytes.Contains(b, []byte(" TCP socket")) && bytes.Contains(b, []byte(" listening \u00B7 ")) ||
		bytes.Contains(b, []byte("\u4E2A TCP \u5957\u63A5\u5B57"))
}
