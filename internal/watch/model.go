// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A model is the content of the screen and the user's choices. It does not know the
// terminal. Not safe for concurrent use.
type model struct {
	o      Options
	topics *knowledge.Index

	width, height int
	screen        screen
	node          int // index in nodes(): the state under the cursor
	places        [screens]place
	nodesAt       []area // where states were drawn, for the mouse
	tabs          []area // where the names of screens were drawn
	trail         []visit
	shares        bool // show shares instead of counts
	paused        bool
	quit          bool
	light         bool // the background of the terminal is light
	suspend       bool

	asked   question
	ask     func(question) // starts another run of the sampler
	serial  uint64         // number of the last question
	cookie  uint64         // cookie of the socket shown with all its fields
	whose   string         // owner of that socket when it was listed
	life    []moment
	save    string // file in which the host is to be saved; "" for none
	kill    string // filter of the sockets to be closed; "" for none
	filter  string
	by      string
	now     *sampler.Sample[*look]
	before  *sampler.Sample[*look]
	hint    *hint                  // shown until the first look is there
	last    *sampler.Sample[*look] // the newest look, whatever is shown
	whole   *sampler.Sample[*look] // the newest whole look
	judged  *sampler.Sample[*judgement]
	memory  memory
	past    *past // nil if nothing is known of before
	file    int   // index of the saved machine shown
	playing bool
	at      time.Time // time shown while paused
	used    []used    // what this program had used at the looks of the last minute
	prompt  *prompt
	page    *page
	beside  asideText
	notice  string // one line, shown until the next key
	finding error  // why findings are not updated
	stopped error  // why looks have stopped
}

// newModel parses the filter and the keys; ask starts a run of looks.
func newModel(o Options, ask func(question)) (*model, error) {
	m := &model{o: o, ask: ask, filter: o.Filter, by: o.By, topics: topics(), width: diagramWidth, height: diagramHeight + 4}
	if m.by == "" {
		m.by = "process,state"
	}
	for i, n := range nodes() {
		if n.state == tcp.Established {
			m.node = i
		}
	}
	m.openAt()
	if o.Past != nil {
		m.recall(o.Past, o.Ago)
	}
	q, err := m.question(m.filter, m.by)
	if err != nil {
		return nil, err
	}
	m.asked = q
	return m, nil
}

// question returns what the screen needs.
func (m *model) question(filter, by string) (q question, err error) {
	m.serial++
	q.serial, q.file = m.serial, m.file
	if strings.TrimSpace(filter) != "" {
		if q.filter, err = query.Parse(filter, m.o.Source.Names()); err != nil {
			return q, err
		}
	}
	keys, err := query.ParseKeys(by)
	if err != nil {
		return q, err
	}
	switch m.screen {
	case groups:
		q.by = keys
	case listeners:
		q.queues = true
	case ports:
		q.ports = true
	case sockets:
		q.rows, q.cookie = true, m.cookie
	default: // states are always counted
	}
	return q, nil
}

// turn asks again after the screen has changed.
func (m *model) turn() {
	q, err := m.question(m.filter, m.by)
	if err != nil {
		return // a wrong filter was refused when it was typed
	}
	m.asked, m.hint = q, nil
	m.ask(q)
}

// show switches to a screen.
func (m *model) show(s screen) {
	if s == m.screen {
		return
	}
	m.closePage()
	m.screen = s
	m.turn()
}

// take receives a look. While paused, looks are kept but not shown.
func (m *model) take(s *sampler.Sample[*look]) {
	if s.Value.serial != m.asked.serial {
		return // a late answer to an earlier question
	}
	if s.OneIn > 0 {
		m.takePart(s)
		return
	}
	m.before, m.now, m.hint = nil, s, nil
	if m.whole != nil && s.Seq > 1 {
		m.before = m.whole
	}
	m.whole = s
	m.own(s)
	m.last = s
	m.live(s)
	m.remember(s.Value, s.At)
	if first := m.hour().ticks[0].at; m.paused && m.at.Before(first) {
		m.at = first // what was shown is no longer kept
	}
	if !m.paused {
		m.places[m.screen].follow(m.table())
	}
}

// takePart receives a look at a part: the states it counted, and the trace.
func (m *model) takePart(s *sampler.Sample[*look]) {
	h := m.hour()
	i, ok := h.wholeBefore(len(h.ticks))
	if !ok {
		return
	}
	m.own(s)
	m.last = s
	h.add(guess(s, &h.ticks[i]))
	m.memory.traced(s.At, s.Value.edges)
}

// A used is the processor time that this program had used at a time.
type used struct {
	at  time.Time
	cpu time.Duration
}

// own notes what this program has used, for the average of a minute: of a single
// second, it is hundreds of percent or next to nothing.
func (m *model) own(s *sampler.Sample[*look]) {
	if !s.Value.own.Known {
		return
	}
	m.used = append(m.used, used{s.At, s.Value.own.CPU})
	for s.At.Sub(m.used[0].at) > time.Minute {
		m.used = m.used[1:]
	}
}

// cpu returns the share of a processor that this program uses.
func (m *model) cpu() float64 {
	if len(m.used) < 2 {
		return 0
	}
	first, last := m.used[0], m.used[len(m.used)-1]
	return float64(last.cpu-first.cpu) / float64(max(1, last.at.Sub(first.at)))
}

// judge receives a judgement.
func (m *model) judge(s *sampler.Sample[*judgement]) {
	m.judged = s
	m.rememberJudgement(s.Value, s.At)
	if m.screen == findings && !m.paused {
		m.places[findings].follow(m.table())
	}
}

// state returns the state under the cursor in the diagram.
func (m *model) state() tcp.State { return nodes()[m.node].state }

func (m *model) count(s tcp.State) (n uint64, known bool) {
	now, ok := m.shown()
	if !ok {
		return 0, false
	}
	return now.counts[s], true
}

func (m *model) share(n uint64) float64 {
	now, ok := m.shown()
	if !ok || now.total() == 0 {
		return 0
	}
	return float64(n) / float64(now.total())
}

// net returns by how many sockets per second a state grows. Estimates are too
// uncertain for that; then the two last whole looks are compared.
func (m *model) net(s tcp.State) float64 {
	now, before, ok := m.wholes()
	if !ok || before == nil {
		return 0
	}
	return (float64(now.counts[s]) - float64(before.counts[s])) / now.at.Sub(before.at).Seconds()
}

// flow returns how often a transition occurs.
func (m *model) flow(from, to tcp.State) flow {
	now, before, ok := m.edges()
	if !ok {
		return flow{}
	}
	n := float64(made(now.edges, from, to)) - float64(made(before.edges, from, to))
	perSecond := max(0, n) / now.at.Sub(before.at).Seconds()
	if from == tcp.FinWait2 && to == tcp.TimeWait {
		perSecond = m.orderly(perSecond)
	}
	return flow{perSecond, true}
}

// orderly returns how many of the connections that left FIN_WAIT2 as TIME_WAIT
// sockets are really in TIME_WAIT. Until the peer's FIN comes, such a socket is in
// FIN_WAIT2 as before, and the trace sees no difference (net/ipv4/tcp.c __tcp_close;
// net/ipv4/tcp_minisocks.c tcp_time_wait). Sockets that accumulate in FIN_WAIT2 have
// not moved on; and if none are in TIME_WAIT, none have moved on.
func (m *model) orderly(left float64) float64 {
	now, before, ok := m.wholes()
	if ok && before != nil && now.counts[tcp.TimeWait] == 0 && before.counts[tcp.TimeWait] == 0 {
		return 0
	}
	return max(0, left-max(0, m.net(tcp.FinWait2)))
}

// lost returns how many connections leave a state for CLOSE in a disorderly way: by
// RST, timeout or abort.
func (m *model) lost(s tcp.State) flow {
	switch s {
	case tcp.SynSent, tcp.SynRecv, tcp.Established, tcp.FinWait1, tcp.CloseWait:
		return m.flow(s, tcp.Close)
	default:
		return flow{}
	}
}

// stay returns how long sockets stay in a state, if the trace has measured it.
func (m *model) stay(s tcp.State) string {
	if m.now == nil {
		return ""
	}
	for _, st := range m.now.Value.stays {
		if st.State == s {
			return m.say("stay "+brief(st.Median), "停留 "+brief(st.Median))
		}
	}
	return ""
}

// spark draws the last minute of a state, one column per look, the newest on the
// right. Small changes are drawn flat.
func (m *model) spark(s tcp.State, width int) string {
	h := m.hour()
	n := h.until(m.when())
	ticks := h.ticks[max(0, n-width):n]
	if len(ticks) == 0 {
		return ""
	}
	lo, hi := uint64(math.MaxUint64), uint64(0)
	for _, t := range ticks {
		if t.unknown.Has(s) {
			continue
		}
		lo, hi = min(lo, t.counts[s]), max(hi, t.counts[s])
	}
	if lo > hi {
		return "" // not known at any time
	}
	span := max(float64(hi-lo), float64(hi)/8, 1)
	levels := []rune(heights)
	var b strings.Builder
	for _, t := range ticks {
		if t.unknown.Has(s) {
			b.WriteByte(' ')
			continue
		}
		at := int(float64(t.counts[s]-lo) / span * float64(len(levels)-1))
		b.WriteRune(levels[at])
	}
	return b.String()
}

// legend explains the lines of the diagram.
func (m *model) legend() string {
	switch {
	case m.inPast():
		return m.say("as tcpvitalsd looked, in all its network namespaces", "tcpvitalsd 的记录，包括其查看的所有网络命名空间")
	case m.saved():
		return m.say("saved machines: changes are from one to the next", "保存的机器：变化是相对前一个")
	case m.o.Trace == nil:
		return m.say("net changes: without a trace edges have no rate", "净变化：没有跟踪，边上没有速率")
	case m.asked.filter != nil:
		return m.say("rates on edges are of all sockets; ✗ lost", "边上的速率是全部套接字的；✗ 丢失")
	default:
		return m.say("rates on edges are traced; ✗ reset or timed out", "边上的速率来自跟踪；✗ 被重置或超时")
	}
}
