// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// churning is a table of 200 groups, a third of which nobody has seen before.
func churning(second int) *table {
	return &table{columns: []column{{"remote", false}, {"process", false}, {"count", true}, {"change", true}}, count: storedRows, row: func(i int) row {
		name := fmt.Sprintf("10.%d.%d.%d", i, i*7%256, i*13%256)
		if i%3 == 0 {
			name = fmt.Sprintf("10.%d.%d.%d", second%256, second*31%256, (second+i)*17%256)
		}
		return row{key: name, cells: []string{name, "nginx", fmt.Sprint(i*second%5003 + 1), fmt.Sprintf("%+d.0/s", i%7-3)}, topic: "remote", drill: []string{"remote = " + name}}
	}}
}

// TestHourFits: an hour of two filters, a look a second of each, with a table of
// 200 groups of which all change and a third is new each time, is below 16 MiB.
// The counts of all of it are there, and the tables as far as they fit. Behind it
// the oldest goes: memory stands still.
func TestHourFits(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	y := &memory{}
	edges := func(n int) (all []trace.Edge) {
		for _, tr := range tcp.Transitions()[:16] {
			all = append(all, trace.Edge{From: tr.From, To: tr.To, Count: uint64(n)})
		}
		return all
	}
	begun := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	live := func(from, to int) {
		for n := from; n < to; n++ {
			at := begun.Add(time.Duration(n) * time.Second)
			other := y.of("sport = :443")
			other.add(tick{at: at})
			other.keep(groups, at, churning(n+1))
			h := y.of("")
			h.add(tick{at: at})
			y.traced(at, edges(n))
			h.keep(groups, at, churning(n))
			if n%10 == 0 {
				y.host.keep(findings, at, churning(n))
				y.host.keep(listeners, at, churning(n+1))
				y.host.keep(ports, at, churning(n+2))
			}
		}
	}
	live(0, 3600)
	hour := heap() - before
	h := y.of("")
	first := h.packed[0].from
	t.Logf("an hour: %.1f MiB; groups of the last %v in %d kB packed, the host's in %d kB", float64(hour)/(1<<20), begun.Add(time.Hour).Sub(first), h.size>>10, y.host.size>>10)
	if hour > 16<<20 {
		t.Errorf("an hour takes %d bytes", hour)
	}
	for _, back := range []int{3598, 1800, 600, 60, 1} {
		at := begun.Add(time.Duration(3599-back) * time.Second)
		if n := h.until(at); n != 3600-back {
			t.Errorf("%d s back: %d looks", back, n)
		}
		tab, then, ok := h.find(groups, at)
		if at.Before(first) {
			continue
		}
		if !ok || !then.Equal(at) || tab.row(3).cells[0] != churning(3599 - back).row(3).cells[0] {
			t.Errorf("%d s back: %v, of %v", back, ok, then)
		}
	}
	live(3600, 5400)
	if two := heap() - before; two > hour*11/10 {
		t.Errorf("an hour and a half take %d bytes, one hour %d", two, hour)
	}
	if _, _, ok := h.find(groups, begun.Add(time.Minute)); ok || h.until(begun.Add(time.Minute)) != 0 {
		t.Error("what is older than an hour is still told")
	}
	runtime.KeepAlive(y)
}

// TestHourOfPrograms: of a host on which programs come and go as they do, the
// tables of the whole hour are there.
func TestHourOfPrograms(t *testing.T) {
	h := &hour{}
	begun := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	programs := func(second int) *table {
		return &table{columns: []column{{"process", false}, {"state", false}, {"count", true}}, count: storedRows, row: func(i int) row {
			return row{cells: []string{fmt.Sprintf("worker-%d", i+second/60), "ESTABLISHED", fmt.Sprint(1000 - 5*i + (second/(i+1))%7)}}
		}}
	}
	for n := range 3600 {
		h.keep(groups, begun.Add(time.Duration(n)*time.Second), programs(n))
	}
	t.Logf("%d kB packed", h.size>>10)
	for _, n := range []int{0, 59, 1800, 3599} {
		tab, then, ok := h.find(groups, begun.Add(time.Duration(n)*time.Second))
		if !ok || !then.Equal(begun.Add(time.Duration(n)*time.Second)) || tab.row(17).cells[2] != programs(n).row(17).cells[2] {
			t.Errorf("second %d: %v %v", n, ok, then)
		}
	}
}

// TestFiltersMakeRoom: of many filters only the last few are remembered.
func TestFiltersMakeRoom(t *testing.T) {
	y := &memory{}
	for n := range 50 {
		y.of(fmt.Sprintf("sport = :%d", n%10)).add(tick{at: time.Unix(int64(n), 0)})
	}
	if len(y.hours) > mostFilters || len(y.used) > mostFilters {
		t.Errorf("%d filters are remembered", len(y.hours))
	}
}

// TestLateJudgement: a judgement that took long is kept after looks that are newer than
// it, in a chunk that began later, and is found at its time.
func TestLateJudgement(t *testing.T) {
	begun := time.Date(2026, 11, 3, 3, 0, 0, 0, time.UTC)
	one := func(text string) *table {
		return &table{columns: []column{{"finding", false}}, count: 1, row: func(int) row { return row{cells: []string{text}} }}
	}
	var s store
	late := begun.Add(29 * time.Second)
	for n := range 200 {
		at := begun.Add(time.Duration(n) * time.Second)
		s.keep(listeners, at, one("listener"))
		if n == 70 {
			s.keep(findings, late, one("SY02"))
		}
	}
	for after, want := range map[time.Duration]bool{-time.Second: false, 0: true, near: true, near + time.Second: false} {
		tab, at, ok := s.find(findings, late.Add(after))
		if ok != want || ok && (!at.Equal(late) || tab.row(0).cells[0] != "SY02") {
			t.Errorf("%v after the judgement: found %v, of %v", after, ok, at)
		}
	}
	for n := range 200 {
		if _, at, ok := s.find(listeners, begun.Add(time.Duration(n)*time.Second)); !ok || !at.Equal(begun.Add(time.Duration(n)*time.Second)) {
			t.Errorf("the listeners of second %d are those of %v, found %v", n, at, ok)
		}
	}
}
