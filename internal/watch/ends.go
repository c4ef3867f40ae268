// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// An ending is a way in which connections ended, and who ended them.
type ending struct {
	key    string
	reason string
	from   string
	doer   trace.Doer
	count  uint64
}

// endings returns the ways in which connections ended since the trace began, the most
// frequent first.
func (l *look) endings() (all []ending) {
	for _, e := range l.ends {
		from := e.From.String()
		if e.From == 0 {
			from = ""
		}
		for _, d := range e.By {
			who := &d
			key := e.Reason.String() + "\x00" + from + "\x00" + who.Process + "\x00" + who.Unit + "\x00" + strconv.Itoa(int(who.Port)) + strconv.FormatBool(who.Accepted) + who.Netns + who.Container
			all = append(all, ending{key, e.Reason.String(), from, d, d.Count})
		}
	}
	slices.SortFunc(all, func(a, b ending) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key)) })
	return all
}

func (m *model) endTable() *table {
	t := &table{
		columns: []column{
			{m.say("ended by", "由谁"), false},
			{m.say("reason", "原因"), false},
			{m.say("from", "自状态"), false},
			{m.say("service", "服务"), true},
			{m.say("count", "数量"), true},
			{m.say("a second", "每秒"), true},
		},
		empty: m.waiting(),
		note:  m.say("since watch began; of all connections, whatever the filter", "自 watch 开始；全部连接，不看过滤条件"),
	}
	switch {
	case m.o.Trace == nil && m.o.Untraced != nil:
		t.empty = m.say("no trace: ", "没有跟踪：") + m.errorText(m.o.Untraced)
		return t
	case m.o.Trace == nil:
		t.empty = m.say("no trace was wanted: who ends connections is not seen", "未要求跟踪：看不到由谁结束连接")
		return t
	case m.now == nil:
		return t
	}
	all := m.now.Value.endings()
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no connection has ended since watch began", "自 watch 开始还没有连接结束")
	}
	before := map[string]uint64{}
	if m.before != nil {
		for _, e := range m.before.Value.endings() {
			before[e.key] = e.count
		}
	}
	t.row = func(i int) row { return m.endRow(&all[i], before) }
	return t
}

func (m *model) endRow(e *ending, before map[string]uint64) row {
	who := e.doer.Process
	switch {
	case who == "" && e.doer.Unit != "":
		who = e.doer.Unit
	case who == "":
		who = m.say("(network or timer)", "（网络或定时器）")
	case e.doer.Kernel:
		who = m.say("kernel, for ", "内核代 ") + who
	}
	service := ":" + strconv.Itoa(int(e.doer.Port))
	if !e.doer.Accepted {
		service = "→" + service
	}
	perSecond := ""
	if m.before != nil && m.now.Since > 0 {
		perSecond = rate(float64(e.count-min(e.count, before[e.key])) / m.now.Since.Seconds())
	}
	return row{key: e.key, cells: []string{who, e.reason, e.from, service, knowledge.Grouped(e.count), perSecond}, ink: lead, topic: "reason"}
}
