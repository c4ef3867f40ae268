// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"compress/flate"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Limits of the history. They keep it below 16 MiB, which a test checks.
const (
	lasts       = time.Hour
	mostTicks   = 3600
	storedRows  = 200              // rows kept of each table
	storeBytes  = 3584 << 10       // bytes kept for the tables of one filter, or of the host
	chunkTime   = 30 * time.Second // records of this time are compressed together
	mostFilters = 2
	near        = 35 * time.Second // a table of this age is still shown: the host is judged every ten seconds only
)

// A tick is the number of sockets in each state at one look.
type tick struct {
	at     time.Time
	counts [tcp.NumStates]uint64
	// A look at one of oneIn buckets, 0 for a whole look:
	oneIn  uint32
	spread [tcp.NumStates]uint32 // by state: half the width of the 95 % interval
	old    tcp.StateSet          // states whose number comes from the last whole look
	whole  time.Time             // time of that whole look
	// A look that tcpvitalsd kept: of its network namespaces, and without some states.
	past    bool
	unknown tcp.StateSet
}

// guess makes a tick from a look at a part and the whole look before it. The number
// of a state that is too rare to be estimated comes from the whole look, unless the
// part shows that it has changed.
func guess(s *sampler.Sample[*look], whole *tick) tick {
	t := tick{at: s.At, oneIn: s.OneIn, whole: whole.at}
	for state, e := range s.Value.estimates {
		was := whole.counts[state]
		switch {
		case e.Low == e.High:
			t.counts[state] = e.Value
		case e.Thin && e.Low <= was && was <= e.High:
			t.counts[state] = was
			t.old |= tcp.SetOf(tcp.State(state))
		default:
			t.counts[state] = e.Value
			t.spread[state] = uint32(min(math.MaxUint32, max(e.Value-min(e.Low, e.Value), e.High-e.Value)))
		}
	}
	return t
}

// estimated reports whether the number of a state is an estimate.
func (t *tick) estimated(s tcp.State) bool { return t.spread[s] > 0 }

func (t *tick) total() (n uint64) {
	for _, c := range t.counts {
		n += c
	}
	return n
}

// An edgeTick is how often each transition had occurred at a time.
type edgeTick struct {
	at    time.Time
	edges []trace.Edge
	past  bool // tcpvitalsd has counted them
}

// An hour is the history of one filter.
type hour struct {
	ticks []tick
	store
}

func (h *hour) add(t tick) {
	h.ticks = append(h.ticks, t)
	for len(h.ticks) > mostTicks || t.at.Sub(h.ticks[0].at) > lasts {
		h.ticks = h.ticks[1:]
	}
}

// put inserts a look by its time; it replaces one of the same time.
func (h *hour) put(t tick) {
	n := h.until(t.at)
	if n > 0 && h.ticks[n-1].at.Equal(t.at) {
		h.ticks[n-1] = t
		return
	}
	h.ticks = slices.Insert(h.ticks, n, t)
}

// wholeBefore returns the last whole look among the first n.
func (h *hour) wholeBefore(n int) (i int, ok bool) {
	for i := n - 1; i >= 0; i-- {
		if h.ticks[i].oneIn == 0 {
			return i, true
		}
	}
	return 0, false
}

// until returns how many ticks are not later than a time.
func (h *hour) until(at time.Time) int {
	return sort.Search(len(h.ticks), func(i int) bool { return h.ticks[i].at.After(at) })
}

// A store keeps tables as they were shown, compressed. If there is no room, the
// oldest are dropped.
type store struct {
	packed []chunk
	open   []record
	size   int // compressed bytes

	unpacked int // index of the chunk that is in cache
	cache    []record
}

// A chunk is a sequence of compressed records. They are in the order in which they came:
// a judgement that took long comes after looks that are newer than it.
type chunk struct {
	from, to time.Time // of its oldest and its newest record
	data     []byte
}

// A record is a table of a screen at a time. It keeps only what was visible of the
// rows, as one text, which compresses best.
type record struct {
	at          time.Time
	screen      screen
	heads       []column
	rows        string // ink, topic and cells of each row
	empty, note string
}

// Separators after a cell, a row, a part of a record and a record (ASCII's
// separators); no shown text contains them.
const (
	cellEnd   = "\x1f"
	rowEnd    = "\x1e"
	partEnd   = "\x1d"
	recordEnd = "\x1c"
)

// pack writes a record as text.
func (r *record) pack(w io.Writer) error {
	heads := make([]string, len(r.heads))
	for i, h := range r.heads {
		heads[i] = strconv.FormatBool(h.right) + cellEnd + h.title
	}
	parts := []string{
		strconv.FormatInt(r.at.UnixNano(), 10), strconv.Itoa(int(r.screen)), strings.Join(heads, rowEnd), visible.Text(r.empty), visible.Text(r.note), r.rows,
	}
	_, err := io.WriteString(w, strings.Join(parts, partEnd)+recordEnd)
	return err
}

// unpack reads what pack has written.
func unpack(text string) (r record) {
	parts := strings.Split(text, partEnd)
	nanoseconds, _ := strconv.ParseInt(parts[0], 10, 64)
	number, _ := strconv.Atoi(parts[1])
	r = record{at: time.Unix(0, nanoseconds), screen: screen(number), empty: parts[3], note: parts[4], rows: parts[5]}
	if parts[2] == "" {
		return r
	}
	for head := range strings.SplitSeq(parts[2], rowEnd) {
		right, title, _ := strings.Cut(head, cellEnd)
		r.heads = append(r.heads, column{title, right == strconv.FormatBool(true)})
	}
	return r
}

// keep keeps the first rows of a table.
func (s *store) keep(of screen, at time.Time, t *table) {
	r := record{at: at, screen: of, heads: t.columns, empty: t.empty, note: t.note}
	var b strings.Builder
	for i := range min(t.count, storedRows) {
		row := t.row(i)
		b.WriteString(strconv.Itoa(int(row.ink)) + cellEnd + visible.Text(row.topic))
		for _, c := range row.cells {
			b.WriteString(cellEnd + visible.Text(c))
		}
		b.WriteString(rowEnd)
	}
	r.rows = b.String()
	if len(s.open) > 0 && at.Sub(s.open[0].at) >= chunkTime {
		s.pack()
	}
	s.open = append(s.open, r)
	for len(s.packed) > 0 && (s.size > storeBytes || at.Sub(s.packed[0].from) > lasts+chunkTime) {
		s.size -= len(s.packed[0].data)
		s.packed = slices.Delete(s.packed, 0, 1)
		s.unpacked, s.cache = 0, nil
	}
}

// pack compresses and closes the open chunk.
func (s *store) pack() {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	for i := range s.open {
		if err == nil {
			err = s.open[i].pack(w)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil { // writing to a Buffer cannot fail, and the level is valid
		from, to := timesOf(s.open)
		s.packed = append(s.packed, chunk{from, to, bytes.Clone(b.Bytes())})
		s.size += b.Len()
	}
	s.open = nil
}

// records returns the records of a chunk; the last index is the open chunk.
func (s *store) records(i int) []record {
	if i == len(s.packed) {
		return s.open
	}
	if s.cache == nil || s.unpacked != i {
		s.unpacked, s.cache = i, nil
		text, err := io.ReadAll(flate.NewReader(bytes.NewReader(s.packed[i].data)))
		if err != nil {
			return nil // cannot happen: pack has written it
		}
		for r := range strings.SplitSeq(strings.TrimSuffix(string(text), recordEnd), recordEnd) {
			s.cache = append(s.cache, unpack(r))
		}
	}
	return s.cache
}

// find returns the table of a screen that was shown at a time, or shortly before.
func (s *store) find(of screen, at time.Time) (*table, time.Time, bool) {
	var best record
	for i := len(s.packed); i >= 0; i-- {
		from, to := s.span(i)
		if from.After(at) || at.Sub(to) > near || !to.After(best.at) {
			continue
		}
		for _, r := range s.records(i) {
			if r.screen == of && !r.at.After(at) && !r.at.Before(best.at) {
				best = r
			}
		}
	}
	if best.at.IsZero() || at.Sub(best.at) > near {
		return nil, time.Time{}, false
	}
	return best.table(), best.at, true
}

// span returns the times of the oldest and the newest record of a chunk; the last index
// is the open chunk. Without records both are zero.
func (s *store) span(i int) (from, to time.Time) {
	if i < len(s.packed) {
		return s.packed[i].from, s.packed[i].to
	}
	return timesOf(s.open)
}

func timesOf(all []record) (from, to time.Time) {
	for i, r := range all {
		if i == 0 || r.at.Before(from) {
			from = r.at
		}
		if r.at.After(to) {
			to = r.at
		}
	}
	return from, to
}

func (r *record) table() *table {
	rows := strings.Split(strings.TrimSuffix(r.rows, rowEnd), rowEnd)
	if r.rows == "" {
		rows = nil
	}
	return &table{columns: r.heads, count: len(rows), empty: r.empty, note: r.note, row: func(i int) row {
		cells := strings.Split(rows[i], cellEnd)
		with, _ := strconv.Atoi(cells[0])
		return row{key: strconv.Itoa(i), ink: ink(with), topic: cells[1], cells: cells[2:]}
	}}
}

// A mark is a time at which a finding appeared.
type mark struct {
	at   time.Time
	text string
}

// A memory is the history of the last hour: of each filter, and of the host as a
// whole.
type memory struct {
	hours map[string]*hour
	used  []string // filters, the most recently used last
	host  store    // findings, listeners and ports of the host
	edges []edgeTick
	marks []mark
}

// of returns the history of a filter. If there is no room, the least recently used
// filter is dropped.
func (y *memory) of(filter string) *hour {
	if y.hours == nil {
		y.hours = map[string]*hour{}
	}
	h := y.hours[filter]
	if h == nil {
		h = &hour{}
		y.hours[filter] = h
	}
	if n := len(y.used); n == 0 || y.used[n-1] != filter {
		y.used = append(slices.DeleteFunc(y.used, func(f string) bool { return f == filter }), filter)
	}
	if len(y.used) > mostFilters {
		delete(y.hours, y.used[0])
		y.used = y.used[1:]
	}
	return h
}

// traced keeps the counts of the trace.
func (y *memory) traced(at time.Time, edges []trace.Edge) {
	if edges == nil {
		return
	}
	y.edges = append(y.edges, edgeTick{at: at, edges: edges})
	for len(y.edges) > mostTicks || at.Sub(y.edges[0].at) > lasts {
		y.edges = y.edges[1:]
	}
}

// mostMarks is how many marks are kept.
const mostMarks = 1000

// mark records the times of new findings.
func (y *memory) mark(j *judgement, at time.Time) {
	for i := range j.found {
		if f := &j.found[i]; f.since.Equal(at) {
			y.marks = append(y.marks, mark{at, f.key})
		}
	}
	for len(y.marks) > 0 && (len(y.marks) > mostMarks || at.Sub(y.marks[0].at) > lasts) {
		y.marks = y.marks[1:]
	}
}
