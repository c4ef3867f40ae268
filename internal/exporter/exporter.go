// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// An Exporter writes samples. It has no state.
type Exporter struct{}

// Handler answers with the sample that newest returns, which is nil before the first:
// in the text format of Prometheus, as OpenMetrics, or in the binary format, as the
// client asks. It reads only the sample, so the time of an answer does not depend on
// the number of sockets. The handler is an [*Answers].
func (Exporter) Handler(newest func() *metrics.Sample, compat func() bool) http.Handler {
	return &Answers{newest: newest, compat: compat, room: make(chan struct{}, atOnce)}
}

// atOnce is how many answers are written at the same time.
const atOnce = 8

// Text writes a sample as a file for the textfile collector of node_exporter.
func (Exporter) Text(w io.Writer, s *metrics.Sample, compat bool) error {
	return encode(w, s, compat, expfmt.NewFormat(expfmt.TypeTextPlain), func(*metrics.Metric) bool { return true })
}

// encode writes the metrics that wanted accepts. The library checks that no series
// occurs twice.
func encode(w io.Writer, s *metrics.Sample, compat bool, format expfmt.Format, wanted func(*metrics.Metric) bool) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{s, compat, wanted})
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	out := expfmt.NewEncoder(w, format)
	for _, family := range families {
		if err := out.Encode(family); err != nil {
			return err
		}
	}
	return nil
}

// A collector passes a sample to the library. It describes nothing, so the library
// checks each answer for duplicate series.
type collector struct {
	sample *metrics.Sample
	compat bool
	wanted func(*metrics.Metric) bool
}

// Describe describes nothing, see [collector].
func (*collector) Describe(chan<- *prometheus.Desc) {}

// Collect writes the sample.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.write(metrics.All(), out)
	if c.compat {
		c.write(metrics.NodeExporter(), out)
	}
}

func (c *collector) write(all []*metrics.Metric, out chan<- prometheus.Metric) {
	for _, m := range all {
		if c.wanted(m) {
			write(c.sample, m, out)
		}
	}
}

// write writes the series of one metric.
func write(s *metrics.Sample, m *metrics.Metric, out chan<- prometheus.Metric) {
	d := prometheus.NewDesc(m.Name, m.Help.En, m.Labels, nil)
	kind := kinds[m.Kind]
	m.Each(s, func(series metrics.Series) bool {
		values := make([]string, len(series.Labels))
		for i, l := range series.Labels {
			values[i] = l.Value
		}
		out <- prometheus.MustNewConstMetric(d, kind, series.Value, values...)
		return true
	})
}

// kinds maps the kinds to the library's constants.
var kinds = map[metrics.Kind]prometheus.ValueType{
	metrics.Gauge: prometheus.GaugeValue, metrics.Counter: prometheus.CounterValue, metrics.Untyped: prometheus.UntypedValue,
}
