// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// topics returns what can be explained.
func topics() *knowledge.Index {
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics())
}

// A page covers the screen until it is closed.
type page struct {
	title string
	text  func(width int) []string // lays the text out for a width
	top   int
}

// explain shows the page about what is under the cursor.
func (m *model) explain() {
	name := m.state().String()
	if !m.asDiagram() {
		r, _ := m.here()
		name = cmp.Or(r.topic, m.subject())
	}
	p, ok := m.about(name)
	switch {
	case name == "":
		m.notice = m.say("there is nothing here to explain", "此处没有可解释的内容")
		return
	case !ok:
		m.notice = m.say("nothing is written about "+name, "没有关于 "+name+" 的说明")
		return
	}
	m.page = p
}

// subject returns what the rows of a screen are about, for those that tell nothing more
// and for a screen without any.
func (m *model) subject() string {
	switch m.screen {
	case groups, sockets:
		return "state"
	case listeners:
		return tcp.Listen.String()
	case ports:
		return localPorts
	case findings:
		return ""
	case ends:
		return "reason"
	default:
		return m.state().String()
	}
}

// about returns the page about a name: of a topic, or of a field.
func (m *model) about(name string) (*page, bool) {
	if topic, ok := m.topics.Lookup(name); ok {
		return &page{title: topic.Name, text: func(width int) []string {
			text := render.Topic(topic, render.Options{Lang: m.o.Lang, Width: width, ASCII: m.o.ASCII, Program: m.o.Scope.Program})
			return strings.Split(strings.TrimRight(text, "\n"), "\n")
		}}, true
	}
	f, ok := socket.Lookup(name)
	if !ok {
		return nil, false
	}
	return &page{title: f.Name, text: func(width int) []string { return render.Wrap(m.say(f.Doc.En, f.Doc.Zh), width) }}, true
}

// detail shows everything about a finding.
func (m *model) detail() {
	if f, ok := m.findingHere(); ok {
		m.page = &page{title: f.Code, text: func(width int) []string {
			lines := m.told(&f, width)
			if rule, ok := m.about(f.Code); ok && wide(m.width) { // as beside the rows
				lines = append(append(lines, ""), rule.text(width)...)
			}
			return lines
		}}
	}
}

// findingHere returns the finding under the cursor.
func (m *model) findingHere() (found, bool) {
	r, ok := m.here()
	if !ok || m.judged == nil {
		return found{}, false
	}
	j := m.judged.Value
	for _, f := range slices.Concat(j.found, j.gone) {
		if f.key == r.key {
			return f, true
		}
	}
	return found{}, false
}

// told returns a finding as text, with the command that shows its sockets.
func (m *model) told(f *found, width int) (lines []string) {
	add := func(lead, text string) {
		if text == "" {
			return
		}
		indent := strings.Repeat(" ", render.Width(lead))
		for i, l := range render.Wrap(text, max(20, width-render.Width(lead))) {
			if i > 0 {
				lead = indent
			}
			lines = append(lines, lead+l)
		}
	}
	add("", f.Summary.In(m.o.Lang))
	lines = append(lines, "")
	for _, d := range f.Detail {
		add("  ", d.In(m.o.Lang))
	}
	if f.Owner != nil {
		add(m.say("whose: ", "归属："), m.owner(f.Owner))
	}
	add(m.say("since: ", "自："), f.since.Format("15:04:05"))
	if !f.Check.None() {
		add(m.say("check: ", "验证："), f.Check.String())
	}
	if !f.Emergency.None() {
		add(m.say("emergency: ", "应急："), f.Emergency.String())
	}
	return lines
}

// help shows the keys.
func (m *model) help() {
	m.page = &page{title: m.say("keys", "按键"), text: m.keys}
}

// keys returns the keys with what they do, laid out for a width.
func (m *model) keys(width int) (lines []string) {
	const names = 11
	for _, k := range [][3]string{
		{"1-7", "the screens: states, groups, listeners, ports, findings, ends, sockets", "七个屏幕：状态、分组、监听、端口、结论、结束、套接字"},
		{"↑ ↓ ← →", "move; in the diagram from state to state", "移动；在图中从一个状态到另一个"},
		{"PgUp PgDn", "a screen up or down; Home and End: the first and the last", "上下翻页；Home、End：最前、最后"},
		{"Enter", "look closer: who is in this state, what this group, listener or finding is", "细看：谁在这个状态，这一组、监听或结论是什么"},
		{"Esc", "back: close the page, take the last condition off the filter", "返回：关闭页面，去掉过滤条件中最后加上的一项"},
		{"/", "write the filter; Tab completes", "输入过滤条件；Tab 补全"},
		{"b", "by which fields groups are made", "按哪些字段分组"},
		{"?", "explain what is under the cursor", "解释光标所在的内容"},
		{"k", "close these sockets: kill shows them and asks", "关闭这些套接字：kill 先列出，再询问"},
		{"s", "save this host in a file of this directory, for --from", "把本机保存为当前目录下的文件，供 --from 使用"},
		{"t", "in the diagram: counts or shares", "图中：数量或占比"},
		{"space", "pause, and go on; meanwhile ← → go back and forth in time, < > by 60 looks, [ ] to findings", "暂停、继续；其间 ← → 在时间中前后移动，< > 每次 60 次查看，[ ] 到结论出现之时"},
		{"h", "these keys", "本页"},
		{"q", "end; Ctrl-Z: to the shell and back with fg", "结束；Ctrl-Z：回到 shell，用 fg 返回"},
	} {
		lead := render.Pad(k[0], names)
		for _, l := range render.Wrap(m.say(k[1], k[2]), width-names) {
			lines = append(lines, lead+l)
			lead = strings.Repeat(" ", names)
		}
	}
	return lines
}

// pageWidth is how wide a page is at most: longer lines are hard to read.
const pageWidth = 100

// draw draws a page over the rows from y on: on a wide screen on the right of it.
func (p *page) draw(m *model, c *canvas, y, height int) {
	if height < 3 {
		return
	}
	width, x := min(c.width, pageWidth), 0
	if wide(c.width) {
		x = c.width - width
	}
	text := p.text(max(20, width-4))
	body := height - 2
	p.top = max(0, min(p.top, len(text)-body))
	for i := range height {
		c.blank(x, y+i)
	}
	frame(c, x, y, width, height, lead)
	c.put(x+2, y, width-4, bold, " "+p.title+" ")
	for i := 0; i < body && p.top+i < len(text); i++ {
		c.put(x+2, y+1+i, width-4, plain, text[p.top+i])
	}
	if more := len(text) - p.top - body; more > 0 {
		c.right(x+width-2, y+height-1, lead, m.say(" ↓ more ", " ↓ 还有 "))
	}
}

// blank clears a row from a column on.
func (c *canvas) blank(x, y int) {
	if y >= 0 && y < c.height && x < c.width {
		row := c.cellsOf(y)
		free(row, x)
		clear(row[x:])
	}
}
