// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"iter"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Reader reads one listing, once. It is not safe for concurrent use.
type Reader struct {
	name  string
	input io.Reader
	lines *lineReader
	ctx   context
	line  line
	row   Row

	result   Result
	byFormat [formats]uint64 // rows and, for StateCounts, count lines
	headers  [formats]uint64 // headings; of /proc, those of tcp only
	counted  Counts          // from two-column lines
	broken   []problem.Gap   // the first broken lines

	extra   uint64      // pieces of lines after the first, and rows of which more is reported
	rest    []byte      // pieces of the physical line that are still to be read
	scratch []byte      // for the second look at a line
	json    *jsonReader // produces the lines; nil if the text is not JSON
	held    held        // a broken row that the next line may complete

	block       bool // the last line was a row, or belongs to some
	size        int  // size of the buffer; 0 means bufferSize
	before      prefixes
	added       told // rows after a mark of a diff, which one side alone has
	removed     bool
	bullets     uint64 // rows after a dash and one blank, as in a list
	quoted      bool
	sign        signature             // the first recognized signature of a line
	unconn      bool                  // ss, or a count of it, has UNCONN
	spelled     wording               // how the states of counts are written
	bares       told                  // lines of a state alone
	numbered    told                  // lines of a state with a number
	things      [countedThings]uint64 // lines that count something else
	cuts        cutStates
	pidless     bool     // the last row of Windows has no process, which may be alone in the next line
	mixedTold   bool     // a column with protocols and names was reported
	titleNamed  bool     // a title names a machine or a program
	commandAt   uint64   // the line where the last command ends
	commandOpen bool     // that command continues in the next line
	attributes  keyWords // names of attributes of XML elements
	tcpNamed    bool     // the word tcp stands before counts
	titledAt    told     // the last title that may name another protocol
	titleWord   []byte   // the word for the protocol in that title
	listens     told     // counts that may be settings instead
	folded      told     // lines that stand for several machines with equal output
	suspects    suspects
	namesakes   [otherProto - otherUDP + 1]namesake
	likely      []likeness
	texts       told // lines without a meaning
	repeats     repeats
	notes       [pointed + 1]told     // counts in a notation that must be reported
	cutState    []byte                // a state that was cut short, in a line of counts
	last        Counts                // counts of the last moment
	states      [tcp.Bound + 1]uint64 // for each state, how many counts there are

	retracted    uint64 // rows that turned out to be the states of counts
	total        told   // a total that the text states; n is the number
	inOrder      uint64 // counts that go up by one, as numbers of lines do
	firstNumber  uint64 // number of the first count
	listMarked   bool   // a mark follows that number, as in a list
	lastCounted  Counts // counts of the last moment that had any
	countMoments uint64 // number of moments with counts after the first
	seenNow      uint32 // the states counted since the listing last began anew, one bit each
	parting      parting
	parts        breaks
	wide         told // the heading of a wide table that has no row yet

	paused told // the prompt of a pager after which nothing has come yet
	pauses bool // the present line ends with one

	wide16 *mixedReader // reads UTF-16; nil for other text

	above title // the last line without a meaning, until rows or counts follow it

	strangers told // lines about sockets, of programs that are not understood

	waiting [2]bool // what the item had before this line

	open   int  // brackets around counts that are not closed yet
	opened told // where the outermost bracket was opened

	ask       question  // what the last command asked
	askedAt   told      // its line; n is not 0 if anything followed it
	askedRead uint64    // sockets read before that command
	families  [3]told   // the first command that asked for one family, or for any
	listed    bool      // a command lists sockets
	listedAll bool      // every such command was asked for listeners too
	limited   told      // the first command that left sockets out
	mixes     told      // the first command that counts other protocols too
	other     signature // what the first command listed whose counts were left out because it listed no sockets

	bigEnd bool // the words of /proc/net/tcp are big-endian

	netid        bool // ss named the protocol of a row
	proc4, proc6 bool
	control      bool // unknown lines had control characters
	shortened    uint64
	names        uint64
	carefulAt    uint64 // the last line that the fast path has not read
	footed       uint64 // sockets read when a database last printed its number of rows
	procFields   int    // number of fields in the first row of /proc/net/tcp
	hasColumns   bool   // a row of ss has columns after its addresses
	vsock        told   // listeners of ss --vsock without the name of the protocol
	impossible   told   // addresses that look numeric and are not valid
	figures      figures
	inARow       told // counts of the same state as in the line before
	codes        codes
	inTurn       turns
	rollups      [tcp.Bound + 1]rollup
	byFamily     familySums
	familySum    told // the first count that equals the sum of both families
	scrapes      scrapes
	nameless     told      // samples without the name of their metric
	settings     []setting // durations among kernel parameters
	behindName   bool      // a lone state follows a name or a time
	lastState    uint64    // state of the last line with a single count, plus one; 0 if there is none
	lastAt       uint64    // the line of lastState
}

// NewReader returns a Reader of r, which name is for messages.
func NewReader(r io.Reader, name string) *Reader {
	return &Reader{name: name, input: r, parts: breaks{fresh: true}}
}

// Count reads the listing r and counts its TCP sockets by state, in constant
// memory. It returns what was counted also with an error, which is an
// [*problem.InputError] when the input is not a listing with TCP sockets and
// otherwise the reading error of r.
func Count(r io.Reader, name string) (Result, error) {
	return NewReader(r, name).count()
}

// count is [Count].
func (rd *Reader) count() (Result, error) {
	if err := rd.begin(); err != nil {
		return rd.result, err
	}
	var last []byte // good to the end: what comes after it overwrites nothing
	for raw, ok := rd.next(); ok; raw, ok = rd.next() {
		last = raw
		if format, state, ok := fast(raw); ok && !rd.lines.tooLong && rd.ctx.extra.name == nil && (format != SS || rd.quickSS(raw)) {
			rd.ctx.started = format
			rd.countFast(format, state, raw)
			continue
		}
		rd.careful(raw)
	}
	rd.ended(last)
	return rd.result, rd.close()
}

// next returns the next line, or the next piece of a line that has several.
func (rd *Reader) next() (raw []byte, ok bool) {
	if rd.rest != nil {
		raw, rd.rest = rd.rest, nil
		rd.extra++
	} else if raw, ok = rd.lines.next(); ok {
		rd.result.Lines++
	} else {
		return nil, false
	}
	if len(raw) > longLine && !rd.lines.tooLong {
		if n := firstRow(raw); n > 0 {
			raw, rd.rest = raw[:n:n], raw[n:]
		}
	}
	return raw, true
}

// quickSS reports whether a row of ss is one of TCP as far as headings and titles
// tell.
func (rd *Reader) quickSS(raw []byte) bool {
	return rd.ctx.foreign|rd.ctx.titled == blank && (!rd.ctx.netid && !rd.ask.kinds.mixed() || raw[0] == 't')
}

// countFast counts a row that the fast path has read.
func (rd *Reader) countFast(f Format, s tcp.State, raw []byte) {
	if rd.held.n > 0 || rd.parting.next || rd.parting.command || rd.paused.n > 0 {
		rd.interrupted()
	}
	rd.block = true
	rd.cuts.longest = max(rd.cuts.longest, len(raw))
	rd.byFormat[f]++
	k := f.kind(s)
	rd.result.Counts[k][s]++
	rd.last[k][s]++
	if rd.parts.fresh {
		rd.firstRow(raw, f)
	}
	if rd.repeats.row(s, raw, rd.result.Lines) {
		rd.parts.again()
	}
	switch f {
	case Proc:
		rd.procFamily(raw)
	case SS:
		rd.netid = rd.netid || raw[0] == 't'
		rd.unconn = rd.unconn || s == tcp.Bound && bytes.Contains(raw, []byte("UNCONN"))
	default: // nothing beside the count
	}
}

// firstRow looks at the first row of a part.
func (rd *Reader) firstRow(raw []byte, f Format) {
	rd.parts.firstRow(rd.parting.asked, raw, f)
	if rd.headers[f] == 0 && f.endsInNumber(raw) {
		rd.besides(problem.LineUnclear, raw, nil)
	}
	switch f {
	case Proc:
		rd.procFields = countFields(raw)
	case SS:
		rd.hasColumns = rd.hasColumns || bytes.Contains(raw, []byte(":(")) || bytes.Contains(raw, []byte(" ino:")) || bytes.Contains(raw, []byte(" sk:"))
	default: // nothing that would be missed
	}
}

// interrupted deals with what came before a row that the fast path has read.
func (rd *Reader) interrupted() {
	if rd.held.n > 0 {
		rd.release()
	}
	rd.paused = told{}
	rd.parted()
}

// procFamily notes the family of a /proc row, from the width of its address.
func (rd *Reader) procFamily(raw []byte) {
	if familyOf(raw, Proc) == family4 {
		rd.proc4 = true
	} else {
		rd.proc6 = true
	}
}

func (rd *Reader) buffer() int {
	if rd.size > 0 {
		return rd.size
	}
	return bufferSize
}

// begin looks at the start of the input.
func (rd *Reader) begin() error {
	const enough = 8 << 10
	rd.lines = newLineReader(rd.input, rd.buffer())
	start := rd.lines.peek(enough)
	enc, mark := sniff(start)
	rd.lines.unread = rd.lines.unread[mark:]
	switch enc {
	case gzipped:
		return rd.unusable(knowledge.Text{En: "is compressed", Zh: "是压缩文件"}, knowledge.Text{En: "zcat FILE and pipe the output", Zh: "用 zcat FILE 解压后通过管道传入"})
	case utf16LE:
		rd.decode(binary.LittleEndian)
		start = rd.lines.peek(enough)
	case utf16BE:
		rd.decode(binary.BigEndian)
		start = rd.lines.peek(enough)
	case utf8Text:
		first, _, _ := bytes.Cut(start, []byte{'\n'})
		if bytes.IndexByte(first, 0) >= 0 {
			return rd.binary()
		}
	}
	rd.bigEnd = bigEndian(start)
	if isJSON(rd.lines.unread) {
		rd.unpack()
	}
	return nil
}

// decode starts reading UTF-16 of the given byte order at the current position.
func (rd *Reader) decode(order binary.ByteOrder) {
	rd.decodeFrom(nil, order)
}

// decodeFrom does the same, with start put back before the unread input.
func (rd *Reader) decodeFrom(start []byte, order binary.ByteOrder) {
	rest := io.MultiReader(bytes.NewReader(append(bytes.Clone(start), rd.lines.unread...)), rd.input)
	rd.wide16 = &mixedReader{in: bufio.NewReaderSize(rest, 8<<10), order: order}
	rd.input = rd.wide16
	rd.lines = newLineReader(rd.input, rd.buffer())
	rd.lines.mixed = true
}

// close ends the reading: it completes the result and judges the input.
func (rd *Reader) close() error {
	if rd.held.n > 0 {
		rd.release()
	}
	rd.answered()
	rd.settleNames()
	rd.tellCuts()
	rd.doubt()
	rd.settle()
	rd.result.Parts = rd.kin()
	rd.result.again = rd.repeats.apart || rd.result.Parts.Kin != Pieces && len(rd.stateGaps()) > 0
	rd.result.Format = rd.format()
	if err := rd.lines.failed(); err != nil {
		rd.result.Gaps = rd.gaps()
		return problem.Errorf("read %s: %w", "读取 %s：%w", rd.name, err)
	}
	if err := rd.verdict(); err != nil {
		return err
	}
	rd.result.Gaps = rd.gaps()
	rd.result.Limits = rd.result.Format.Limits()
	return nil
}

// rows is how many TCP rows were read.
func (rd *Reader) rows() uint64 {
	var n uint64
	for f, count := range rd.byFormat {
		if Format(f) != StateCounts {
			n += count
		}
	}
	if n == rd.retracted {
		return 0
	}
	return n
}

// format is that of most rows; counts are a format only without rows.
func (rd *Reader) format() Format {
	if rd.rows() == 0 {
		if rd.byFormat[StateCounts] > 0 {
			return StateCounts
		}
		return rd.ctx.started
	}
	best := Netstat
	for f, n := range rd.byFormat {
		if Format(f) != StateCounts && n > rd.byFormat[best] {
			best = Format(f)
		}
	}
	return best
}

// careful reads any line and notes what it is.
func (rd *Reader) careful(raw []byte) {
	l := &rd.line
	rd.carefulAt = rd.result.Lines
	if rd.lines.tooLong {
		l.class = blank
		rd.report(problem.LineLong, raw, nil)
		return
	}
	if rd.json != nil && bytes.HasPrefix(raw, []byte(partMark)) {
		l.class = blank
		rd.part(raw[len(partMark):])
		return
	}
	if bytes.IndexByte(raw, 0) >= 0 && rd.reencoded(raw) {
		l.class = blank
		return
	}
	if first, rest := piece(trimControls(raw)); rest != nil {
		rd.rest, raw = rest, first
	}
	if rd.completes(raw) {
		return
	}
	if hasControl(raw) {
		rd.control = true
		rd.clears(raw)
	}
	rd.waiting = rd.ctx.item.has
	l.classify(raw, &rd.ctx)
	whole, rest := l.line, rd.rest
	rd.cutShort()
	if l.class == text || l.class == broken {
		rd.look()
	}
	if l.class == header {
		rd.rowsInHeading()
	}
	if (rd.rest == nil) == (rest == nil) {
		rd.audit(whole)
	}
	switch l.class {
	case row:
		rd.joined()
	case otherUDP, otherUnix, otherRaw, otherProto:
		rd.joinedOther()
	default: // has nothing after it
	}
	if rd.paused.n > 0 || rd.pauses {
		rd.goesOn()
	}
	if l.class == row {
		rd.watchesStates()
	}
	rd.hold()
	rd.note()
	rd.block = rd.inBlock()
}

// cutShort reads the start of a row as a row: among rows of ss, a state and one number are
// no count.
func (rd *Reader) cutShort() {
	l := &rd.line
	if l.class != count || !rd.block || rd.ctx.started != SS || rd.byFormat[SS] == 0 || l.n != 2 || !isNumber(l.at[1]) {
		return
	}
	l.ends(SS, problem.LineNoAddresses)
}

// inBlock reports whether a line that follows the one just read stands among
// rows or counts, so that it must be one too.
func (rd *Reader) inBlock() bool {
	l := &rd.line
	switch l.class {
	case row, count, broken, otherUDP, otherUnix, otherRaw, otherProto:
		return !rd.ctx.section
	case header:
		return l.columns
	case text:
		return l.known && rd.block
	default: // a blank line, if it is not a piece of one
		return rd.block && rd.rest != nil
	}
}

// note counts the line just read.
func (rd *Reader) note() {
	l := &rd.line
	if l.mixed && l.class != broken && !rd.mixedTold {
		rd.besides(problem.LineProtocol, l.line, nil) // as rows before it
		rd.mixedTold = true
	}
	switch l.class {
	case row:
		if !l.itemized || rd.ctx.item.alone == 0 { // else a number may follow
			rd.above = title{}
		}
		if l.figure != nil {
			rd.figures.add(rd.result.Lines, l.figure, l.line)
		}
		rd.parted()
		rd.noteWide()
		rd.byFormat[l.format]++
		rd.result.Counts[l.kind][l.state]++
		rd.last[l.kind][l.state]++
		if rd.parts.fresh {
			rd.firstRow(rd.rowText(), l.format)
		}
		if rd.repeats.row(l.state, rd.rowText(), rd.result.Lines) {
			rd.parts.again()
		}
		rd.noteRow()
	case count:
		if l.namesake != blank && rd.holds() {
			return
		}
		rd.stood()
		rd.noteWide()
		rd.noteCounts()
	case header:
		rd.noteWide()
		rd.noteHeader()
	case broken:
		if l.why == problem.LineNotSockets {
			rd.other = cmp.Or(rd.other, rd.ctx.of)
		}
		rd.report(l.why, l.line, l.word)
	case text:
		rd.result.Ignored.Text++
		rd.stands(l.line)
		rd.foots(bytes.TrimSpace(l.line))
		if !l.known {
			rd.result.Ignored.Unexplained++
			rd.texts.add(rd.result.Lines, l.line)
			rd.stays()
		}
	case blank:
	default:
		if l.vsock {
			rd.vsock.add(rd.result.Lines, l.line)
		}
		if l.byWord && !rd.ctx.netid {
			rd.namesake(l.class).rows.add(rd.result.Lines, l.line)
		}
		rd.ignore(l.class)
	}
}

// rowText is what tells the row just read from others.
func (rd *Reader) rowText() []byte {
	l := &rd.line
	if !l.itemized {
		return l.line
	}
	rd.scratch = rd.scratch[:0]
	for _, c := range [...]column{columnLocal, columnLocalPort, columnRemote, columnRemotePort} {
		rd.scratch = append(append(rd.scratch, l.cell[c]...), '|')
	}
	return rd.scratch
}

func (rd *Reader) ignore(c class) {
	i := &rd.result.Ignored
	switch c {
	case otherUDP:
		i.UDP++
	case otherUnix:
		i.Unix++
	case otherRaw:
		i.Raw++
	default:
		i.Other++
	}
}

// noteRow keeps what verdict and gaps need to know of a row.
func (rd *Reader) noteRow() {
	l := &rd.line
	rd.pidless = l.format == Windows && l.n == 4
	switch l.format {
	case Proc:
		if len(l.at[procLocal]) > 8+5 {
			rd.proc6 = true
			return
		}
		rd.proc4 = true
	case SS:
		named := l.local == 4 || isTCP(l.at[0])
		rd.netid = rd.netid || named
		if !named && rd.ask.kinds.mixed() {
			rd.mixes = cmp.Or(rd.mixes, told{1, rd.askedAt.line, rd.askedAt.text})
		}
		rd.unconn = rd.unconn || l.state == tcp.Bound && bytes.Contains(l.line, []byte("UNCONN"))
	default: // the row has told all by its count
	}
}

// noteHeader counts the headings with the column names, of which every listing
// has one, and the two files of /proc one each.
func (rd *Reader) noteHeader() {
	l := &rd.line
	switch {
	case rd.ctx.bsd && rd.ctx.bsdBegins:
		rd.ctx.bsdBegins = false
		rd.strip()
		return
	case !l.columns:
		return
	case l.format == Proc && string(l.get(2)) == "remote_address": // tcp6
		rd.proc6 = true
	case l.format == Proc:
		rd.proc4 = true
		rd.headers[Proc]++
	default:
		rd.headers[l.format]++
	}
	rd.moment()
}

// hasControl reports whether b has characters that no text has.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\f' && c != '\r' && c != '\b' || c == 0x7F {
			return true
		}
	}
	return false
}

// Row is one TCP socket of a listing.
type Row struct {
	Socket socket.Socket
	Line   uint64 // its number in the listing, from 1
	// Columns is what this row shows; the rest of Socket is zero and unknown.
	Columns Columns
	PID     uint32 // the first named process; 0 if none is named
	// Process is the name of that process, nil when none is named. It is good
	// until the next row.
	Process []byte
	// Moment counts the tables of the text, from 1; see [Result.Parts].
	Moment uint64
}

// Rows yields every TCP socket of the listing. The row is reused: copy it to
// keep it. Fields that the listing does not show are zero; an address that is
// a name, or cut short, is invalid and its port is kept when it is a number.
// An error ends the sequence; it comes with a nil row and is that of [Count],
// or says that the input is counts without rows. Broken lines are no error,
// they are in the Result.
func (rd *Reader) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if err := rd.begin(); err != nil {
			yield(nil, err)
			return
		}
		var last []byte
		for raw, ok := rd.next(); ok; raw, ok = rd.next() {
			last = raw
			rd.careful(raw)
			if rd.line.class != row {
				continue
			}
			rd.fill()
			if !yield(&rd.row, nil) {
				return
			}
		}
		rd.ended(last)
		if err := rd.close(); err != nil {
			yield(nil, err)
			return
		}
		if rd.result.Format == StateCounts {
			rd.result.CountsOnly = true
			yield(nil, rd.unusable(
				knowledge.Text{En: "has counts by state and no rows: addresses, ports and owners are not in it", Zh: "只有各状态的计数，没有各行：不含地址、端口和所有者"},
				wanted()))
		}
	}
}

// Result returns what was read. It is complete when [Reader.Rows] has ended.
func (rd *Reader) Result() Result { return rd.result }
