// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// recalledTable returns the table of a screen as far as tcpvitalsd has kept it at the
// time that is shown. What it does not keep is said, or a question mark.
func (m *model) recalledTable() *table {
	t := &table{}
	now, before := m.past.judgedAt(m.at)
	switch {
	case m.screen == sockets:
		t.empty = m.say("tcpvitalsd keeps numbers and findings, no single sockets: space goes on to those of now", "tcpvitalsd 保存数字和诊断发现，不保存单个套接字：按空格查看现在的")
	case now == 0:
		t.empty = fmt.Sprintf(m.say("tcpvitalsd has kept nothing of this screen at %s", "tcpvitalsd 没有保存 %s 时这个屏幕的内容"), clock(m.at))
	case m.screen == groups:
		m.groupsPast(t, now, before)
	case m.screen == listeners:
		m.listenersPast(t, now, before)
	case m.screen == ports:
		m.portsPast(t, now, before)
	case m.screen == findings:
		m.findingsPast(t, now)
	default:
		m.endsPast(t, now, before)
	}
	if now != 0 && t.count > 0 {
		t.note = fmt.Sprintf(m.say("as tcpvitalsd looked at %s: %s", "tcpvitalsd 于 %s 查看：%s"), clock(time.UnixMilli(now)), m.past.who)
	}
	return t
}

func clock(at time.Time) string { return at.Local().Format("15:04:05") }

// A figure is a series with its number at a judgement.
type figure struct {
	labels map[string]string
	value  float64
	rate   string // change a second since the judgement before; "" if not known
	grows  float64
}

// figures returns the series of a metric that were there at a judgement, the greatest
// first.
func (y *past) figures(name string, now, before int64) (all []figure) {
	for i := range y.series[name] {
		s := &y.series[name][i]
		v, ok := numberAt(s, now)
		if !ok {
			continue
		}
		f := figure{labels: s.Labels, value: v}
		if was, ok := numberAt(s, before); ok && before > 0 {
			f.grows = (v - was) / (float64(now-before) / 1000)
			f.rate = change(f.grows)
		}
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b figure) int { return cmp.Compare(b.value, a.value) })
	return all
}

// rounded returns a number of sockets as text.
func rounded(v float64) string { return knowledge.Grouped(uint64(math.Round(max(0, v)))) }

// of returns the number of another metric with the same labels as text.
func (y *past) of(name string, labels map[string]string, now int64) string {
	v, ok := valueAt(y.series[name], labels, now)
	if !ok {
		return render.UnknownText
	}
	return rounded(v)
}

// inNamespace returns a name with the namespace before it, unless it is the own one.
func inNamespace(labels map[string]string, name string) string {
	if ns := labels["netns"]; ns != "" && ns != "self" {
		return ns + " " + name
	}
	return name
}

func (m *model) groupsPast(t *table, now, before int64) {
	t.columns = []column{{m.say("by", "按"), false}, {m.say("group", "组"), false}, {m.say("state", "状态"), false}, {m.say("count", "数量"), true}, {m.say("change", "变化"), true}}
	all := slices.DeleteFunc(m.past.figures("group_connections", now, before), func(f figure) bool { return f.value == 0 && f.grows == 0 })
	slices.SortStableFunc(all, func(a, b figure) int { return cmp.Compare(a.labels["by"], b.labels["by"]) })
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no groups", "没有分组")
	}
	t.row = func(i int) row {
		f := &all[i]
		state := strings.ToUpper(f.labels["state"])
		return row{key: f.labels["by"] + f.labels["name"] + state, cells: []string{f.labels["by"], f.labels["name"], state, rounded(f.value), f.rate}, ink: good, topic: state}
	}
}

func (m *model) listenersPast(t *table, now, before int64) {
	t.columns = m.listenersOf(nil).columns
	all := m.past.figures("accept_queue_connections", now, before)
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no listeners", "没有监听套接字")
	}
	drops := m.past.figures("accept_queue_drops_total", now, before)
	t.row = func(i int) row {
		f := &all[i]
		limit, known := valueAt(m.past.series["accept_queue_limit"], f.labels, now)
		bar, perSecond := "", render.UnknownText
		if known {
			bar = render.Bar(min(1, f.value/max(1, limit)), 8)
		}
		for _, d := range drops {
			if alikeIn(d.labels, f.labels) && before > 0 {
				perSecond = rate(max(0, d.grows))
			}
		}
		address := inNamespace(f.labels, joinPort(f.labels["address"], f.labels["port"]))
		return row{
			key: address, ink: good, topic: "LISTEN",
			cells: []string{address, render.UnknownText, bar, rounded(f.value), m.past.of("accept_queue_limit", f.labels, now), perSecond, m.past.of("half_open_connections", f.labels, now), m.past.of("accept_queue_drops_total", f.labels, now), render.UnknownText},
		}
	}
}

func joinPort(address, port string) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return address + ":" + port
}

func (m *model) portsPast(t *table, now, before int64) {
	t.columns = m.portsOf(nil).columns
	all := m.past.figures("ports_free", now, before)
	slices.Reverse(all) // the fewest free first
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no outgoing connections", "没有本机主动发起的连接")
	}
	t.row = func(i int) row {
		f := &all[i]
		used, taken := render.UnknownText, render.UnknownText
		if capacity, ok := valueAt(m.past.series["ports_capacity"], f.labels, now); ok {
			used = rounded(capacity - f.value)
		}
		if before > 0 && f.rate != "" {
			taken = rate(-f.grows)
		}
		to := inNamespace(f.labels, joinPort(f.labels["group"], f.labels["port"]))
		return row{
			key: to, ink: good, topic: localPorts,
			cells: []string{to, used, render.UnknownText, rounded(f.value), m.past.of("ports_capacity", f.labels, now), taken, render.UnknownText, render.UnknownText},
		}
	}
}

func (m *model) findingsPast(t *table, now int64) {
	t.columns = []column{{m.say("finding", "结论"), false}, m.sinceColumn(), {m.say("rule", "规则"), false}, {m.say("weight", "程度"), false}}
	at := time.UnixMilli(now)
	var all []report.PastFinding
	for _, f := range m.past.found {
		if !f.From.After(at) && !f.To.Before(at) {
			all = append(all, f)
		}
	}
	if t.count = len(all); t.count == 0 {
		passed, _ := valueAt(m.past.series["rules"], map[string]string{"verdict": "passed"}, now)
		unjudged, _ := valueAt(m.past.series["rules"], map[string]string{"verdict": "not_judged"}, now)
		t.empty = fmt.Sprintf(m.say("nothing wrong: %d rules found nothing, %d could not judge", "没有问题：%d 条规则无发现，%d 条未能判断"), int(passed), int(unjudged))
	}
	t.row = func(i int) row {
		f := &all[i]
		rule, _ := diagnose.RuleOf(f.Rule) // a rule of another version may be unknown here
		text := rule.Title.In(m.o.Lang)
		if about := aboutPast(f); about != "" {
			text = about + m.say(": ", "：") + text
		}
		word, with := f.Severity, faint
		for _, s := range []diagnose.Severity{diagnose.Info, diagnose.Notice, diagnose.Warning, diagnose.Critical} {
			if s.String() == f.Severity {
				word, with = m.severity(s)
			}
		}
		return row{key: f.Rule + aboutPast(f), cells: []string{text, since(f.From.Local(), at), f.Rule, word}, ink: with, topic: f.Rule}
	}
}

func aboutPast(f *report.PastFinding) string { return render.AboutPast(f) }

func (m *model) endsPast(t *table, now, before int64) {
	t.columns = []column{{m.say("ended by", "由谁"), false}, {m.say("reason", "原因"), false}, {m.say("count", "数量"), true}, {m.say("a second", "每秒"), true}}
	all := m.past.figures("connection_ends_by_total", now, before)
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("tcpvitalsd has kept no ends: it did not trace, or none had ended", "tcpvitalsd 没有保存连接的结束：未跟踪，或没有连接结束")
	}
	t.row = func(i int) row {
		f := &all[i]
		who := cmp.Or(f.labels["process"], f.labels["unit"], f.labels["container"], m.say("(network or timer)", "（网络或定时器）"))
		perSecond := ""
		if f.rate != "" {
			perSecond = rate(max(0, f.grows))
		}
		return row{key: who + f.labels["reason"], cells: []string{inNamespace(f.labels, who), f.labels["reason"], rounded(f.value), perSecond}, ink: lead, topic: "reason"}
	}
}

// pastWords returns the command that prints of the history what the screen shows.
func (m *model) pastWords() []string {
	at := func(d time.Duration) string { return clock(m.at.Add(d)) } // the last one: an hour is kept
	words := []string{"history", "--since", at(-10 * time.Minute), "--until", at(0)}
	switch m.screen {
	case diagram:
		return []string{"census", "--at", at(0)}
	case groups:
		return append(words, "tcpvitals_group_connections")
	case listeners:
		return append(words, "tcpvitals_accept_queue_connections")
	case ports:
		return append(words, "tcpvitals_ports_free")
	case ends:
		return append(words, "tcpvitals_connection_ends_by_total")
	default:
		return words
	}
}
