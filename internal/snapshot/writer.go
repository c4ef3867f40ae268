// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// rowsPerBlock is how many sockets are written together: enough to make the headers
// of columns negligible, few enough to keep a block small in memory.
const rowsPerBlock = 4096

// A Writer writes a snapshot as a stream. Not safe for concurrent use. After
// an error it must not be used.
type Writer struct {
	out      io.Writer
	flate    *flate.Writer
	packed   bytes.Buffer
	raw      []byte
	redactor *Redactor

	job     []byte     // the section being compressed and written
	pending chan error // result of writing that section; nil if none is being written

	interner *interner
	block    block
	taken    allowance // usage of the bounds that a reader checks
	short    bool      // for a test: the file is not lengthened
	counts   [tcp.NumStates]uint64
	sockets  uint64
	sections uint32
}

// A block holds the rows that wait to be written, column by column.
type block struct {
	groups []group
	n      int
	states uint32
	row    row
}

// A group is a set of columns that the same rows have.
type group struct {
	fields []field
	values [][]uint64
}

func newGroup(fields []field) group {
	g := group{fields: fields, values: make([][]uint64, len(fields))}
	for i := range g.values {
		g.values[i] = make([]uint64, 0, rowsPerBlock)
	}
	return g
}

func (g *group) add(r *row) {
	for i := range g.fields {
		g.values[i] = append(g.values[i], g.fields[i].get(r))
	}
}

// The groups of columns, in the order in which they stand in a block.
const (
	groupRow = iota
	groupInfo
	groupMemory
)

// NewWriter begins a snapshot with what is known before the first socket. A redactor
// replaces what must not leave the machine, in m too; nil replaces nothing.
func NewWriter(out io.Writer, m Machine, redactor *Redactor) (*Writer, error) {
	compressor, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	m.Missing = worded(m.Missing)
	w := &Writer{out: out, flate: compressor, interner: newInterner(), redactor: redactor}
	w.block.groups = []group{newGroup(rowColumns()), newGroup(infoColumns()), newGroup(memoryColumns())}
	if redactor != nil {
		redactor.machine(&m)
	}
	if _, err := out.Write(preamble()); err != nil {
		return nil, err
	}
	return w, w.json(sectionHead, m)
}

// Namespace starts the next network namespace; the sockets that follow belong to it.
func (w *Writer) Namespace(n Namespace) error {
	if err := w.flush(); err != nil {
		return err
	}
	n.Missing = worded(n.Missing)
	if w.redactor != nil {
		w.redactor.namespace(&n)
	}
	return w.json(sectionNamespace, n)
}

// Add writes one socket and keeps only its owners and names. byPlace is the owner
// found from cgroups only.
func (w *Writer) Add(s *socket.Socket, byPlace *socket.Owner) error {
	if w.redactor != nil {
		s, byPlace = w.redactor.row(s, byPlace)
	}
	b := &w.block
	b.row = row{
		Socket: s,
		shape:  w.interner.shape(s), congestion: w.interner.text(s.Congestion),
		user: w.interner.text(s.User), device: w.interner.text(s.Device),
		cgroup: w.interner.cgroup(s.Cgroup), owner: w.interner.owner(s.Owner), byPlace: w.interner.owner(byPlace),
	}
	b.groups[groupRow].add(&b.row)
	if s.Info != nil {
		b.groups[groupInfo].add(&b.row)
	}
	if s.Mem != nil {
		b.groups[groupMemory].add(&b.row)
	}
	w.sockets++
	if s.State.Valid() {
		w.counts[s.State.Reported()]++
		b.states |= 1 << s.State.Reported()
	}
	if b.n++; b.n == rowsPerBlock {
		return w.flush()
	}
	return nil
}

// flush writes the block, and before it the table entries that it needs.
func (w *Writer) flush() error {
	b := &w.block
	if b.n == 0 {
		return nil
	}
	added, err := w.interner.take()
	if err != nil {
		return err
	}
	if added != nil {
		if err := w.section(section{kind: sectionTables, flags: flagCritical}, added); err != nil {
			return err
		}
	}
	w.raw = w.raw[:0]
	for i := range b.groups {
		w.raw = b.groups[i].appendTo(w.raw)
	}
	err = w.section(section{kind: sectionRows, flags: flagCritical, rows: uint32(b.n), states: b.states}, w.raw)
	b.n, b.states = 0, 0
	return err
}

// appendTo writes the columns that are not all zero and empties the group.
func (g *group) appendTo(buf []byte) []byte {
	for i, values := range g.values {
		if anyOf(values) {
			buf = appendColumn(buf, g.fields[i].id, values)
		}
		g.values[i] = values[:0]
	}
	return buf
}

func anyOf(values []uint64) bool {
	for _, v := range values {
		if v != 0 {
			return true
		}
	}
	return false
}

// worded adds the English sentence to each gap, for readers that do not know its
// code.
func worded(gaps []problem.Gap) []problem.Gap {
	gaps = slices.Clone(gaps)
	for i := range gaps {
		gaps[i].Reason = knowledge.GapReason(gaps[i])
	}
	return gaps
}

// marshal is [json.Marshal] without escaping <, > and &: as \u003c they would be six
// times as long.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (w *Writer) json(kind string, v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	return w.section(section{kind: kind, flags: flagCritical}, b)
}

// section writes one section, compressed if that makes it smaller. Another thread
// does that, a third of the work, while the next rows come in. The next call returns
// its error.
func (w *Writer) section(s section, payload []byte) error {
	s.raw = uint32(len(payload))
	if uint64(len(payload)) > uint64(s.limit()) {
		return problem.Errorf("snapshot: section %s: %w", "快照：%s 节：%w", s.kind, errTooBig)
	}
	if err := w.wait(); err != nil {
		return err
	}
	if s.kind != sectionRows && s.kind != sectionPad {
		w.taken.json += int64(len(payload))
		w.taken.weight += weigh(payload)
	}
	w.sections++
	w.job = append(w.job[:0], payload...)
	done := make(chan error, 1)
	w.pending = done
	go func() { done <- w.write(s, w.job) }()
	return nil
}

// wait returns the result of writing the last section.
func (w *Writer) wait() error {
	if w.pending == nil {
		return nil
	}
	err := <-w.pending
	w.pending = nil
	return err
}

// write compresses and writes one section.
func (w *Writer) write(s section, payload []byte) error {
	w.packed.Reset()
	w.flate.Reset(&w.packed)
	if _, err := w.flate.Write(payload); err != nil {
		return err
	}
	if err := w.flate.Close(); err != nil {
		return err
	}
	if w.packed.Len() < len(payload) {
		payload, s.flags = w.packed.Bytes(), s.flags|flagDeflate
	}
	s.stored, s.sum = uint32(len(payload)), castagnoli(payload)
	w.taken.size += sizeofSection + int64(len(payload)) // read only after wait
	if _, err := w.out.Write(s.encode()); err != nil {
		return err
	}
	_, err := w.out.Write(payload)
	return err
}

// Close writes the rest of the snapshot. It does not close out.
func (w *Writer) Close(t Tail) error {
	if err := w.flush(); err != nil {
		return err
	}
	t.Sockets, t.States = w.sockets, map[string]uint64{}
	for s, n := range w.counts {
		if n > 0 {
			t.States[tcp.State(s).String()] = n
		}
	}
	t.Limits, t.Gaps = worded(t.Limits), slices.Clone(t.Gaps)
	for i := range t.Gaps {
		t.Gaps[i].Reason = knowledge.GapReason(t.Gaps[i].Gap)
	}
	if w.redactor != nil {
		w.redactor.tail(&t)
	}
	if err := w.json(sectionTail, t); err != nil {
		return err
	}
	w.taken.rows = int64(w.sockets)
	if err := w.pad(); err != nil {
		return err
	}
	end := binary.LittleEndian.AppendUint64(nil, w.sockets)
	end = binary.LittleEndian.AppendUint32(end, w.sections)
	if err := w.section(section{kind: sectionEnd, flags: flagCritical}, end); err != nil {
		return err
	}
	return w.wait()
}

// pad makes the file as long as its content requires: readers skip unknown sections.
func (w *Writer) pad() error {
	if err := w.wait(); err != nil || w.short {
		return err
	}
	for {
		n := min(w.taken.wanting(), maxBlock)
		if n == 0 {
			return nil
		}
		noise := make([]byte, n)
		_, _ = rand.Read(noise) // never fails (crypto/rand)
		if err := w.section(section{kind: sectionPad}, noise); err != nil {
			return err
		}
		if err := w.wait(); err != nil {
			return err
		}
	}
}
