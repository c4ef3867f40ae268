// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"
	"strings"
)

// asDiagram reports whether the screen has room for the diagram.
func (m *model) asDiagram() bool {
	return m.screen == diagram && m.width >= diagramWidth && m.bodyHeight() >= diagramHeight
}

// bodyHeight returns how many rows there are between head and foot.
func (m *model) bodyHeight() int { return m.height - 4 }

// here returns the row under the cursor.
func (m *model) here() (row, bool) {
	t := m.table()
	at := m.places[m.screen].cursor
	if at < 0 || at >= t.count {
		return row{}, false
	}
	return t.row(at), true
}

// press handles a key; text is the text that it types.
func (m *model) press(key, text string) {
	m.notice = ""
	switch {
	case m.prompt != nil:
		if done, taken := m.prompt.press(key, text); done && taken {
			m.finish()
		} else if done {
			m.prompt = nil
		}
	case m.page != nil && m.turnPage(key):
	default:
		m.act(key)
	}
}

// turnPage scrolls or closes a page. It returns false for keys that have their usual
// meaning.
func (m *model) turnPage(key string) bool {
	switch key {
	case "esc", "q", "?", "enter", "h", "backspace":
		m.closePage()
	case "up":
		m.page.top--
	case "down":
		m.page.top++
	case "pgup":
		m.page.top -= m.bodyHeight() - 3
	case "pgdown", "space":
		m.page.top += m.bodyHeight() - 3
	case "home":
		m.page.top = 0
	case "end":
		m.page.top = 1 << 20 // draw limits it to the last page
	default:
		return false
	}
	return true
}

// act carries out the command of a key.
func (m *model) act(key string) {
	switch key {
	case "q", "ctrl+c":
		m.quit = true
	case "ctrl+z":
		m.suspend = true
	case "1", "2", "3", "4", "5", "6", "7":
		m.show(screen(key[0] - '1'))
	case "tab":
		m.show((m.screen + 1) % screens)
	case "shift+tab":
		m.show((m.screen + screens - 1) % screens)
	case "/":
		m.open(false)
	case "b":
		m.open(true)
	case "?":
		m.explain()
	case "h", "f1":
		m.help()
	case "t":
		m.shares = !m.shares
	case "space":
		m.pause()
	case "enter":
		m.enter()
	case "k":
		m.killHere()
	case "s":
		m.saveNow()
	case "esc", "backspace":
		m.back()
	default:
		if !m.scrub(key) {
			m.move(key)
		}
	}
}

// enter shows what is under the cursor in more detail.
func (m *model) enter() {
	if m.paused && !m.asDiagram() {
		m.notice = m.say("space goes on: one of now can be looked at closer", "按空格继续：细看只用于当前")
		return
	}
	switch m.screen {
	case findings:
		m.detail()
		return
	case sockets:
		m.openSocket()
		return
	case ends:
		m.notice = m.say("which processes end connections: tcpvitals trace shows each", "由哪些进程结束连接：tcpvitals trace 逐个显示")
		return
	default:
	}
	drill := []string{inState(m.state())}
	if !m.asDiagram() {
		r, ok := m.here()
		if !ok {
			return
		}
		if drill = r.drill; len(drill) == 0 {
			m.notice = m.say("what is not known cannot be filtered for", "未知的内容无法作为过滤条件")
			return
		}
	}
	m.narrow(drill)
}

// narrow adds conditions to the filter and groups the sockets by their owners.
func (m *model) narrow(conditions []string) {
	filter := m.joined(conditions)
	if _, err := m.question(filter, m.by); err != nil {
		m.notice = m.errorText(err)
		return
	}
	m.paused = false // of the past only the shown tables are kept
	m.trail = append(m.trail, visit{m.filter, m.by, m.screen})
	m.filter = filter
	switch {
	case m.screen == groups && m.by == closer[0]:
		m.by = closer[1]
	case m.screen == groups:
		m.screen = sockets
	default:
		m.by = closer[0]
	}
	if m.screen != sockets {
		m.screen = groups
	}
	m.forget()
	m.turn()
}

const and = " and "

// joined returns the filter with conditions added at its end, without those it has
// already. A filter is read from left to right, so an added condition applies to all
// of it.
func (m *model) joined(conditions []string) string {
	filter := strings.TrimSpace(m.filter)
	said := strings.Split(filter, and)
	for _, c := range conditions {
		switch {
		case slices.Contains(said, c):
		case filter == "":
			filter = c
		default:
			filter += and + c
		}
	}
	return filter
}

// closer are the keys of groups at each step of detail. After the last step come the
// sockets themselves.
var closer = []string{"process,state", "remote,process,state"}

// A visit is the state of the screen before a step.
type visit struct {
	filter, by string
	screen     screen
}

// back undoes the last step.
func (m *model) back() {
	if len(m.trail) == 0 {
		if m.filter != "" {
			m.filter = ""
			m.forget()
			m.turn()
		}
		return
	}
	v := m.trail[len(m.trail)-1]
	m.trail = m.trail[:len(m.trail)-1]
	m.filter, m.by, m.screen = v.filter, v.by, v.screen
	m.forget()
	m.turn()
}

// move moves the cursor.
func (m *model) move(key string) {
	if m.asDiagram() {
		m.moveNode(key)
		return
	}
	p := &m.places[m.screen]
	switch key {
	case "up":
		p.cursor--
	case "down":
		p.cursor++
	case "pgup":
		p.cursor -= m.bodyHeight() - 2
	case "pgdown":
		p.cursor += m.bodyHeight() - 2
	case "home", "g":
		p.cursor, p.top = 0, 0
	case "end", "G", "shift+g":
		p.cursor = m.table().count - 1
	default:
		return
	}
	p.cursor = max(0, min(p.cursor, m.table().count-1))
}

// moveNode moves the cursor to the nearest state in a direction.
func (m *model) moveNode(key string) {
	dx, dy := 0, 0
	switch key {
	case "up":
		dy = -1
	case "down":
		dy = 1
	case "left":
		dx = -1
	case "right":
		dx = 1
	default:
		return
	}
	all := nodes()
	at, best := all[m.node], 1<<20
	for i, n := range all {
		x, y := n.col-at.col, n.row-at.row
		along, aside := x*dx+y*dy, x*dy+y*dx
		if along <= 0 {
			continue
		}
		if far := along + 3*aside*aside; far < best {
			m.node, best = i, far
		}
	}
}

// click selects what is under the mouse.
func (m *model) click(x, y int) {
	switch {
	case m.prompt != nil || m.page != nil:
	case y == 0:
		for i, t := range m.tabs {
			if x >= t.x && x < t.x+t.width {
				m.show(screen(i))
			}
		}
	case m.asDiagram():
		for _, a := range m.nodesAt {
			if x >= a.x && x < a.x+a.width && y >= a.y && y < a.y+a.height {
				m.pick(a.state.String())
			}
		}
	default:
		p := &m.places[m.screen]
		if i := p.top + y - 3; y >= 3 && i < m.table().count {
			p.cursor = i
		}
	}
}

// pick moves the cursor of the diagram to a state.
func (m *model) pick(state string) {
	for i, n := range nodes() {
		if n.state.String() == state {
			m.node = i
		}
	}
}
