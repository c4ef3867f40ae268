// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A Kind is the type of a metric.
type Kind string

// The kinds, in Prometheus' words.
const (
	Gauge   Kind = "gauge"   // goes up and down
	Counter Kind = "counter" // only grows, except for restarts
	Untyped Kind = "untyped" // as node_exporter declares metrics that it copies from the kernel
)

// A Metric is one entry of the table.
type Metric struct {
	Name   string
	Kind   Kind
	Unit   knowledge.Text // what one unit of the value is
	Labels []string
	Help   knowledge.Text
	// Cost is what has to be read for the metric.
	Cost Cost
	// Most returns the greatest number of series; of unbounded things, top are
	// exported.
	Most func(top int) int

	read func(s *Sample, put put)
}

// Cost is the effort that a metric takes.
type Cost string

// The costs, in ascending order.
const (
	Free    Cost = "free"    // known anyway
	Files   Cost = "files"   // reads a few files of /proc at each count
	Walk    Cost = "walk"    // walks the socket tables at each count
	Trace   Cost = "trace"   // needs a program in the kernel that counts events
	Examine Cost = "examine" // needs a pass over all sockets with their owners at each examination
)

// Slow reports whether the metric comes from the examination.
func (m *Metric) Slow() bool { return m.Cost == Examine }

// put adds one series: its value, and the values of the labels in order.
type put func(value float64, labels ...string)

// Each yields the series of one metric. It returns false if the caller wants no more.
func (m *Metric) Each(s *Sample, yield func(Series) bool) bool {
	going := true
	m.read(s, func(value float64, labels ...string) {
		if !going {
			return
		}
		out := Series{Name: m.Name, Value: value, Slow: m.Slow()}
		if len(m.Labels) > 0 {
			out.Labels = make([]Label, len(m.Labels))
			for i, name := range m.Labels {
				out.Labels[i] = Label{name, clean(labels[i])}
			}
		}
		going = yield(out)
	})
	return going
}

// LongestLabel is the greatest length of a label's value in bytes; longer ones are
// cut.
const LongestLabel = 128

// clean turns a text that others chose into a valid label value, without characters
// that are not shown as themselves: the text format has no escapes for them, and people
// look at it in terminals. A clean text stays as it is, so that names which were
// grouped by their clean form stay distinct.
func clean(value string) string {
	value = visible.Text(strings.ToValidUTF8(value, "\uFFFD"))
	if len(value) <= LongestLabel {
		return value
	}
	cut := LongestLabel
	for !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut]
}

// table has all metrics: a new metric is a new entry of one of its sections.
var table = sync.OnceValue(func() (all []*Metric) {
	for _, section := range [][]Metric{
		connectionMetrics(), kernelMetrics(), groupMetrics(), queueMetrics(), portMetrics(), findingMetrics(), tracedMetrics(), agentMetrics(), remoteMetrics(),
	} {
		for i := range section {
			all = append(all, &section[i])
		}
	}
	return all
})

// All returns the metrics in the order of the table. They must not be changed.
func All() []*Metric { return table() }

// fixed returns a number of series that is the same on every host.
func fixed(n int) func(int) int { return func(int) int { return n } }

func count() knowledge.Text { return knowledge.Text{En: "count", Zh: "个"} }

func seconds() knowledge.Text { return knowledge.Text{En: "seconds", Zh: "秒"} }

func truth() knowledge.Text { return knowledge.Text{En: "0 or 1", Zh: "0 或 1"} }

func bytes() knowledge.Text { return knowledge.Text{En: "bytes", Zh: "字节"} }

func ratio() knowledge.Text { return knowledge.Text{En: "ratio", Zh: "比例"} }
