// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"cmp"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file knows what stands in an object of JSON beside its state and says that the
// object may be more than one socket, or none: numbers in an object or a list of its own,
// and what only an item of a list of tasks has.

// nest gives the object around f the first number in f, or below it, of which it is not
// known that it counts no sockets.
func (f *frame) nest(up *frame) {
	if up == nil || up.inner != "" || f.tabled || f.stated || f.cell[columnState] != "" || f.label != "" || f.numeric != "" {
		return
	}
	key, n := f.inner, f.innerN
	switch {
	case !f.object:
	case f.cell[columnCount] != "":
		key, n = "count", f.cell[columnCount]
	case f.strange != "" && figureOf([]byte(f.strange)) != figureSocket:
		key, n = f.strange, f.strangeN
	}
	if key == "" || figureOf([]byte(f.name)) == figureSocket && !strings.EqualFold(f.name, "values") {
		return
	}
	up.inner, up.innerN = strings.Trim(f.name+"."+key, "."), n
}

// addressed reports whether the object has an end of a socket.
func (f *frame) addressed() bool {
	return cmp.Or(f.cell[columnLocal], f.cell[columnLocalPort], f.cell[columnRemote], f.cell[columnRemotePort]) != ""
}

// notSocket returns a key which says that an object with a state and without an address
// may be no socket, or several, and what stands under it.
func (f *frame) notSocket() (key, v string) {
	switch {
	case f.cell[columnPID] == "" && ofSwitch(&f.cell):
		return "port", f.cell[columnLocalPort]
	case f.addressed():
		return "", ""
	case f.inner != "":
		return f.inner, f.innerN
	case f.item != "":
		return f.item, f.itemText
	case f.place != "" && !f.ends():
		return "interface", f.place
	case f.marked || f.cell[columnPID] != "":
		return "", ""
	default:
		return f.other, f.otherText
	}
}

// describesOther notes a text v under a key that no socket has: an object without an
// address is then whatever has such a key, and is open, closed or bound.
func (f *frame) describesOther(key, v string) {
	c, known := columnOf([]byte(key))
	switch {
	case f.other != "" || v == "" || isHostKey(key) || isTimeKey(key) || isLineKey(key) || isSilent(key) || isFamily([]byte(v)) || mentioned([]byte(v)):
	case strings.EqualFold(key, "id"):
		f.other, f.otherText = key, v // the name of an event
	case c != columnOther, known && identifies(c, []byte(key)), isSocketFigure([]byte(key)) && !isLabel(key), holdsProtocols(key), isLabelName([]byte(key)):
	default:
		f.other, f.otherText = key, v
	}
}

// numbersRecord reports whether the number of an object with state s, under a key that
// numbers records as well as it counts, may be the number of the record: an issue that is
// closed, or a state that was there already and is no other socket's by its ends.
func (j *jsonReader) numbersRecord(s tcp.State, f *frame) bool {
	again := j.numbered>>s&1 == 1 && !f.ends()
	j.numbered |= 1 << s
	return again || f.label == "" && (s == tcp.Close || s == tcp.Bound)
}

// itemizes notes a text v under a key that an item of a list of tasks has, and a socket
// or a count has not.
func (f *frame) itemizes(key, v string) {
	switch foldKey(key) {
	case "title", "subject", "author", "assignee", "assignees", "reporter", "milestone", "closedat", "createdat", "updatedat", "mergedat", "headrefname", "baserefname", "htmlurl", "branch", "repository", "issuetype", "severity", "ticket":
		f.item, f.itemText = key, v
	case "interface", "iface", "ifname", "intf", "portname", "portid", "name", "id":
		if namesInterface([]byte(v)) {
			f.place = v
		}
	}
}

// namesOther reports whether the text v under key names something else than sockets,
// so that numbers beside it, under states, are of that.
func namesOther(key, v string) (other bool) {
	switch foldKey(key) {
	case "name", "label":
		if hasDigit([]byte(v)) {
			return false // the name of a machine
		}
	case "metric", "metricname", "description", "title", "what", "caption", "series", "counter", "check", "measurement", "indicator":
	default:
		return false
	}
	wordsOf(v, func(w string) {
		other = other || len(w) > 2 && !hasDigit([]byte(w)) && measures([]byte(strings.ToLower(w)))
	})
	return other || ofOthers([]byte(v))
}

// rescales reports whether a key that is true says that the numbers beside it are no
// plain counts.
func rescales(key string) bool {
	switch foldKey(key) {
	case "normalized", "normalised", "relative", "averaged", "rounded", "smoothed", "cumulative", "inpercent", "aspercent":
		return true
	default:
		return hasMeasure(key)
	}
}
