// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// hole is the time without a look from which on one is missing: tcpvitalsd judges every
// ten seconds, and less often where that is expensive.
const hole = 90 * time.Second

// A past is what tcpvitalsd kept of the time before this program began. It has numbers
// and findings, no single sockets.
type past struct {
	who    string
	series map[string][]report.PastSeries // by metric: the series of the judgements
	judged []int64                        // times of the judgements, in milliseconds since 1970
	found  []report.PastFinding
}

const metricName = "__name__"

// recall takes up what was kept, and stops at a time so long before now.
func (m *model) recall(p *report.Past, ago time.Duration) {
	y := &past{who: p.Who, series: map[string][]report.PastSeries{}, found: p.Findings}
	h, edges := m.hour(), map[int64][]trace.Edge{}
	ticks := map[int64]*tick{}
	for _, s := range p.Series {
		switch name := strings.TrimPrefix(s.Labels[metricName], "tcpvitals_"); name {
		case "connections":
			countPast(ticks, s)
		case "transitions_total":
			edgesPast(edges, s)
		default:
			y.series[name] = append(y.series[name], s)
		}
	}
	parts := y.series["sample_one_in"]
	for _, at := range sorted(ticks) {
		t := ticks[at]
		if n, ok := valueAt(parts, nil, at); ok && n > 1 {
			t.oneIn = uint32(min(n, math.MaxUint32))
		}
		h.add(*t)
	}
	for _, at := range sorted(edges) {
		m.memory.edges = append(m.memory.edges, edgeTick{time.UnixMilli(at), edges[at], true})
	}
	for _, s := range y.series["rules"] {
		y.judged = append(y.judged, s.At...)
	}
	slices.Sort(y.judged)
	y.judged = slices.Compact(y.judged)
	for i := range p.Findings {
		f := &p.Findings[i]
		m.memory.marks = append(m.memory.marks, mark{f.From, f.Rule + " " + aboutPast(f)})
	}
	slices.SortStableFunc(m.memory.marks, func(a, b mark) int { return a.at.Compare(b.at) })
	m.past = y
	m.stopAt(p.To.Add(-ago))
}

// stopAt pauses at a time, or at the nearest one of which something is kept.
func (m *model) stopAt(at time.Time) {
	h := m.hour()
	if len(h.ticks) == 0 {
		return
	}
	n := h.until(at)
	if n == 0 || at.Sub(h.ticks[n-1].at) > hole {
		n = min(n+1, len(h.ticks))
		m.notice = fmt.Sprintf(m.say("nothing is kept of %s: this is the nearest look", "没有保存 %s 的内容：这是最近的一次查看"), at.Local().Format("15:04:05"))
	}
	m.at, m.paused = h.ticks[n-1].at, true
}

// countPast adds a series of the connections in a state to the looks.
func countPast(ticks map[int64]*tick, s report.PastSeries) {
	state, err := tcp.Parse(s.Labels["state"])
	if err != nil {
		return
	}
	for i, at := range s.At {
		t := ticks[at]
		if t == nil {
			t = &tick{at: time.UnixMilli(at), past: true, unknown: tcp.AllStates}
			ticks[at] = t
		}
		t.unknown &^= tcp.SetOf(state)
		t.counts[state] += uint64(math.Round(s.Values[i]))
	}
}

// edgesPast adds a series of a transition.
func edgesPast(edges map[int64][]trace.Edge, s report.PastSeries) {
	from, err := tcp.Parse(s.Labels["from"])
	to, wrong := tcp.Parse(s.Labels["to"])
	if err != nil || wrong != nil || len(s.Values) == 0 || s.Values[len(s.Values)-1] == 0 {
		return // it did not occur
	}
	for i, at := range s.At {
		edges[at] = append(edges[at], trace.Edge{From: from, To: to, Count: uint64(s.Values[i])})
	}
}

func sorted[T any](of map[int64]T) []int64 {
	all := make([]int64, 0, len(of))
	for at := range of {
		all = append(all, at)
	}
	slices.Sort(all)
	return all
}

// numberAt returns the number of a series at the time of a look.
func numberAt(s *report.PastSeries, at int64) (float64, bool) {
	i := sort.Search(len(s.At), func(i int) bool { return s.At[i] >= at })
	if i == len(s.At) || s.At[i] != at {
		return 0, false
	}
	return s.Values[i], true
}

// valueAt returns the number of the series that has these labels, at the time of a look.
func valueAt(of []report.PastSeries, labels map[string]string, at int64) (float64, bool) {
	for i := range of {
		if v, ok := numberAt(&of[i], at); ok && alikeIn(of[i].Labels, labels) {
			return v, true
		}
	}
	return 0, false
}

// alikeIn reports whether two series have the same labels, apart from their metric. No
// labels are those of every series.
func alikeIn(a, b map[string]string) bool {
	for name, value := range b {
		if name != metricName && a[name] != value {
			return false
		}
	}
	return true
}

// judgedAt returns the last judgement at a time, and the one before that; 0 for none.
func (y *past) judgedAt(at time.Time) (now, before int64) {
	n := sort.Search(len(y.judged), func(i int) bool { return y.judged[i] > at.UnixMilli() })
	if n == 0 || at.Sub(time.UnixMilli(y.judged[n-1])) > hole {
		return 0, 0
	}
	now = y.judged[n-1]
	if n > 1 && now-y.judged[n-2] <= hole.Milliseconds() {
		before = y.judged[n-2]
	}
	return now, before
}

// inPast reports whether what is shown is of before this program began.
func (m *model) inPast() bool {
	if !m.paused || m.past == nil {
		return false
	}
	now, ok := m.shown()
	return ok && now.past
}

// holeText says, where nobody looked just before the look that is shown, since when.
func (m *model) holeText() string {
	h := m.hour()
	n := h.until(m.at)
	if n < 2 || !h.ticks[n-1].past && !h.ticks[n-2].past || h.ticks[n-1].at.Sub(h.ticks[n-2].at) <= hole {
		return ""
	}
	return fmt.Sprintf(m.say(" nobody looked from %s until then ", " 从 %s 到此时没有查看 "), h.ticks[n-2].at.Local().Format("15:04:05"))
}
