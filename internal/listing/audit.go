// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// audit holds what a line was taken for against what stands in it: a line that
// names a state beside a number and was taken for decoration is broken, and a
// heading or a count that names more states than were read is reported. Whatever a
// reader passes over comes by here.
func (rd *Reader) audit(whole []byte) {
	l := &rd.line
	rd.brackets(whole)
	switch l.class {
	case text:
		if unanswered(whole) {
			l.broke(rd.ctx.started, problem.LineBrokeOff)
			return
		}
		if l.known && isCommand(bytes.TrimSpace(whole)) {
			if commandCounts(bytes.TrimSpace(whole)) {
				l.broke(rd.ctx.started, problem.LineUnreadable)
			}
			return
		}
		if (numbersState(whole) || isSecondLine(whole) && mentions(whole) > 0 || likeRow(whole) && mentioned(whole)) && !rd.excused(whole) {
			l.broke(rd.ctx.started, problem.LineUnreadable)
		} else if l.known && rd.begun() && isOut(whole) && !rd.ctx.own {
			l.broke(rd.ctx.started, problem.LineLeftOut)
		}
	case header:
		if l.stray != nil {
			rd.besides(problem.LineStrayTitle, whole, l.stray)
		}
		if !l.wide && (numbersState(whole) || mentions(whole) > 1) && !isOwnTitle(whole) {
			rd.besides(problem.LineBehindHead, whole, nil)
		}
	case count:
		if l.missed {
			rd.besides(problem.LineOtherTotal, whole, nil)
		}
		if l.stray != nil {
			rd.besides(problem.LineStrayWord, whole, l.stray)
		}
		if isOut(whole) {
			rd.besides(problem.LineLeftOut, whole, nil)
		}
		if !l.wide && !l.itemized && !rd.ctx.own && !rd.metric(whole) && mentions(whole) > max(l.pairs, 1) {
			rd.besides(problem.LineBesideCount, whole, nil)
		}
	default: // rows check what follows them
	}
}

// metric reports whether the labels of a metric name the state, which can be
// named there more than once.
func (rd *Reader) metric(b []byte) bool {
	_, ok := metricState(withoutPrefix(b))
	return ok
}

// excused reports whether a line without a meaning names a state and a number
// for another reason than that there are so many.
func (rd *Reader) excused(b []byte) bool {
	b = bytes.TrimSpace(b)
	if rest, ok := bytes.CutPrefix(b, []byte("Every ")); ok {
		_, b, _ = bytes.Cut(rest, []byte(": "))
		return !commandCounts(b)
	}
	switch {
	case sign(b) != signNone:
		return true // reported by its name, or with the others
	case rd.ctx.own:
		return isOwnRemark(b) || !namesState(b)
	case rd.ctx.section && !rd.block:
		return true
	case isSecondLine(rd.line.line):
		before, after, _ := bytes.Cut(b, []byte("lastack:")) // "lastack:" of ss -i is a time
		return mentions(before)+mentions(after) == 0
	case isHeadingWord(&rd.line):
		return true
	default:
		return false
	}
}

// isOut reports whether a line of counts ends with a word which says that there
// were more.
func isOut(b []byte) bool {
	if m, ok := nextMention(b, 0); ok {
		if i := bytes.IndexByte(b[m.end:], '{'); i >= 0 {
			b = b[:m.end+i] // what PowerShell's Group-Object prints of its groups
		}
	}
	b = bytes.TrimRight(b, " \t,;)]}\"'`")
	for _, dots := range [...]string{"...", "\u2026"} {
		if rest, ok := bytes.CutSuffix(b, []byte(dots)); ok {
			return len(rest) > 0 && (isMark(rest[len(rest)-1]) || isDigit(rest[len(rest)-1]))
		}
	}
	last := bytes.Trim(b[bytes.LastIndexAny(b, " \t,;")+1:], ".+")
	switch string(bytes.ToLower(last)) {
	case "etc", "more", "others", "truncated", "omitted", "snip", "snipped", "\u7b49", "\u7b49\u7b49", "\u7565", "\u7701\u7565":
		return true
	default:
		return false
	}
}

// brackets watches whether the brackets of counts are all closed: a text that
// ends within them lost its end.
func (rd *Reader) brackets(b []byte) {
	l := &rd.line
	if rd.json != nil || l.class != count && (l.class != text || !l.known) {
		return
	}
	b = bytes.TrimSpace(withoutPrefix(b))
	if isCommand(b) {
		return
	}
	opens := len(b)
	if m, ok := nextMention(b, 0); ok && bytes.IndexByte([]byte(`{["'`), b[0]) < 0 {
		opens = m.start // what follows a count is not a document
	}
	for i, c := range b {
		switch {
		case (c == '{' || c == '[') && i < opens:
			if rd.open == 0 {
				rd.opened = told{1, rd.result.Lines, quote(b)}
			}
			rd.open++
		case (c == '}' || c == ']') && rd.open > 0:
			rd.open--
		}
	}
}
