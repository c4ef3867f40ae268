// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
)

// stored is what a receiver has: of each series its samples by their times.
type stored map[string]map[int64]float64

// put takes a sample and reports whether it was there already.
func (s stored) put(series string, at int64, v float64) (double bool) {
	if s[series] == nil {
		s[series] = map[int64]float64{}
	}
	_, double = s[series][at]
	s[series][at] = v
	return double
}

func (s stored) samples() (n int) {
	for _, one := range s {
		n += len(one)
	}
	return n
}

// decoded reads a body as Prometheus' own code does, and visits its samples.
func decoded(t *testing.T, body []byte, second bool, visit func(series string, at int64, v float64)) {
	t.Helper()
	plain, err := snappy.Decode(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if !second {
		var w prompb.WriteRequest
		if err := w.Unmarshal(plain); err != nil {
			t.Fatal(err)
		}
		for _, ts := range w.Timeseries {
			var parts []string
			for _, l := range ts.Labels {
				parts = append(parts, l.Name+"="+l.Value)
			}
			ordered(t, parts)
			for _, one := range ts.Samples {
				visit(strings.Join(parts, ","), one.Timestamp, one.Value)
			}
		}
		return
	}
	var w writev2.Request
	if err := w.Unmarshal(plain); err != nil {
		t.Fatal(err)
	}
	if len(w.Symbols) == 0 || w.Symbols[0] != "" {
		t.Fatalf("the first symbol has to be empty: %q", w.Symbols)
	}
	for _, ts := range w.Timeseries {
		var parts []string
		for i := 0; i+1 < len(ts.LabelsRefs); i += 2 {
			parts = append(parts, w.Symbols[ts.LabelsRefs[i]]+"="+w.Symbols[ts.LabelsRefs[i+1]])
		}
		ordered(t, parts)
		for _, one := range ts.Samples {
			visit(strings.Join(parts, ","), one.Timestamp, one.Value)
		}
	}
}

func ordered(t *testing.T, labels []string) {
	t.Helper()
	if !slices.IsSortedFunc(labels, func(a, b string) int {
		x, _, _ := strings.Cut(a, "=")
		y, _, _ := strings.Cut(b, "=")
		return strings.Compare(x, y)
	}) {
		t.Errorf("labels are not in order: %v", labels)
	}
}

// TestMessage: what is written is read by Prometheus' own code as it was meant, in both
// formats, also from memory that is used again.
func TestMessage(t *testing.T) {
	end := math.Float64frombits(0x7ff0000000000002)
	m := &message{extra: []history.Label{{Name: "Z", Value: "first"}, {Name: "instance", Value: "host"}, {Name: "state", Value: "not mine"}, {Name: "zone", Value: "é中"}}}
	for round := range 3 {
		for _, second := range []bool{false, true, false} {
			m.begin(second)
			want := stored{}
			for i := range 5 + 100*round {
				name := fmt.Sprintf("m%d", i)
				s := &history.Stretch{
					Labels: []history.Label{{Name: "__name__", Value: name}, {Name: "state", Value: strings.Repeat("x", i)}},
					Times:  []int64{1, 1_700_000_000_000 + int64(i), math.MaxInt64}, Values: []float64{float64(i), -1.5, end},
				}
				m.add(s)
				for j, at := range s.Times {
					want.put("Z=first,__name__="+name+",instance=host,state="+strings.Repeat("x", i)+",zone=é中", at, s.Values[j])
				}
			}
			got := stored{}
			decoded(t, m.compressed(), second, func(series string, at int64, v float64) { got.put(series, at, v) })
			if !maps.EqualFunc(got, want, sameBits) || m.samples != want.samples() || m.first != 1 || m.last != math.MaxInt64 {
				t.Fatalf("second %v: %v, want %v", second, got, want)
			}
		}
	}
}

// sameBits compares numbers by their bits: the end of a series is a NaN of its own.
func sameBits(a, b map[int64]float64) bool {
	return maps.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// TestMessageMerge: the label of a series stays where an extra one has its name.
func TestMessageMerge(t *testing.T) {
	m := &message{extra: []history.Label{{Name: "a", Value: "1"}}}
	m.begin(false)
	m.add(&history.Stretch{Labels: []history.Label{{Name: "__name__", Value: "x"}, {Name: "a", Value: "own"}}, Times: []int64{1}, Values: []float64{2}})
	decoded(t, m.compressed(), false, func(series string, _ int64, _ float64) {
		if series != "__name__=x,a=own" {
			t.Error(series)
		}
	})
}
