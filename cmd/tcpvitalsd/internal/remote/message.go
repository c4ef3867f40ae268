// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/golang/snappy"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
)

// A message is the body of one request, written series by series, so that no more
// than the bytes of it are held. Its memory is used again.
//
// There are two formats: prometheus.WriteRequest and io.prometheus.write.v2.Request
// (prometheus/prompb). Each has few fields, which stand here by their numbers.
type message struct {
	second  bool
	extra   []history.Label // added to each series, sorted by names
	samples int
	first   int64 // ms since 1970, of its oldest sample
	last    int64

	body    []byte // the series
	series  []byte // the one that is being written
	labels  []history.Label
	symbols map[string]uint64 // of the second format
	texts   []string          // the same in the order of their numbers
	whole   []byte
	packed  []byte
}

// Fields of the messages, as protocol buffers have them: the number of the field, and
// how its value is written.
const (
	bytesField  = 2 // a length, and so many bytes
	doubleField = 1 // eight bytes
	varintField = 0

	requestSeries  = 1<<3 | bytesField // WriteRequest.timeseries
	seriesLabels   = 1<<3 | bytesField // TimeSeries.labels
	seriesSamples  = 2<<3 | bytesField // TimeSeries.samples, of both
	labelName      = 1<<3 | bytesField // Label.name
	labelValue     = 2<<3 | bytesField // Label.value
	sampleValue    = 1<<3 | doubleField
	sampleTime     = 2<<3 | varintField
	request2Symbol = 4<<3 | bytesField // Request.symbols
	request2Series = 5<<3 | bytesField // Request.timeseries
	series2Refs    = 1<<3 | bytesField // TimeSeries.labels_refs, packed
)

// begin empties it.
func (m *message) begin(second bool) {
	m.second, m.samples, m.first, m.last = second, 0, math.MaxInt64, math.MinInt64
	m.body = m.body[:0]
	if second {
		m.symbols, m.texts = map[string]uint64{"": 0}, append(m.texts[:0], "") // number 0 is the empty text
	}
}

// add writes a series.
func (m *message) add(s *history.Stretch) {
	m.samples += len(s.Times)
	m.first, m.last = min(m.first, s.Times[0]), max(m.last, s.Times[len(s.Times)-1])
	m.merge(s.Labels)
	out := m.series[:0]
	field := byte(requestSeries)
	if m.second {
		out, field = m.refs(out), request2Series
	} else {
		out = m.named(out)
	}
	for i, at := range s.Times {
		out = sample(out, at, s.Values[i])
	}
	m.series = out
	m.body = withLength(m.body, field, out)
}

// merge puts the labels of a series and the extra ones in the order of their names.
func (m *message) merge(own []history.Label) {
	m.labels = append(m.labels[:0], own...)
	for _, l := range m.extra {
		i, there := slices.BinarySearchFunc(m.labels, l.Name, func(a history.Label, name string) int { return strings.Compare(a.Name, name) })
		if !there {
			m.labels = slices.Insert(m.labels, i, l)
		}
	}
}

// named writes the labels as the first format has them.
func (m *message) named(out []byte) []byte {
	for _, l := range m.labels {
		m.packed = withLength(m.packed[:0], labelName, l.Name)
		m.packed = withLength(m.packed, labelValue, l.Value)
		out = withLength(out, seriesLabels, m.packed)
	}
	return out
}

// refs writes the labels as numbers of texts.
func (m *message) refs(out []byte) []byte {
	m.packed = m.packed[:0]
	for _, l := range m.labels {
		m.packed = binary.AppendUvarint(m.packed, m.symbol(l.Name))
		m.packed = binary.AppendUvarint(m.packed, m.symbol(l.Value))
	}
	return withLength(out, series2Refs, m.packed)
}

func (m *message) symbol(text string) uint64 {
	n, ok := m.symbols[text]
	if !ok {
		n = uint64(len(m.texts))
		m.symbols[text] = n
		m.texts = append(m.texts, text)
	}
	return n
}

func sample(out []byte, at int64, v float64) []byte {
	var buf [24]byte
	b := append(buf[:0], sampleValue)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	b = append(b, sampleTime)
	b = binary.AppendUvarint(b, uint64(at))
	return withLength(out, seriesSamples, b)
}

func withLength[T string | []byte](out []byte, field byte, value T) []byte {
	out = append(out, field)
	out = binary.AppendUvarint(out, uint64(len(value)))
	return append(out, value...)
}

// compressed returns the body as it is sent. It is valid until the next begin.
func (m *message) compressed() []byte {
	plain := m.body
	if m.second {
		plain = m.series[:0]
		for _, text := range m.texts {
			plain = withLength(plain, request2Symbol, text)
		}
		plain = append(plain, m.body...)
		m.series = plain
	}
	m.whole = snappy.Encode(m.whole[:cap(m.whole)], plain)
	return m.whole
}
