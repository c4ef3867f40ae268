// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
)

// frame returns the screen: as many lines as it is high, none wider than it is.
func (m *model) frame() []string {
	if m.width < 1 || m.height < 1 {
		return nil
	}
	return m.paint().lines(m.manner())
}

func (m *model) manner() manner { return manner{m.o.Colour, m.o.ASCII, m.light} }

// paint draws the screen.
func (m *model) paint() *canvas {
	c := newCanvas(m.width, m.height)
	body := max(0, m.bodyHeight())
	switch {
	case m.asDiagram():
		m.drawDiagram(c, 2, body)
	case body > 0:
		m.drawRows(c, 2, body)
	}
	if m.page != nil {
		m.page.draw(m, c, 2, body)
	}
	m.drawFoot(c)
	m.drawTop(c)
	return c
}

// drawTop draws the names of the screens, the resources that this program uses, and
// the source.
func (m *model) drawTop(c *canvas) {
	own := m.ownText()
	room, x := c.width, 0
	if own != "" && c.width >= 110 {
		room -= render.Width(own) + 1
		c.right(c.width, 0, faint, own)
	}
	m.tabs = m.tabs[:0]
	for s := range screens {
		with, text := plain, m.tab(s, room)
		if s == m.screen {
			with = chosen
		} else if s == findings && m.alarm(s) != "" {
			with = warn
		}
		end := c.put(x, 0, room-x, with, text)
		m.tabs = append(m.tabs, area{x: x, width: end - x})
		x = end
	}
	if m.prompt != nil {
		m.prompt.draw(m, c, 1)
		return
	}
	m.drawStatus(c)
}

// tab returns the key of a screen with its name. Where there is no room for all names,
// only the shown screen has its own.
func (m *model) tab(of screen, room int) string {
	needed := 0
	for s := range screens {
		needed += render.Width(m.title(s)+m.alarm(s)) + 4
	}
	if needed <= room || of == m.screen {
		return fmt.Sprintf(" %d %s ", of+1, m.title(of)+m.alarm(of))
	}
	return fmt.Sprintf(" %d%s ", of+1, m.alarm(of))
}

// alarm returns the number of findings, shown after the name of their screen.
func (m *model) alarm(s screen) string {
	if s != findings || m.judged == nil || len(m.judged.Value.found) == 0 {
		return ""
	}
	return fmt.Sprintf("(%d)", len(m.judged.Value.found))
}

func (m *model) ownText() string {
	if m.last == nil || !m.last.Value.own.Known || m.saved() {
		return ""
	}
	return fmt.Sprintf(m.say("own %.1f %% CPU %d MiB", "自身 CPU %.1f %% %d MiB"), 100*m.cpu(), m.last.Value.own.Resident>>20)
}

// drawStatus draws the filter and how the source is read.
func (m *model) drawStatus(c *canvas) {
	text, with := m.status()
	end := c.width
	if own := m.ownText(); own != "" && c.width < 110 && c.width >= 60 && with == faint {
		text = own + "  " + text
	}
	if text != "" {
		text = fit(text, c.width/2)
		end -= render.Width(text) + 1
		c.right(c.width, 1, with, text)
	}
	filter := strings.TrimSpace(m.filter)
	total := ""
	if now, ok := m.shown(); ok {
		total = knowledge.Grouped(now.total())
		if now.oneIn > 0 {
			total = "~" + about(now.total())
		}
	}
	switch {
	case m.inPast() && total != "": // some states are not known
		filter = fmt.Sprintf(m.say("%s sockets as far as kept", "保存的部分共 %s 个套接字"), total)
	case filter != "" && total != "":
		filter = total + m.say(": ", "：") + filter
	case filter == "" && total != "":
		filter = fmt.Sprintf(m.say("all %s sockets", "全部 %s 个套接字"), total)
	case filter == "":
		filter = m.say("all sockets", "全部套接字")
	}
	c.put(0, 1, end, plain, " "+fit(filter, end-1))
}

// status returns the most important remark on how the source is read.
func (m *model) status() (string, ink) {
	switch n := m.last; {
	case m.stopped != nil:
		return m.errorText(m.stopped), bad
	case m.inPast():
		return m.say("kept by tcpvitalsd, paused at ", "tcpvitalsd 的记录，暂停于 ") + clock(m.at), warn
	case m.paused:
		return m.say("paused at ", "暂停于 ") + m.at.Format("15:04:05"), warn
	case n == nil:
		return "", faint
	case n.Value.traceErr != nil:
		return m.errorText(n.Value.traceErr), warn
	case len(m.lostGaps()) > 0:
		return knowledge.GapText(m.lostGaps()[0]).In(m.o.Lang), warn
	case !n.Value.exact:
		return m.say("not exact", "不精确"), warn
	case n.OneIn > 0 && n.Between > n.Every:
		return fmt.Sprintf(m.say("every %s, estimated from 1/%d, whole every %s", "每 %s 按 1/%d 估计，每 %s 完整查看"), n.Between, n.OneIn, n.Interval), warn
	case n.OneIn > 0:
		return fmt.Sprintf(m.say("estimated from 1/%d, whole every %s", "按 1/%d 估计，每 %s 完整查看"), n.OneIn, n.Interval), warn
	case n.Stretched() && !m.oftenInPart():
		return fmt.Sprintf(m.say("every %s: looking takes 2 %% at most", "每 %s 一次：查看最多占 2 %%"), n.Interval), warn
	case m.saved(): // the foot says it
		return "", faint
	default:
		return n.At.Format("15:04:05"), faint
	}
}

// oftenInPart reports whether parts are looked at between whole looks. Then whole
// looks need not be as frequent as asked for.
func (m *model) oftenInPart() bool {
	h := m.hour()
	return len(h.ticks) > 1 && h.ticks[len(h.ticks)-2].oneIn > 0
}

// drawFoot draws the command that prints the same, and the keys.
func (m *model) drawFoot(c *canvas) {
	if m.height < 4 {
		return
	}
	c.put(0, m.height-2, c.width, plain, fit(" $ "+m.line(), c.width))
	if m.saved() && m.notice == "" {
		c.put(0, m.height-1, c.width, plain, fit(m.fileLine(), c.width))
		return
	}
	if m.paused && m.notice == "" {
		c.put(0, m.height-1, c.width, warn, fit(m.timeline(), c.width))
		return
	}
	if m.notice != "" {
		c.put(0, m.height-1, c.width, warn, fit(" "+m.notice, c.width))
		return
	}
	c.put(0, m.height-1, c.width, plain, fit(m.keyLine(c.width), c.width))
}

// keyLine returns the names of as many keys as fit, on a narrow screen the most
// important ones.
func (m *model) keyLine(width int) string {
	lines := []string{
		m.say(" Enter closer  Esc back  / filter  b by  ? explain  k kill  space pause  h keys  q end",
			" Enter 细看  Esc 返回  / 过滤  b 分组  ? 解释  k 关闭  空格 暂停  h 按键  q 结束"),
		m.say(" Enter closer  Esc back  / filter  b by  ? explain  k kill  space pause  h keys", " Enter 细看  Esc 返回  / 过滤  ? 解释  h 按键  q 结束"),
		m.say(" Enter closer  / filter  ? explain  h keys  q end", " Enter 细看  / 过滤  h 按键  q 结束"),
	}
	for _, line := range lines {
		if render.Width(line) <= width {
			return line
		}
	}
	return m.say(" h keys  q end", " h 按键  q 结束")
}

// lostGaps returns the gaps of what could have been read but was not.
func (m *model) lostGaps() (lost []problem.Gap) {
	for _, g := range m.last.Value.gaps {
		if !g.Structural {
			lost = append(lost, g)
		}
	}
	return lost
}
