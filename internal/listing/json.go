// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
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
		return b[0] == '[' && (next[0] == '{' && isKeyed(next[1:]) || next[0] == '[' && !startsWithLetter(next[1:]))
	}
	end := bytes.IndexByte(next[1:], '"')
	if end < 0 || next[end] == '\\' {
		return true
	}
	after := bytes.TrimLeft(next[end+2:], " \t\r\n")
	return len(after) == 0 || b[0] == '[' || after[0] == ':' // {"LISTEN"=>17} is Ruby
}

// startsWithLetter reports whether b begins with a word: [[state]] is of TOML.
func startsWithLetter(b []byte) bool { return len(b) > 0 && isLetter(b[0]) }

// isKeyed reports whether b goes on as an object does after its bracket.
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
	partial string    // key where the document says that it lost something itself
	more    string    // key where it says that it is one part of several
	counted uint64    // number of lines with counts
	damaged bool      // the JSON is malformed from here on
	rest    io.Reader // the input after the JSON

	lines   uint64 // number of written lines
	bares   uint64 // states in lists of the current document, which have no number
	loose   uint64 // numbers in lists of the current document, which have no state
	bare    string // the first of those states
	tables  int    // objects and lists with counts or sockets in the current document
	doubts  [namedBroken]doubt
	doubted uint64 // how many doubts there were

	held     int      // bytes written for objects that are still open
	repeated told     // parts that repeat what other parts say
	unsaid   told     // keys above counts that do not mention TCP
	strange  told     // column names whose content is unknown
	places   told     // those keys that say where the counts come from
	words    keyWords // words in unknown keys
	named    bool     // one of those words can name a machine or a program
	listens  bool     // a key is listen, which may also be a port in a settings file
	counts   bool     // a number stands under a key that says it is a count
	numbered uint32   // bit set: states counted under keys that also number records
	asides   told     // numbers beside counts that are known to mean something else
	figures  figures  // keys beside addresses whose numbers may or may not count sockets
	spelled  wording
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
	case err != nil && j.held > 0:
		j.abandon() // start again
		return nil
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
		j.abandon()
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
		j.scalar(unsplit(v.String()), true)
	case bool:
		j.flag(v)
	default:
		j.unknown("null")
	}
	return nil
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
				f.key = key + "\x00" // the key was used: the next text is a key again
			}
		}
		j.stack = append(j.stack, frame{object: d == '{', key: strings.TrimSuffix(key, "\x00"), name: strings.TrimSuffix(key, "\x00"), began: j.lines + j.doubted, counted: j.counted})
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
			f.key = " " // must not look like an absent key
		}
	default:
		j.scalar(s, false)
	}
}

// end closes the innermost object or array.
func (j *jsonReader) end() {
	f := *j.top()
	j.stack = j.stack[:len(j.stack)-1]
	if f.tables && f.answer != "" {
		j.doubt(f.answer, "", "")
	}
	if up := j.top(); f.tabled && up != nil {
		up.tables = true
	}
	if f.tabled && countsOthersByName(f.name) {
		j.unsaid.add(j.lines, []byte(f.name))
	} else if f.tabled && !j.saysTCP(&f) {
		if _, known := columnOf([]byte(f.name)); !known && (leads([]byte(f.name)) || namesPlace([]byte(f.name))) {
			j.places.add(j.lines, []byte(f.name))
		} else {
			j.unsaid.add(j.lines, []byte(f.name))
		}
		j.named = j.named || namesMachine([]byte(f.name))
	}
	j.close(&f)
	j.unpaired(&f)
	f.nest(j.top())
	if f.object {
		j.object(&f)
	}
	if f.sample == 1 {
		j.loose++ // the number is not a sample
	}
	j.scaled(&f)
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
