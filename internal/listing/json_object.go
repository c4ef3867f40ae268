// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file makes of an object of JSON what it tells: a socket, a count, or a
// doubt.

// foreign returns the protocol under which the present object stands when it is
// not TCP.
func (j *jsonReader) foreign() string {
	for i := len(j.stack) - 1; i >= 0; i-- {
		name := []byte(j.stack[i].name)
		if isTCP(name) || isTCPv6(name) {
			return "" // below the name of a machine
		}
		if _, ok := protocol(name); ok {
			return j.stack[i].name
		}
		if proto := j.stack[i].foreign(); proto != "" {
			return proto
		}
	}
	return ""
}

// ofSockets reports whether all names under which the present values stand can be
// those of counts of sockets.
func (j *jsonReader) ofSockets() bool {
	below := false // the name of TCP
	for i := len(j.stack) - 1; i >= 0; i-- {
		f := &j.stack[i]
		if below = below || isTCP([]byte(f.name)); below && f.measured() || !below && f.ofOthers() {
			return false
		}
	}
	return true
}

// family returns the protocol of TCP under which the present object stands;
// nothing when there is none.
func (j *jsonReader) family() string {
	for i := range j.stack {
		if name := j.stack[i].name; isFamily([]byte(name)) {
			return name
		}
	}
	return ""
}

// protocolWord names a protocol other than TCP that may be there by its number.
func protocolWord(proto string) string {
	if !isNumber([]byte(proto)) {
		return proto
	}
	switch c, _ := foreignCell([]byte(proto)); c {
	case otherUDP:
		return "udp"
	case otherRaw:
		return "raw"
	default:
		return "sctp"
	}
}

// others writes a count of another protocol. Under a word that may be a name too it
// is for the reader of lines to say.
func (j *jsonReader) others(s tcp.State, n, proto string) {
	_, word := foreignWord([]byte(proto))
	for i := range j.stack {
		if f := &j.stack[i]; word && f.name == proto && s != 0 && isNumber([]byte(n)) {
			j.line(proto + ": " + s.Reported().String() + " " + n)
			return
		}
	}
	j.line(n + " " + protocolWord(proto))
}

func isForeign(proto string) bool {
	_, ok := foreignCell([]byte(proto))
	return ok
}

// object writes what an object has told.
func (j *jsonReader) object(f *frame) {
	if up := j.top(); up == nil || !up.object {
		j.stamp(f)
	} else if f.lifts(up) {
		return
	}
	f.settleKind()
	number := cmp.Or(f.cell[columnCount], f.strangeN)
	for _, text := range f.texts {
		if s, ok := loosely([]byte(text)); ok && number != "" && number != "0" {
			f.mention = s.String() // the number is of it
			continue
		} else if ok {
			j.bareState(text)
		}
		j.line(text)
	}
	if f.stdout != "" && !f.lines {
		j.line(f.stdout)
	}
	up := j.top()
	if f.label != "" && f.cell[columnState] == "" {
		f.cell[columnState] = f.label
	}
	if f.cell[columnState] == "" || f.cell[columnCount] == "" {
		for _, v := range f.values {
			j.line(v)
		}
	}
	j.settleState(f)
	if s, ok := loosely([]byte(f.name)); ok && f.cell[columnState] == "" {
		f.cell[columnState] = s.String()
		if f.cell[columnCount] == "" && f.strange == "" && (f.odd != "" || f.began == j.lines+j.doubted) {
			j.doubt(f.name, f.odd, "")
			return
		}
		if f.cell[columnCount] == "" && f.strange == "" {
			return
		}
	}
	j.besides(f)
	switch {
	case f.cell[columnState] == "":
		j.nameless(f, up)
	case up != nil && up.object && !f.ends() && f.cell[columnCount] == "" && f.strange == "" && f.odd == "":
		up.cell[columnState], up.inherited, up.host = f.cell[columnState], true, cmp.Or(up.host, f.host) // the labels of a number
	case f.label != "" && f.cell[columnCount] == "" && f.strange == "" && !f.ends():
		if f.odd != "" || f.aside != "" || f.inner != "" {
			j.doubt(f.label, cmp.Or(f.odd, f.aside, f.inner), f.innerN)
		}
		j.bareState(f.label) // else the name of something else
	case f.inherited && f.cell[columnCount] == "" && f.strange == "" && !f.ends():
		j.doubt(f.cell[columnState], "", "")
	default:
		j.tables++
		if up != nil {
			up.stated = true
		}
		j.socket(f)
	}
}

// settleState names a state that is a number, when the keys beside it tell whose
// numbers they are.
func (j *jsonReader) settleState(f *frame) {
	switch {
	case f.numeric == "":
	case f.cell[columnState] != "":
		if f.numeric != "0" {
			j.doubt(f.cell[columnState], "state", f.numeric)
		}
	case f.windows && !f.linux:
		f.cell[columnState] = powerShellState(f.numeric)
	case f.linux && !f.windows:
		f.cell[columnState] = kernelState(f.numeric)
	case f.numeric == "0" && !f.ends():
	default:
		j.doubt("state", "", f.numeric)
		f.cell[columnState], f.cell[columnCount], f.strange, f.stateless = "", "", "", false
		f.began = 0 // the object was reported
	}
}

// kernelState names the number of a state as the kernel of Linux has it.
func kernelState(number string) string {
	n, ok := parseUint([]byte(number))
	if s := tcp.State(min(n, 255)); ok && n > 0 && s.Valid() {
		return wholeState(s.Reported())
	}
	return number
}

// besides holds what stands beside counts that have states for keys against
// them: a total that they do not add up to, and a number of something else.
func (j *jsonReader) besides(f *frame) {
	if !f.tabled {
		return
	}
	if n, _, size := readNumberOf([]byte(cmp.Or(f.total, f.cell[columnCount]))); size > 0 && n != f.sum {
		j.doubt("total", "", cmp.Or(f.total, f.cell[columnCount]))
	}
	if f.strange != "" && !describes([]byte(f.strange)) && f.strangeN != "0" {
		j.doubt(f.name, f.strange, f.strangeN)
	}
	if f.mention != "" {
		j.doubt(f.name, "", f.mention)
	}
	for _, aside := range f.besides {
		j.asides.add(j.lines+1, []byte(aside))
	}
	f.mention, f.stateless = "", false
	f.cell[columnCount], f.strange, f.total = "", "", ""
}

// nameless tells of an object that has no state and is a socket, or a number of
// some.
func (j *jsonReader) nameless(f, up *frame) {
	proto := cmp.Or(f.cell[columnProtocol], j.foreign())
	inside := f.began != j.lines+j.doubted
	number := cmp.Or(f.cell[columnCount], f.strangeN)
	switch {
	case up == nil && f.total != "" && j.counted > 0 && !inside && (number == "" || isTotal([]byte(f.strange))):
		j.line("total " + f.total) // the total of the preceding documents
	case isForeign(proto) || f.tabled:
	case f.mention != "":
		j.doubt(f.mention, cmp.Or(f.strange, "count"), cmp.Or(number, f.cell[columnLocal]))
	case f.stateless && up != nil && up.object && number == "" && !f.ends():
		up.stateless = true // the labels of a number
	case inside && number == "":
	case f.stateless && (f.ends() || number != ""), !inside && isSocketEnd(f.cell[columnLocal]) && (isSocketEnd(f.cell[columnRemote]) || tcpCell([]byte(proto))), !inside && tcpCell([]byte(proto)) && f.ends() && (number != "" || f.stateless || f.cell[columnLocal] != ""):
		j.doubt("no state", cmp.Or(f.cell[columnLocal], proto), number)
	case up != nil && up.object && number != "" && number != "0":
		j.loose++
	case up != nil && !up.object && number != "" && number != "0":
		j.loose++
		up.unstated = cmp.Or(up.unstated, cmp.Or(f.called, "count")+": "+number)
	}
}

func isSocketEnd(cell string) bool { return isAddress([]byte(cell)) || isEndpoint([]byte(cell)) }

// socket writes an object with a state as a line.
func (j *jsonReader) socket(f *frame) {
	if j.countsByState(f) || j.mayCount(f) {
		return
	}
	j.row(f)
}

// countsByState takes an object whose number of sockets stands under a key that says so,
// or under address families. It reports false if the object may be a socket.
func (j *jsonReader) countsByState(f *frame) bool {
	c := &f.cell
	if proto := cmp.Or(c[columnProtocol], j.foreign()); c[columnCount] != "" && isForeign(proto) {
		s, _ := loosely([]byte(c[columnState]))
		j.others(s, c[columnCount], proto)
		return true
	}
	s, isState := loosely([]byte(c[columnState]))
	if c[columnCount] != "" {
		n, _, size := readNumberOf([]byte(c[columnCount]))
		if size == 0 || !isState || !j.ofSockets() || !f.counts() {
			j.doubt(c[columnState], "count", c[columnCount])
			return true
		}
		j.counts = true
		if f.ofFamily && f.families != n {
			j.doubt(c[columnState], "count", c[columnCount])
		}
		j.count(s, n, labelled(c)+" "+c[columnCount])
		return true
	}
	if f.ofFamily && isState && !f.ends() && f.strange == "" && j.ofSockets() && f.counts() {
		j.counts = true
		j.count(s, f.families, labelled(c)+" "+strconv.FormatUint(f.families, 10))
		return true
	}
	if f.ofFamily && f.strange == "" {
		j.doubt(c[columnState], "tcp", strconv.FormatUint(f.families, 10))
		return true
	}
	if !f.ends() && (!isState && f.strange != "" || f.odd != "" || f.aside != "") {
		j.doubt(c[columnState], cmp.Or(f.strange, f.odd, f.aside), f.strangeN)
		return true
	}
	return false
}

// mayCount takes an object with a number that may count sockets, and doubts one that is
// neither a socket nor a count. It reports false if the object is a socket.
func (j *jsonReader) mayCount(f *frame) bool {
	c := &f.cell
	s, _ := loosely([]byte(c[columnState]))
	other, text := f.notSocket()
	whole := c[columnLocal] != "" && c[columnRemote] != ""
	counting := countColumn([]byte(f.strange)) == columnCount && f.rival == "" && f.counts() && j.ofSockets() && (!whole || !numbersRows(f.strange))
	if counting && f.item != "" && numbersRows(f.strange) {
		j.doubt(c[columnState], f.item, f.itemText)
		return true
	}
	if counting && numbersRows(f.strange) && j.numbersRecord(s, f) {
		j.doubt(c[columnState], f.strange, f.strangeN)
		return true
	}
	if counting && (f.ends() || f.figure == "") {
		if f.strange == "value" && f.label == "" && !f.inherited && !f.ends() {
			j.doubt(c[columnState], f.strange, f.strangeN) // the number may be a setting for that state
		}
		n, _, _ := readNumberOf([]byte(f.strangeN))
		j.counts = j.counts || !numbersRows(f.strange) && !isValueKey(f.strange)
		j.count(s, n, labelled(c)+" "+f.strangeN) // output of jq's to_entries, or samples
		return true
	}
	if other != "" && f.strange == "" {
		j.doubt(c[columnState], other, text)
		return true
	}
	if f.strange != "" && !whole {
		j.doubt(c[columnState], f.strange, f.strangeN)
		return true
	}
	if f.figure != "" && !f.marked {
		j.doubt(c[columnState], f.figure, f.figureN)
		return true
	}
	return false
}

// row writes an object as a row of a table.
func (j *jsonReader) row(f *frame) {
	c := &f.cell
	if f.strange == "" && c[columnShare] != "" {
		f.strange, f.strangeN = "share", c[columnShare]
	}
	if f.strange != "" && figureOf([]byte(f.strange)) != figureSocket {
		j.figures.add(j.lines+1, []byte(f.strange), []byte(c[columnState]+" "+f.strange+": "+f.strangeN))
	}
	if !j.headed {
		j.headed = true
		j.line("state|proto|local|lport|remote|rport|pid")
	}
	cells := []string{c[columnState], c[columnProtocol], c[columnLocal], c[columnLocalPort], c[columnRemote], c[columnRemotePort], c[columnPID]}
	for i, v := range cells {
		if v == "" {
			v = "-"
		}
		if i == 1 && c[columnProtocol] == "" {
			v = cmp.Or(j.foreign(), "tcp")
		}
		cells[i] = strings.ReplaceAll(v, "|", "?")
	}
	j.line(strings.Join(cells, "|"))
}

// labelled begins a sample of Prometheus with what an object with a count says
// besides its state.
func labelled(c *[columns]string) string {
	var b strings.Builder
	for _, l := range [...]struct {
		name string
		of   column
	}{{"proto", columnProtocol}, {"ip", columnLocal}, {"port", columnLocalPort}, {"peer", columnRemote}, {"dport", columnRemotePort}} {
		if v := c[l.of]; v != "" {
			b.WriteString(l.name + "=\"" + strings.Trim(strconv.Quote(v), `"`) + "\",")
		}
	}
	if b.Len() == 0 {
		return c[columnState]
	}
	return "json{" + b.String() + "state=\"" + c[columnState] + "\"}"
}

// wholeClose is CLOSE in the spelling that is not a start of CLOSE_WAIT.
const wholeClose = "CLOSED"

// wholeState names a state that was a number, so that nothing of it was cut off.
func wholeState(s tcp.State) string {
	if s == tcp.Close {
		return wholeClose
	}
	return s.String()
}

// powerShellState names the number of a state as MSFT_NetTCPConnection has it.
func powerShellState(number string) string {
	switch number {
	case "1", "12":
		return wholeClose
	case "2":
		return tcp.Listen.String()
	case "3":
		return tcp.SynSent.String()
	case "4":
		return tcp.SynRecv.String()
	case "5":
		return tcp.Established.String()
	case "6":
		return tcp.FinWait1.String()
	case "7":
		return tcp.FinWait2.String()
	case "8":
		return tcp.CloseWait.String()
	case "9":
		return tcp.Closing.String()
	case "10":
		return tcp.LastAck.String()
	case "11":
		return tcp.TimeWait.String()
	case "100":
		return tcp.Bound.String()
	default:
		return number
	}
}
