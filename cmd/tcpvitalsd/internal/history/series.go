// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"hash/maphash"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// hashOf is a hash of what tells a series from others.
func hashOf(seed maphash.Seed, p *Point) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(p.Name)
	for _, l := range p.Labels {
		h.WriteByte(0)
		h.WriteString(l.Name)
		h.WriteByte(1)
		h.WriteString(l.Value)
	}
	return h.Sum64()
}

func labelsOf(p *Point) labels.Labels {
	b := labels.NewScratchBuilder(len(p.Labels) + 1)
	b.Add(model.MetricNameLabel, p.Name)
	for _, l := range p.Labels {
		if l.Value != "" {
			b.Add(l.Name, l.Value)
		}
	}
	b.Sort()
	return b.Labels()
}

// same reports whether a point is one of the series of these labels.
func same(ls labels.Labels, p *Point) bool {
	if ls.Get(model.MetricNameLabel) != p.Name {
		return false
	}
	set := 1 // with the name
	for _, l := range p.Labels {
		if ls.Get(l.Name) != l.Value {
			return false
		}
		if l.Value != "" {
			set++
		}
	}
	return set == ls.Len()
}

// split turns labels into a name and the rest, in the order of names.
func split(ls labels.Labels) (name string, rest []Label) {
	ls.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			name = l.Value
			return
		}
		rest = append(rest, Label{Name: l.Name, Value: l.Value})
	})
	return name, rest
}
