// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// hour returns the history of the present filter.
func (m *model) hour() *hour { return m.memory.of(m.filter) }

// when returns the time that is shown: of the newest look, unless paused.
func (m *model) when() time.Time {
	if m.paused || m.saved() {
		return m.at
	}
	if h := m.hour(); len(h.ticks) > 0 {
		return h.ticks[len(h.ticks)-1].at
	}
	return time.Time{}
}

// shown returns the look that is shown; ok is false if there is none.
func (m *model) shown() (now *tick, ok bool) {
	h := m.hour()
	n := h.until(m.when())
	if n == 0 || h.ticks[n-1].past && m.when().Sub(h.ticks[n-1].at) > hole {
		return nil, false
	}
	return &h.ticks[n-1], true
}

// wholes returns the last whole look at the time that is shown, and the whole look
// before it.
func (m *model) wholes() (now, before *tick, ok bool) {
	h := m.hour()
	i, ok := h.wholeBefore(h.until(m.when()))
	if !ok {
		return nil, nil, false
	}
	now = &h.ticks[i]
	if n, ok := h.wholeBefore(i); ok && now.past == h.ticks[n].past && now.at.Sub(h.ticks[n].at) <= m.apart() {
		before = &h.ticks[n]
	}
	return now, before, true
}

// apart returns how far apart two looks may be to be compared.
func (m *model) apart() time.Duration {
	if m.saved() {
		return time.Duration(math.MaxInt64)
	}
	apart := max(10*m.o.Every, 10*time.Second)
	if m.whole != nil {
		apart = max(apart, 2*m.whole.Interval)
	}
	return apart
}

// edges returns the transitions up to the look that is shown, and up to the look
// before.
func (m *model) edges() (now, before *edgeTick, ok bool) {
	all := m.memory.edges
	at := m.when()
	for n := len(all) - 1; n > 0; n-- {
		if all[n].at.After(at) {
			continue
		}
		now, before = &all[n], &all[n-1]
		return now, before, now.past == before.past && at.Sub(now.at) <= m.apart() && now.at.Sub(before.at) <= m.apart()
	}
	return nil, nil, false
}

// made returns how often a transition occurred. A TIME_WAIT socket is a new object in
// the kernel: the connection itself goes to CLOSE.
func made(edges []trace.Edge, from, to tcp.State) (n uint64) {
	for _, e := range edges {
		if e.From == from && (e.To == to || to == tcp.TimeWait && e.To == tcp.Close) {
			n += e.Count
		}
	}
	return n
}

// pause stops at the newest look, or continues.
func (m *model) pause() {
	if m.saved() {
		m.playing = !m.playing
		return
	}
	if m.paused {
		m.paused = false
		return
	}
	m.at = m.when()
	m.paused = !m.at.IsZero()
}

// scrub moves through the history. It returns false for keys that mean something
// else.
func (m *model) scrub(key string) bool {
	if m.saved() {
		return m.scrubFiles(key)
	}
	if !m.paused {
		return false
	}
	switch key {
	case "left":
		m.step(-1)
	case "right":
		m.step(1)
	case "shift+left", "ctrl+left", "<", ",":
		m.step(-60)
	case "shift+right", "ctrl+right", ">", ".":
		m.step(60)
	case "[":
		m.jump(false)
	case "]":
		m.jump(true)
	default:
		return false
	}
	return true
}

// step moves by a number of looks.
func (m *model) step(by int) {
	h := m.hour()
	if len(h.ticks) == 0 {
		return
	}
	i := h.until(m.at) - 1 + by
	m.at = h.ticks[max(0, min(i, len(h.ticks)-1))].at
}

// jump moves to the next or previous time at which findings appeared.
func (m *model) jump(forward bool) {
	var to time.Time
	for _, k := range m.memory.marks {
		if forward && k.at.After(m.at) {
			to = k.at
			break
		}
		if !forward && k.at.Before(m.at) {
			to = k.at
		}
	}
	if to.IsZero() {
		m.notice = m.say("no finding appeared there", "那里没有新出现的结论")
		return
	}
	var all []string
	for _, k := range m.memory.marks {
		if k.at.Equal(to) {
			all = append(all, k.text)
		}
	}
	m.at, m.notice = to, strings.Join(all, m.say("; ", "；"))
}

// remember adds the newest look to the history.
func (m *model) remember(l *look, at time.Time) {
	t := tick{at: at}
	for state := range tcp.AllStates.All() {
		t.counts[state] = l.tally.Of(state).Total
	}
	if m.saved() {
		m.hour().put(t)
		return
	}
	m.hour().add(t)
	m.memory.traced(at, l.edges)
	switch {
	case m.asked.by != nil, m.asked.queues, m.asked.rows:
		m.hour().keep(m.screen, at, m.liveTable())
	case m.asked.ports:
		m.memory.host.keep(ports, at, m.liveTable())
	case m.screen == ends:
		m.memory.host.keep(ends, at, m.liveTable())
	}
}

// rememberJudgement adds the newest judgement to the history, with its listeners and
// ports.
func (m *model) rememberJudgement(j *judgement, at time.Time) {
	if m.saved() {
		return
	}
	m.memory.host.keep(findings, at, m.keptFindings())
	m.memory.host.keep(listeners, at, m.listenersOf(j.listeners))
	m.memory.host.keep(ports, at, m.portsOf(j.uses))
	m.memory.mark(j, at)
}

// pastTable returns the table that a screen showed at the time that is shown.
func (m *model) pastTable() *table {
	if m.inPast() {
		return m.recalledTable()
	}
	t, at, ok := m.hour().find(m.screen, m.at)
	if hosts, then, found := m.memory.host.find(m.screen, m.at); found && (!ok || then.After(at)) {
		t, ok = hosts, true
	}
	if !ok {
		return &table{empty: fmt.Sprintf(m.say("not kept at %s: groups and sockets are kept while their screen is shown", "%s 没有保存：分组与套接字只在显示其屏幕时保存"), m.at.Format("15:04:05"))}
	}
	return t
}

// timeline returns, for the foot, the time that is shown.
func (m *model) timeline() string {
	h := m.hour()
	if len(h.ticks) == 0 {
		return ""
	}
	first, last := h.ticks[0].at, h.ticks[len(h.ticks)-1].at
	text := m.holeText() + fmt.Sprintf(m.say(" %s ago; kept since %s  ← → look  < > 60  [ ] finding  space: live", " %s前；自 %s 起保存  ← → 一次  < > 60 次  [ ] 结论  空格：实时"),
		ago(last.Sub(m.at)), first.Format("15:04:05"))
	return text
}
