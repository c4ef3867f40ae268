// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// A Kind is how a metric moves.
type Kind string

// The kinds, as Prometheus calls them.
const (
	Gauge   Kind = "gauge"   // goes up and down
	Counter Kind = "counter" // only grows, but for a new beginning
	Untyped Kind = "untyped" // as node_exporter says of what it copies
)

// A Metric is one entry of the table.
type Metric struct {
	Name   string
	Kind   Kind
	Unit   knowledge.Text // what one of it is
	Labels []string
	Help   knowledge.Text
	// Cost is what has to be read for it.
	Cost Cost
	// Most is how many series it can have at most; of what there may be any
	// number of, top are told.
	Most func(top int) int

	read func(s *Sample, put put)
}

// Cost is what a metric is read with.
type Cost string

// The costs, the least first.
const (
	Free    Cost = "free"    // it is known anyway
	Files   Cost = "files"   // a few files of /proc, each count
	Walk    Cost = "walk"    // a walk over the socket tables, each count
	Trace   Cost = "trace"   // a program in the kernel that counts as it happens
	Examine Cost = "examine" // a pass over all sockets with their owners, each examination
)

// Slow reports whether the metric is of the examination.
func (m *Metric) Slow() bool { return m.Cost == Examine }

// put takes one series: its value, and those of the labels in order.
type put func(value float64, labels ...string)

// Each writes the series of one metric. It reports whether more are wanted.
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

// LongestLabel is how many bytes of a value are kept.
const LongestLabel = 128

// clean makes of what others have chosen a value that every reader takes. What is
// clean stays as it is, so that names that were put together by it stay apart.
func clean(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if len(value) <= LongestLabel {
		return value
	}
	cut := LongestLabel
	for !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut]
}

// table is all there is: a new metric is a new entry of one of its sections.
var table = sync.OnceValue(func() (all []*Metric) {
	for _, section := range [][]Metric{
		connectionMetrics(), kernelMetrics(), groupMetrics(), queueMetrics(), portMetrics(), findingMetrics(), tracedMetrics(), agentMetrics(),
	} {
		for i := range section {
			all = append(all, &section[i])
		}
	}
	return all
})

// All are the metrics in the order of the table. They are not to be changed.
func All() []*Metric { return table() }

// fixed is a number of series that no host changes.
func fixed(n int) func(int) int { return func(int) int { return n } }

func count() knowledge.Text { return knowledge.Text{En: "count", Zh: "个"} }

func seconds() knowledge.Text { return knowledge.Text{En: "seconds", Zh: "秒"} }

func truth() knowledge.Text { return knowledge.Text{En: "0 or 1", Zh: "0 或 1"} }

func bytes() knowledge.Text { return knowledge.Text{En: "bytes", Zh: "字节"} }

func ratio() knowledge.Text { return knowledge.Text{En: "ratio", Zh: "比例"} }
