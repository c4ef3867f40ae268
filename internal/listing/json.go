// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// isJSON reports whether a text begins as a JSON document of objects or of
// texts does; a prompt in brackets does not.
func isJSON(start []byte) bool {
	b := bytes.TrimLeft(start, " \t\r\n")
	if len(b) < 2 || b[0] != '{' && b[0] != '[' {
		return false
	}
	next := bytes.TrimLeft(b[1:], " \t\r\n")
	switch {
	case len(next) == 0:
		return false
	case next[0] != '"':
		return b[0] == '[' && (next[0] == '{' && isKeyed(next[1:]) || next[0] == '[')
	}
	end := bytes.IndexByte(next[1:], '"')
	if end < 0 || next[end] == '\\' {
		return true
	}
	after := bytes.TrimLeft(next[end+2:], " \t\r\n")
	return len(after) == 0 || b[0] == '[' || after[0] == ':' // {"LISTEN"=>17} is of Ruby
}

// isKeyed reports whether b goes on as an object does behind its bracket.
func isKeyed(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) == 0 || b[0] == '"' || b[0] == '}'
}

// unpack puts a reader before the lines that takes them out of JSON.
func (rd *Reader) unpack() {
	rest := io.MultiReader(bytes.NewReader(bytes.Clone(rd.lines.unread)), rd.input)
	whole := &remembering{r: rest}
	dec := json.NewDecoder(whole)
	dec.UseNumber()
	rd.json = &jsonReader{dec: dec, whole: whole}
	rd.lines = newLineReader(rd.json, rd.buffer())
	rd.lines.mixed = true
}

// remembering is a reader that keeps its error: a decoder hides it.
type remembering struct {
	r   io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// unmarked is a reader of text without the marks that a jsonReader writes itself.
type unmarked struct{ r io.Reader }

func (u *unmarked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	for i, c := range p[:n] {
		if c == partMark[0] {
			p[i] = '\n'
		}
	}
	return n, err
}

// A jsonReader turns JSON into lines that the reader understands: an object
// with a state and a count, or with a state and addresses, a key that is a
// state with a number, and texts that are lines themselves (of Ansible, of the
// logs of containers and journals). It holds what the open objects hold and no
// more.
type jsonReader struct {
	dec     *json.Decoder
	whole   *remembering
	stack   []frame
	out     []byte
	headed  bool
	partial bool      // the document says that it lost something itself
	damaged bool      // the JSON does not go on as it must
	rest    io.Reader // what is behind the JSON

	lines   uint64 // written
	bares   uint64 // states in lists, which have no number, of the present document
	loose   uint64 // numbers in lists, which have no state, of the present document
	bare    string // the first of those states
	tables  int    // in the present document: objects and lists with counts or sockets
	doubts  [namedBroken]doubt
	doubted uint64 // how many doubts there were
}

// A doubt is a number in the document that may be a count and that is not
// understood.
type doubt struct {
	line uint64
	text string
}

// doubt keeps the doubt about the number v that is called key, of what.
func (j *jsonReader) doubt(what, key, v string) {
	if j.doubted < namedBroken {
		j.doubts[j.doubted] = doubt{j.lines + 1, quote([]byte(what + " " + key + ": " + v))}
	}
	j.doubted++
}

// frame is an open object or array.
type frame struct {
	object bool
	key    string // the last key of an object; of an array, its own
	cell   [columns]string
	stdout string
	lines  bool // there are stdout_lines, which say the same as stdout

	label     string   // what the object is called, when that is a state
	host      string   // the machine, when the object names it
	when      string   // a time in the object
	texts     []string // lines in the object, which come behind its time
	values    []string // of a group, what its rows are of; or its sample of Prometheus
	sample    int      // how many of a sample were read
	paired    string   // of an array: a state whose number may follow
	tabled    bool     // it has states for keys
	inherited bool     // its state is that of an object in it
	name      string   // under which it stands
	strange   string   // the key of its first number that is under no known key
	strangeN  string   // that number

	numeric   string // a state that is a number, until it is known whose numbers they are
	windows   bool   // a key is one of Windows
	linux     bool   // a key is one of the kernel's table
	stateless bool   // there is a key for the state and nothing under it
	mention   string // the name of a state under a key that is not known
	aside     string // a key that no number stands under, and one does
	odd       string // a key under which no number is, and no text
	sum       uint64 // of the counts that have states for keys
	total     string // a number that must be that sum
	began     uint64 // how many lines were written before it
	called    string // what it is called, when that is no state
	stated    bool   // of an array: an element is a count by state
	unstated  string // of an array: an element is a number of something else
	marked    bool   // a number in it tells one socket from the next
	figure    string // a key whose number does not, though it is known
	figureN   string // that number
	several   bool   // of an array: a state and its number were in it
}

// counts reports whether the numbers of the frame can be counts of sockets, by
// the name it stands under: "timeouts" has none.
func (f *frame) counts() bool {
	name := []byte(f.name)
	_, other := protocolIn(name)
	return !other && !measures(name) && !ofOthers(name)
}

func (j *jsonReader) Read(p []byte) (int, error) {
	for len(j.out) == 0 {
		if j.rest != nil {
			return j.rest.Read(p)
		}
		if err := j.step(); err != nil {
			return 0, err
		}
	}
	n := copy(p, j.out)
	j.out = j.out[n:]
	return n, nil
}

// deepest is how many objects and lists may be open: no program prints ten.
const deepest = 1000

// step reads one token.
func (j *jsonReader) step() error {
	t, err := j.dec.Token()
	switch {
	case err != nil && j.whole.err != nil:
		return j.whole.err
	case errors.Is(err, io.EOF):
		j.damaged = len(j.stack) > 0
		return io.EOF
	case err != nil:
		j.damaged = len(j.stack) > 0 || j.damaged
		j.rest = &unmarked{io.MultiReader(j.dec.Buffered(), j.whole)}
		return nil
	case len(j.stack) == deepest && (t == json.Delim('[') || t == json.Delim('{')):
		j.damaged = true
		j.rest = &unmarked{io.MultiReader(j.dec.Buffered(), j.whole)}
		return nil
	}
	if len(j.out) == 0 {
		j.out = j.out[:0]
	}
	switch v := t.(type) {
	case json.Delim:
		j.delim(v)
	case string:
		j.text(v)
	case json.Number:
		j.scalar(v.String(), true)
	case bool:
		j.flag(v)
	default:
		j.unknown("null")
	}
	return nil
}

// unknown takes a value that is none. It is no zero: where a state or a count
// should be, it is told.
func (j *jsonReader) unknown(word string) {
	f := j.top()
	switch {
	case f == nil:
		return
	case !f.object:
		if f.paired != "" {
			j.doubt(f.paired, "", word)
			f.paired = ""
		}
		return
	}
	key := f.key
	c, known := columnOf([]byte(key))
	f.key = key + "\x00"
	switch {
	case isStateKey(key):
		j.doubt(f.name, key, word)
	case c == columnState:
		f.stateless = true
	case c == columnCount:
		f.cell[columnCount] = word
	case !known && f.odd == "":
		f.odd = key
	}
}

func (j *jsonReader) top() *frame {
	if len(j.stack) == 0 {
		return nil
	}
	return &j.stack[len(j.stack)-1]
}

func (j *jsonReader) delim(d json.Delim) {
	switch d {
	case '{', '[':
		key := ""
		if f := j.top(); f != nil {
			key = f.key
			if f.object && strings.HasSuffix(key, "_lines") {
				f.lines = true
			}
			if f.object {
				f.key = key + "\x00" // read: the next text is a key
			}
		}
		j.stack = append(j.stack, frame{object: d == '{', key: strings.TrimSuffix(key, "\x00"), name: strings.TrimSuffix(key, "\x00"), began: j.lines + j.doubted})
		if d == '{' {
			j.top().key = "\x00" + strings.TrimSuffix(key, "\x00")
		}
	default:
		j.end()
	}
}

// name is the key under which an object stands; it is kept until its first own.
func (j *jsonReader) text(s string) {
	f := j.top()
	switch {
	case f == nil:
		j.line(s)
	case f.object && (f.key == "" || f.key[0] == 0 || f.key[len(f.key)-1] == 0):
		if f.key = s; s == "" {
			f.key = " " // not to be taken for none
		}
	default:
		j.scalar(s, false)
	}
}

// scalar takes a value that is no object and no array.
func (j *jsonReader) scalar(v string, number bool) {
	f := j.top()
	if f == nil {
		return
	}
	if !f.object {
		j.element(f, v, number)
		return
	}
	key := f.key
	f.key = key + "\x00"
	f.evidence(key)
	f.figures(key, v, number)
	if c, ok := columnOf([]byte(key)); ok && c != columnOther {
		j.cell(f, c, v, number)
		return
	}
	if isHostKey(key) && !number {
		f.host = v
		return
	}
	if isTimeKey(key) {
		if _, ok := whenOf([]byte(v)); ok {
			f.when = v
			return
		}
	}
	_, _, size := readNumberOf([]byte(v))
	if key == "sum_other_doc_count" && v != "0" {
		j.doubt(f.name, key, v) // of Elasticsearch: there are more groups
		return
	}
	if s, ok := loosely([]byte(v)); ok && !number && !isSilent(key) && !isLineKey(key) {
		if isLabel(key) {
			f.label = s.String()
		} else if f.mention == "" {
			f.mention = v
		}
		return
	}
	if isLabel(key) && !number {
		f.called = cmp.Or(f.called, v)
	}
	if mentioned([]byte(key)) && j.keyed(f, key, v, number) {
		return
	}
	switch strings.ToLower(key) {
	case "status", "kind", "unit", "values", "name":
		if number && v != "0" {
			f.aside = key
		}
	}
	if isTotal([]byte(key)) && size > 0 {
		f.total = v
	}
	if _, known := columnOf([]byte(key)); !known && (f.strange == "" || f.strangeN == "0" || describes([]byte(f.strange))) && (number || size > 0) {
		f.strange, f.strangeN = key, v
	}
	switch {
	case number:
	case strings.EqualFold(key, "stdout"):
		f.stdout = v
	case isLineKey(key):
		f.texts = append(f.texts, v)
	case !isSilent(key):
		if _, ok := rowStart([]byte(v), 0); ok {
			f.texts = append(f.texts, v)
		} else if numbersState([]byte(v)) {
			j.doubt(key, "", v)
		}
	}
}

// evidence notes by a key whose numbers the states are, where they are numbers.
func (f *frame) evidence(key string) {
	switch key {
	case "LocalAddress", "LocalPort", "RemoteAddress", "RemotePort", "OwningProcess", "AppliedSetting", "OffloadState", "CreationTime", "InstanceID", "CimClass", "Caption", "PSComputerName":
		f.windows = true
	}
	switch strings.ToLower(key) {
	case "inode", "uid", "sl", "st", "tcp_state", "tx_queue", "rx_queue", "txqueue", "rxqueue", "rqueue", "wqueue", "recv_q", "send_q", "retrnsmt", "retrans", "refcnt", "idiag_state", "sk", "cookie", "netns", "local_addr", "rem_addr", "rem_address":
		f.linux = true
	}
}

// figures notes whether the number v under a key that is known tells one socket
// from the next, or is a share or an age.
func (f *frame) figures(key, v string, number bool) {
	c, known := columnOf([]byte(key))
	_, _, size := readNumberOf([]byte(v))
	switch {
	case !known || c == columnState || c == columnCount:
	case identifies(c, []byte(key)):
		f.marked = true
	case f.figure == "" && (number || size > 0 || isShare([]byte(v))):
		f.figure, f.figureN = key, v
	}
}

// cell takes the value of a column that is known.
func (j *jsonReader) cell(f *frame, c column, v string, number bool) {
	s, isState := loosely([]byte(v))
	switch {
	case c != columnState && isState && !number && c != columnLocal && c != columnRemote:
		f.mention = v
	case c != columnState:
		f.cell[c] = v
	case number:
		f.numeric = v
	case isState:
		f.cell[c] = s.String()
	case strings.Trim(v, " -") == "":
		f.stateless = true
	default:
		f.cell[c] = v
	}
}

// keyed takes a value whose key has a state in its name. It reports whether that
// is meant as a state.
func (j *jsonReader) keyed(f *frame, key, v string, number bool) bool {
	s, ok := loosely([]byte(key))
	n, _, size := readNumberOf([]byte(v))
	switch {
	case !ok && (measures([]byte(key)) || size > 0 && n == 0):
	case !ok && !certainly(key) && !isCountKey(key):
		return false
	case ok && size > 0 && j.foreign() != "":
		j.line(v + " " + j.foreign())
	case !ok || size == 0 || !f.counts():
		if number || size > 0 || certainly(key) || len(v) < 24 {
			j.doubt(f.name, key, v)
		}
	default:
		if !f.tabled {
			f.tabled = true
			j.stamp(f)
		}
		f.sum += n
		j.line(labelled(&[columns]string{columnState: s.Reported().String(), columnProtocol: j.family()}) + " " + v)
	}
	return true
}

// isStateKey reports whether key is a state, or has the name of one in it that is
// no word of English.
func isStateKey(key string) bool {
	_, ok := loosely([]byte(key))
	return ok || certainly(key)
}

// certainly reports whether the name of a state in key is no word of English.
func certainly(key string) bool {
	m, ok := nextMention([]byte(key), 0)
	return ok && m.force == certain
}

// isCountKey reports whether key says that a number under it is one of sockets.
func isCountKey(key string) bool {
	key = strings.ToLower(key)
	for _, word := range [...]string{"count", "total", "num", "sockets", "conn", "nb_", "n_"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// element takes a value of an array.
func (j *jsonReader) element(f *frame, v string, number bool) {
	var up *frame
	if len(j.stack) > 1 {
		up = &j.stack[len(j.stack)-2]
	}
	_, _, size := readNumberOf([]byte(v))
	switch {
	case f.paired != "" && (number || size > 0):
		j.line(f.paired + " " + v)
		f.paired, f.several = "", true
		if up != nil {
			up.stated = true
		}
	case up != nil && up.object && f.key == "value":
		if f.sample++; f.sample == 2 { // of Prometheus: the time, the number
			up.cell[columnCount] = v
		}
	case number && (f.several || mentioned([]byte(f.name))):
		j.doubt(f.name, "", v)
	case number:
		j.loose++
		if up != nil && !up.object && len(f.values) == 1 {
			up.unstated = f.values[0] + ": " + v
		}
	case up != nil && up.object && strings.EqualFold(f.key, "values") && len(up.values) < maxFields:
		up.values = append(up.values, v)
	case isEpoch(v):
		j.mark(v) // of Loki
	case isSilent(f.key):
		if _, ok := loosely([]byte(v)); ok {
			j.bareState(v)
		}
	case !strings.HasPrefix(v, "MSFT_NetTCPConnection"):
		j.unpaired(f)
		if s, ok := loosely([]byte(v)); ok {
			f.paired = s.String()
			return
		}
		if mentioned([]byte(f.name)) {
			j.doubt(f.name, "", v)
			return
		}
		f.values = append(f.values[:0], v)
		j.line(v)
	}
}

// bareState notes a state in a list that has no number.
func (j *jsonReader) bareState(v string) {
	if j.bares == 0 {
		j.bare = v
	}
	j.bares++
}

// foreign returns the protocol under which the present object stands when it is
// not TCP.
func (j *jsonReader) foreign() string {
	for i := range j.stack {
		if isForeign(j.stack[i].name) {
			return j.stack[i].name
		}
	}
	return ""
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

func isForeign(proto string) bool {
	_, ok := foreignCell([]byte(proto))
	return ok
}

// unpaired writes a state of an array that has no number behind it.
func (j *jsonReader) unpaired(f *frame) {
	if f.paired != "" {
		j.bareState(f.paired)
		j.line(f.paired)
		f.paired = ""
	}
}

func isEpoch(v string) bool {
	_, ok := epoch([]byte(v))
	return ok
}

// isHostKey reports whether key is under what the machine of a record stands.
func isHostKey(key string) bool {
	switch strings.ToLower(key) {
	case "host", "hostname", "instance", "node", "server", "machine", "pod", "container", "host.name":
		return true
	default:
		return false
	}
}

// isLabel reports whether key is under what groups are called.
func isLabel(key string) bool {
	switch strings.ToLower(key) {
	case "name", "status", "key", "_id", "label", "term", "group":
		return true
	default:
		return false
	}
}

// flag takes a truth value: "exact": false is what a census says that lost
// something.
func (j *jsonReader) flag(v bool) {
	f := j.top()
	if f == nil || !f.object {
		return
	}
	j.partial = j.partial || f.key == "exact" && !v
	j.unknown(strconv.FormatBool(v))
}

// end closes the innermost object or array.
func (j *jsonReader) end() {
	f := *j.top()
	j.stack = j.stack[:len(j.stack)-1]
	j.unpaired(&f)
	if f.object {
		j.object(&f)
	}
	if f.sample == 1 {
		j.loose++ // it is no sample
	}
	if f.stated && f.unstated != "" {
		j.doubt(f.unstated, "", "")
	}
	up := j.top()
	if f.tabled && (up == nil || !up.object) {
		j.part()
	}
	if up == nil {
		if j.bares > 0 && j.loose > 0 {
			j.doubt(j.bare, "", "its number is not beside it")
		}
		if j.tables > 1 {
			j.part()
		}
		j.tables, j.bares, j.loose = 0, 0, 0
	}
}

// stamp tells the reader the time of an object, once.
func (j *jsonReader) stamp(f *frame) {
	if f.when != "" {
		j.mark(f.when)
		f.when = ""
	}
	host := f.host
	if f.tabled && host == "" {
		host = f.name
	}
	if host != "" && !isFamily([]byte(host)) {
		j.mark(hostMark + host)
	}
	f.host = ""
}

// isTimeKey reports whether key is under what the time of a record stands.
func isTimeKey(key string) bool {
	switch strings.ToLower(key) {
	case "time", "timestamp", "@timestamp", "ts", "date", "datetime", "_time", "taken", "taken_at", "__realtime_timestamp":
		return true
	default:
		return false
	}
}

// part tells the reader that what follows is another document, or another
// element of a list, that counts by state itself.
func (j *jsonReader) part() { j.mark("") }

// mark writes a line that is none of the text.
func (j *jsonReader) mark(s string) {
	j.out = append(append(append(j.out, partMark...), strings.NewReplacer("\n", " ", "\r", " ").Replace(s)...), '\n')
	j.lines++
}

// partMark is what RFC 7464 puts between the documents of a text.
const partMark = "\x1e"

// hostMark, behind it, begins the name of a machine.
const hostMark = "\x1f"

// object writes what an object has told.
func (j *jsonReader) object(f *frame) {
	if up := j.top(); up == nil || !up.object {
		j.stamp(f)
	}
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
		if f.odd != "" || f.aside != "" {
			j.doubt(f.label, cmp.Or(f.odd, f.aside), "")
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
		f.began = 0 // it is told
	}
}

// kernelState names the number of a state as the kernel of Linux has it.
func kernelState(number string) string {
	n, ok := parseUint([]byte(number))
	if s := tcp.State(min(n, 255)); ok && n > 0 && s.Valid() {
		return s.Reported().String()
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

// ends reports whether the object has something that only a socket has.
func (f *frame) ends() bool {
	for _, c := range [...]column{columnLocal, columnLocalPort, columnRemote, columnRemotePort, columnPID, columnProtocol} {
		if f.cell[c] != "" {
			return true
		}
	}
	return false
}

// socket writes an object with a state as a line.
func (j *jsonReader) socket(f *frame) {
	c := &f.cell
	if proto := cmp.Or(c[columnProtocol], j.foreign()); c[columnCount] != "" && isForeign(proto) {
		j.line(c[columnCount] + " " + proto)
		return
	}
	_, isState := loosely([]byte(c[columnState]))
	if c[columnCount] != "" {
		if _, _, size := readNumberOf([]byte(c[columnCount])); size == 0 || !isState {
			j.doubt(c[columnState], "count", c[columnCount])
			return
		}
		j.line(labelled(c) + " " + c[columnCount])
		return
	}
	if !f.ends() && (!isState && f.strange != "" || f.odd != "" || f.aside != "") {
		j.doubt(c[columnState], cmp.Or(f.strange, f.odd, f.aside), f.strangeN)
		return
	}
	if f.strange == "value" && (f.label != "" || f.inherited) {
		j.line(c[columnState] + " " + f.strangeN) // of jq's to_entries, of samples
		return
	}
	if f.strange != "" && (c[columnLocal] == "" || c[columnRemote] == "") {
		j.doubt(c[columnState], f.strange, f.strangeN)
		return
	}
	if f.figure != "" && !f.marked {
		j.doubt(c[columnState], f.figure, f.figureN)
		return
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
			v = "tcp"
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
	}{{"proto", columnProtocol}, {"ip", columnLocal}, {"port", columnLocalPort}, {"dport", columnRemotePort}} {
		if v := c[l.of]; v != "" {
			b.WriteString(l.name + "=\"" + strings.Trim(strconv.Quote(v), `"`) + "\",")
		}
	}
	if b.Len() == 0 {
		return c[columnState]
	}
	return "json{" + b.String() + "state=\"" + c[columnState] + "\"}"
}

// line writes a text as lines.
func (j *jsonReader) line(s string) {
	s = strings.ReplaceAll(strings.TrimRight(s, "\r\n"), partMark, "\n")
	j.lines += 1 + uint64(strings.Count(s, "\n"))
	j.out = append(j.out, s...)
	j.out = append(j.out, '\n')
}

// isLineKey reports whether the texts under key are lines of output.
func isLineKey(key string) bool {
	switch strings.ToLower(key) {
	case "log", "message", "msg", "line", "lines", "output", "text", "body", "content", "_raw", "data", "out", "result":
		return true
	default:
		return false
	}
}

// isSilent reports whether the texts under key tell of something else, or of
// what was already told.
func isSilent(key string) bool {
	switch strings.ToLower(key) {
	case "reason", "source", "cmd", "command", "_raw_params", "hint", "stderr", "stderr_lines", "by", "columns", "argv", "gaps", "gap", "filter":
		return true
	default:
		return false
	}
}

// powerShellState names the number of a state as MSFT_NetTCPConnection has it.
func powerShellState(number string) string {
	switch number {
	case "1", "12":
		return tcp.Close.String()
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
