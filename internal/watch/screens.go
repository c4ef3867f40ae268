// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// table returns the content of the screen as a table; for the diagram, the states.
func (m *model) table() *table {
	if m.paused && m.screen != diagram {
		return m.pastTable()
	}
	return m.liveTable()
}

func (m *model) liveTable() *table {
	switch m.screen {
	case groups:
		return m.groupTable()
	case listeners:
		return m.listenerTable()
	case ports:
		return m.portTable()
	case findings:
		return m.findingTable()
	case ends:
		return m.endTable()
	case sockets:
		return m.socketTable()
	default:
		return m.stateTable()
	}
}

func (m *model) waiting() string { return m.say("looking…", "正在查看…") }

// stateTable returns the states as a table, for screens too small for the diagram.
func (m *model) stateTable() *table {
	all := nodes()
	t := &table{
		columns: []column{{m.say("state", "状态"), false}, {m.say("count", "数量"), true}, {m.say("change", "变化"), true}, {m.say("share", "占比"), true}, {m.say("last minute", "最近一分钟"), false}},
		empty:   m.waiting(),
	}
	if _, ok := m.shown(); !ok {
		return t
	}
	t.count = len(all)
	if m.width < 48 { // on narrow screens the present numbers come first
		t.columns = t.columns[:4]
	}
	t.row = func(i int) row {
		s := all[i].state
		n, _ := m.count(s)
		a := m.amountOf(s)
		r := row{
			key:   s.String(),
			cells: []string{s.String(), a.text, a.more, fmt.Sprintf("%.1f %%", 100*m.share(n)), m.spark(s, min(60, max(8, m.width-48)))},
			ink:   good, topic: s.String(), drill: []string{inState(s)},
		}
		r.cells = r.cells[:len(t.columns)]
		return r
	}
	return t
}

func inState(s tcp.State) string {
	return "state = " + strings.ToLower(strings.ReplaceAll(s.String(), "_", "-"))
}

func (m *model) groupTable() *table {
	t := &table{empty: m.waiting()}
	var now *query.Grouped
	switch {
	case m.hint != nil && m.hint.groups != nil:
		now = m.hint.groups
	case m.now != nil && m.now.Value.groups != nil:
		now = m.now.Value.groups
	default:
		return t
	}
	for _, k := range now.Keys {
		t.columns = append(t.columns, column{k.String(), k.Field.Type == socket.TypePort || k.Field.Type == socket.TypeCount})
	}
	keys := len(t.columns)
	t.columns = append(t.columns, column{m.say("count", "数量"), true}, column{m.say("share", "占比"), true}, column{m.say("change", "变化"), true})
	t.expendable = []int{keys + 1, keys + 2} // the share, then the change; the count is why one looks
	for k := keys - 1; k > 0; k-- {
		t.expendable = append(t.expendable, k)
	}
	if t.count = now.Shown(); t.count == 0 {
		t.empty = m.say("no socket matches the filter", "没有符合过滤条件的套接字")
	}
	if n := now.Others; n != nil {
		t.note = fmt.Sprintf(m.say("%d more groups with %s sockets", "另有 %d 组，共 %s 个套接字"), n.Groups, knowledge.Grouped(n.Count))
	}
	switch {
	case m.hint != nil:
		t.note = m.hintText(m.hint)
		if t.count == 0 {
			t.empty = m.waiting()
		}
	case m.now.Value.crowded != nil:
		t.note = knowledge.GapText(*m.now.Value.crowded).In(m.o.Lang)
	}
	t.row = func(i int) row { return m.groupRow(now, i) }
	return t
}

func (m *model) groupRow(now *query.Grouped, i int) row {
	g := now.At(i)
	r := row{key: g.Name, topic: now.Keys[0].Field.Name}
	var conditions []string
	for k, c := range g.Cells {
		text := query.UnknownText
		if c.Known {
			text = string(now.Keys[k].Append(nil, c))
		}
		r.cells = append(r.cells, text)
		if now.Keys[k].Field.ID == socket.FieldState && c.Known {
			r.topic = text
		}
		conditions = append(conditions, condition(&now.Keys[k], c))
	}
	if !slices.Contains(conditions, "") {
		r.drill = conditions
	}
	count, share, more := knowledge.Grouped(g.Count), fmt.Sprintf("%.1f %%", 100*float64(g.Count)/max(1, float64(now.Total))), ""
	switch {
	case g.Estimate != nil:
		count, more = m.estimate(g.Estimate)
		if g.Estimate.Thin && g.Estimate.Low < g.Estimate.High {
			share = "" // the count is an upper bound
		}
	case m.hint == nil:
		more = m.groupChange(now, g)
	}
	r.cells = append(r.cells, count, share, more)
	r.ink = good
	if strings.HasPrefix(r.cells[len(r.cells)-1], "-") {
		r.ink = lead
	}
	return r
}

// condition returns a cell as a condition of a filter; "" if a filter cannot express
// it.
func condition(k *query.Key, c query.Cell) string {
	text := string(k.Append(nil, c))
	switch {
	case !c.Known:
		return ""
	case c.Value.Kind() == socket.Absent:
		text = "none"
	case k.Field.Type == socket.TypeState:
		text = strings.ToLower(strings.ReplaceAll(text, "_", "-"))
	case k.Field.Type == socket.TypeString:
		text = query.Quote(text)
	}
	return k.Field.Name + " = " + text
}

// groupChange returns how fast a group grows.
func (m *model) groupChange(now *query.Grouped, g query.Group) string {
	if m.before == nil || m.before.Value.groups == nil || m.now.Since <= 0 {
		return ""
	}
	past, known := m.before.Value.groups.Count(g.Name)
	if !known && (m.before.Value.groups.Overflow != nil || now.Overflow != nil) {
		return render.UnknownText
	}
	return change((float64(g.Count) - float64(past)) / m.now.Since.Seconds())
}

func (m *model) listenerTable() *table {
	if m.now == nil || m.now.Value.queues == nil {
		return &table{empty: m.waiting()}
	}
	return m.listenersOf(m.now.Value.listeners)
}

func (m *model) listenersOf(all []diagnose.Queue) *table {
	t := &table{
		columns: []column{
			{m.say("listener", "监听地址"), false},
			{m.say("owner", "所有者"), false},
			{m.say("queue", "队列"), false},
			{m.say("waiting", "等待"), true},
			{m.say("limit", "上限"), true},
			{m.say("drops/s", "丢弃/秒"), true},
			{m.say("half-open", "半连接"), true},
			{m.say("drops", "丢弃"), true},
			{m.say("verdict", "结论"), false},
		},
	}
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no listeners that the filter chooses", "没有符合过滤条件的监听套接字")
	}
	t.row = func(i int) row { return m.listenerRow(&all[i]) }
	return t
}

func (m *model) listenerRow(q *diagnose.Queue) row {
	address := q.Socket.Local.String()
	key := address + "\x00" + strconv.FormatUint(q.Socket.Cookie, 16)
	if q.Socket.Netns != nil && m.o.Scope.Netns != "" {
		address = q.Socket.Netns.Name + " " + address
	}
	if q.Members > 1 {
		address += " ×" + strconv.Itoa(q.Members)
	}
	bar := ""
	if q.Waiting != nil && q.Limit != nil {
		bar = render.Bar(min(1, float64(*q.Waiting)/max(1, float64(*q.Limit))), 8)
	}
	drops := render.UnknownText
	if q.Window != nil {
		if perSecond, ok := q.Window.DropRate(); ok {
			drops = rate(perSecond)
		}
	}
	word, with := m.severity(q.Severity)
	return row{
		key:   key,
		cells: []string{address, m.owner(q.Socket.Owner), bar, number(q.Waiting), number(q.Limit), drops, knowledge.Grouped(q.SynRecv), number(q.Drops), word},
		ink:   with, topic: "LISTEN", drill: []string{"sport = :" + strconv.Itoa(int(q.Socket.Local.Port()))},
	}
}

func (m *model) owner(o *socket.Owner) string {
	switch {
	case o == nil:
		return render.UnknownText
	case o.Among != "":
		return knowledge.Relisted(o.Among, m.o.Lang)
	case o.Process != nil:
		return o.Process.Name + "/" + strconv.Itoa(int(o.Process.PID))
	case o.Unit != "":
		return o.Unit
	default:
		return render.UnknownText
	}
}

func (m *model) portTable() *table {
	if m.now == nil || m.now.Value.ports == nil {
		return &table{empty: m.waiting()}
	}
	return m.portsOf(m.now.Value.uses)
}

func (m *model) portsOf(all []diagnose.PortUse) *table {
	t := &table{
		columns: []column{
			{m.say("from → to", "源 → 目标"), false},
			{m.say("used", "已用"), true},
			{"TIME_WAIT", true},
			{m.say("free", "空闲"), true},
			{m.say("of", "总数"), true},
			{m.say("taken/s", "消耗/秒"), true},
			{m.say("runs out", "耗尽于"), true},
			{m.say("verdict", "结论"), false},
		},
		expendable: []int{4, 2, 5, 1, 6, 3}, // how many are free and when they run out matters most
		least:      32,                      // two addresses and a port of IPv4
	}
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no outgoing connections", "没有本机主动发起的连接")
	}
	if m.asked.filter != nil {
		t.note = m.say("local ports are those of the whole host: the filter does not count here", "本地端口是整台主机的：此处不看过滤条件")
	}
	t.row = func(i int) row { return m.portRow(&all[i]) }
	return t
}

// localPorts is the parameter that says which local ports there are.
const localPorts = "net.ipv4.ip_local_port_range"

// grouped prints a number that is not negative.
func grouped(n int) string { return knowledge.Grouped(uint64(max(0, n))) }

func (m *model) portRow(u *diagnose.PortUse) row {
	ends := ""
	if u.WillEnd {
		ends = ago(u.RunsOut)
	}
	address := u.Local.String() + " → " + u.Remote.String()
	if u.Netns != nil && m.o.Scope.Netns != "" {
		address = u.Netns.Name + " " + address
	}
	word, with := m.severity(u.Severity)
	return row{
		key: address,
		cells: []string{
			address, grouped(u.Used), grouped(u.TimeWait), grouped(u.Free), grouped(u.Capacity), rate(u.Rate), ends, word,
		},
		ink: with, topic: localPorts, drill: []string{"dst " + u.Remote.String()},
	}
}

func (m *model) findingTable() *table {
	if m.saved() { // a file tells when it was saved, not how long it has been so
		return m.keptFindings()
	}
	return m.findingsWith(column{m.say("for", "持续"), true}, func(f *found) string {
		until := m.lastly()
		if !f.until.IsZero() {
			until = f.until
		}
		return ago(until.Sub(f.since))
	})
}

// keptFindings returns the findings as they are kept. They are looked at later: how
// long they have lasted then, only the time since when tells.
func (m *model) keptFindings() *table {
	return m.findingsWith(m.sinceColumn(), func(f *found) string { return since(f.since, m.judged.At) })
}

func (m *model) sinceColumn() column { return column{m.say("since", "自"), true} }

// lastly returns the time of the last look or judgement, whichever is later.
func (m *model) lastly() time.Time {
	at := m.judged.At
	if m.last != nil && m.last.At.After(at) {
		at = m.last.At
	}
	return at
}

// findingsWith returns the findings with a column about their time.
func (m *model) findingsWith(times column, timeOf func(*found) string) *table {
	t := &table{
		columns: []column{{m.say("finding", "结论"), false}, times, {m.say("rule", "规则"), false}, {m.say("weight", "程度"), false}},
		empty:   m.say("judging…", "正在判断…"),
	}
	if m.finding != nil {
		t.empty = m.errorText(m.finding)
	}
	if m.judged == nil {
		return t
	}
	j := m.judged.Value
	if t.count = len(j.found) + len(j.gone); t.count == 0 {
		t.empty = fmt.Sprintf(m.say("nothing wrong: %d rules found nothing, %d could not judge", "没有问题：%d 条规则无发现，%d 条未能判断"), j.judged, j.unjudged)
	}
	switch {
	case m.judged.Stretched():
		t.note = fmt.Sprintf(m.say("judged at %s, again after %s: judging takes 1 %% at most", "判断于 %s，%s 后再判断：判断最多占 1 %%"),
			m.judged.At.Format("15:04:05"), ago(m.judged.Interval))
	case m.asked.filter != nil:
		t.note = m.say("the whole host is judged: the filter does not count here", "判断的是整台主机：此处不看过滤条件")
	}
	t.row = func(i int) row {
		if i < len(j.found) {
			return m.findingRow(&j.found[i], timeOf)
		}
		return m.findingRow(&j.gone[i-len(j.found)], timeOf)
	}
	return t
}

func (m *model) findingRow(f *found, timeOf func(*found) string) row {
	word, with := m.severity(f.Severity)
	if !f.until.IsZero() {
		word, with = fmt.Sprintf(m.say("gone %s ago", "%s前消失"), ago(m.lastly().Sub(f.until))), faint
	}
	return row{key: f.key, cells: []string{m.findingText(f), timeOf(f), f.Code, word}, ink: with, topic: f.Code}
}

// findingText returns what a finding says, and about what.
func (m *model) findingText(f *found) string {
	text := f.Summary.In(m.o.Lang)
	if s := f.Subject(); s != "" && !strings.Contains(text, s) {
		text = s + m.say(": ", "：") + text
	}
	return text
}

// filtered reports whether the filter applies to the screen.
func (m *model) filtered() bool { return m.screen != ports && m.screen != findings && m.screen != ends }

// line returns the command that prints what the screen shows.
func (m *model) line() string {
	if m.inPast() && m.screen != sockets {
		return command.Of(m.pastWords()...).In(command.Scope{Program: m.o.Scope.Program}).String()
	}
	words := []string{"census"}
	switch m.screen {
	case listeners:
		words = []string{"queues"}
	case ports:
		words = []string{"ports"}
	case findings:
		words = []string{"doctor"}
	case ends:
		words = []string{"trace", "--by", "reason,process,sport", "--for", "10s"}
	case sockets:
		words = []string{"list"}
	default:
	}
	if f := strings.TrimSpace(m.filter); f != "" && m.filtered() {
		words = append(words, f)
	}
	switch m.screen {
	case groups:
		words = append(words, "--by", m.by)
	case sockets:
		words = append(words, "-c", "+process")
	case listeners, ports, findings:
		words = append(words, "--window", "10s")
	default:
	}
	return command.Of(words...).In(m.o.Scope).String()
}
