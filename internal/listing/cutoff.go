// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file knows by the last line of a text that the text breaks off within it.
// What stood after it is not known, and it is reported.

// ended looks at the last line of the text.
func (rd *Reader) ended(last []byte) {
	l := &rd.line
	heading := l.class == header && rd.carefulAt == rd.result.Lines
	switch {
	case len(last) == 0:
	case heading && (l.columns && !wholeHeading(l) || l.n > 1 && l.n < 5 && beginsHeading(l)), heading && !l.columns && string(l.at[0]) == "Active" && (l.format == Netstat || l.format == Windows):
		rd.besides(problem.LineCutOff, l.line, nil)
	case rd.carefulAt == rd.result.Lines && l.class == text && l.n > 1 && beginsHeading(l):
		rd.besides(problem.LineCutOff, last, nil)
	case rd.block && rd.rows() > 0 && rd.cutOff(last):
		rd.besides(problem.LineCutOff, last, nil)
	}
}

// wholeHeading reports whether the heading of a tool has the last of the columns
// that it always has.
func wholeHeading(l *line) bool {
	has := func(name string) bool { return bytes.Contains(l.line, []byte(name)) }
	switch l.format {
	case Netstat, BSD:
		return has("State") || has("(state)") || !has("Local A") && l.n >= 6 // the heading is in another language
	case Windows:
		return has("State") || !has("Local A") && l.n >= 4
	case SS:
		return has("Peer Address")
	case Proc:
		return has("inode")
	case PowerShell:
		return has("State") || has("OwningProcess")
	default:
		return true
	}
}

// beginsHeading reports whether a line is the start of the heading of a tool.
func beginsHeading(l *line) bool {
	for _, heading := range [...]string{"State Recv-Q Send-Q Local Address:Port Peer Address:Port", "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port", "Proto Local Address Foreign Address State", "sl local_address rem_address st tx_queue", "LocalAddress LocalPort RemoteAddress RemotePort State"} {
		if words := string(bytes.Join(l.at[:l.n], []byte(" "))); len(words) < len(heading) && heading[:len(words)] == words {
			return true
		}
	}
	return false
}

// cutOff reports whether a row has columns that begin and do not end, or fewer
// than the first row has where all have as many.
func (rd *Reader) cutOff(row []byte) bool {
	row = bytes.TrimRight(row, " \t")
	if i := bytes.LastIndex(row, []byte("users:((")); i >= 0 && !bytes.Contains(row[i:], []byte("))")) {
		return true
	}
	last := row[bytes.LastIndexAny(row, " \t")+1:]
	switch w, _ := nextWord(row); {
	case isSlot(w):
		return countFields(row) < min(rd.procFields, minisocketFields)
	case isTCP(w) && len(last) > 1 && last[0] == '(':
		before := bytes.TrimRight(row[:len(row)-len(last)], " ")
		_, timer := timerOf(before[bytes.LastIndexAny(before, " \t")+1:])
		return timer && last[len(last)-1] != ')'
	}
	if len(last) < 2 || !rd.hasColumns {
		return false
	}
	if bytes.HasPrefix(last, []byte("timer:(")) {
		return last[len(last)-1] != ')'
	}
	for _, column := range [...]string{"users:((", "timer:(", "ino:", "uid:", "sk:", "cgroup:"} {
		if len(last) <= len(column) && column[:len(last)] == string(last) {
			return true
		}
	}
	return false
}

// minisocketFields is how many fields a row of /proc/net/tcp has at least.
const minisocketFields = 12
