// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// socketTable lists sockets in the order of the kernel's table.
func (m *model) socketTable() *table {
	t := &table{empty: m.waiting()}
	all := m.rows()
	if all == nil {
		return t
	}
	var fields []*socket.Field
	for name := range strings.SplitSeq(rowColumns, ",") {
		f, _ := socket.Lookup(name)
		fields = append(fields, f)
		t.columns = append(t.columns, column{name, f.Type == socket.TypePort || f.Type == socket.TypeBytes})
	}
	if t.count = len(all); t.count == 0 {
		t.empty = m.say("no socket matches the filter", "没有符合过滤条件的套接字")
	}
	if m.hint != nil && m.hint.lacks {
		t.note = m.say("the first ones; whose they are is being looked up…", "最前面的；正在查找属于谁…")
	} else if m.now == nil || m.now.Value.rows == nil {
		t.note = m.say("the first ones; all are being counted…", "最前面的；正在统计全部…")
	} else if n := m.now.Value.tally.Total(); n > uint64(len(all)) && len(all) >= mostRows {
		t.note = fmt.Sprintf(m.say("the first %s of %s: a filter, or groups, tell of the others", "前 %s 个，共 %s 个：其余用过滤条件或分组查看"), knowledge.Grouped(mostRows), knowledge.Grouped(n))
	}
	t.row = func(i int) row { return socketRow(all[i], fields) }
	return t
}

// rows returns the sockets that are listed; nil if they are not known yet.
func (m *model) rows() []*socket.Socket {
	switch {
	case m.hint != nil && m.hint.rows != nil:
		return m.hint.rows
	case m.now != nil:
		return m.now.Value.rows
	default:
		return nil
	}
}

func socketRow(s *socket.Socket, fields []*socket.Field) row {
	r := row{key: strconv.FormatUint(s.Cookie, 10), topic: s.State.String(), ink: good}
	for _, f := range fields {
		r.cells = append(r.cells, cellOf(s, f))
	}
	if s.Cookie != 0 {
		r.drill = []string{"cookie = " + r.key}
	} else {
		r.key = s.Local.String() + s.Remote.String()
	}
	return r
}

func cellOf(s *socket.Socket, f *socket.Field) string {
	v, ok := f.Value(s)
	if !ok {
		return query.UnknownText
	}
	return string(f.Append(nil, v))
}

// A moment is when a socket was seen to enter a state.
type moment struct {
	at    time.Time
	state tcp.State // 0: the socket is gone
}

// openSocket shows one socket with all its fields, and follows its changes.
func (m *model) openSocket() {
	r, ok := m.here()
	if !ok {
		return
	}
	s := m.rows()[m.places[sockets].cursor]
	if s.Cookie == 0 {
		m.notice = m.say("this source has no cookies: one socket cannot be followed", "该来源没有 cookie：无法跟随单个套接字")
		return
	}
	m.cookie, m.life, m.whose = s.Cookie, nil, m.owner(s.Owner)
	title := s.Local.String() + " → " + s.Remote.String()
	if s.State == tcp.Listen {
		title = s.Local.String()
	}
	m.page = &page{title: title, text: func(width int) []string { return m.socketText(width) }}
	m.places[sockets].key = r.key
	m.turn()
}

// live updates the shown socket from a look.
func (m *model) live(s *sampler.Sample[*look]) {
	if m.cookie == 0 || m.asked.cookie != m.cookie {
		return
	}
	var state tcp.State
	if s.Value.one != nil {
		state = s.Value.one.State
	}
	if n := len(m.life); n == 0 || m.life[n-1].state != state {
		m.life = append(m.life, moment{s.At, state})
	}
}

// socketText returns all that is known of a socket, and how it changed while it was
// shown.
func (m *model) socketText(width int) (lines []string) {
	var past []string
	for _, l := range m.life {
		word := l.state.String()
		if l.state == 0 {
			word = m.say("gone", "已消失")
		}
		past = append(past, l.at.Format("15:04:05")+" "+word)
	}
	lines = append(lines, render.Wrap(strings.Join(past, " → "), width)...)
	lines = append(lines, "")
	if m.now == nil || m.now.Value.one == nil {
		return lines
	}
	lines = append(lines, fit(render.Pad("process", 18)+m.whose, width))
	one := m.now.Value.one
	var before *socket.Socket
	if m.before != nil {
		before = m.before.Value.one
	}
	for f := range socket.Fields() {
		if f.Sources&socket.FromSockDiag == 0 {
			continue
		}
		now := cellOf(one, f)
		if v, ok := f.Value(one); !ok || v.Kind() == socket.Absent {
			continue
		}
		text := render.Pad(f.Name, 18) + now
		if before != nil {
			if was := cellOf(before, f); was != now {
				text += m.say("   was ", "   原为 ") + was
			}
		}
		lines = append(lines, fit(text, width))
	}
	return lines
}

// closePage closes a page and stops reading what it shows.
func (m *model) closePage() {
	m.page = nil
	if m.cookie != 0 {
		m.cookie, m.life = 0, nil
		m.turn()
	}
}

// saveNow saves the host in a file in the current directory.
func (m *model) saveNow() {
	if m.o.Save == nil {
		m.notice = m.say("there is nothing to save", "没有可保存的")
		return
	}
	m.save = "tcpvitals-" + m.o.Now().UTC().Format("20060102-150405") + ".snap"
}

// killHere closes the sockets under the cursor with the command kill, which shows
// them and asks.
func (m *model) killHere() {
	if m.paused {
		m.notice = m.say("space goes on: only what is there now can be closed", "按空格继续：只能关闭现在存在的")
		return
	}
	if m.o.Kill == nil {
		m.notice = m.say("nothing can be closed here", "此处无法关闭")
		if m.saved() {
			m.notice += m.say(": it is a saved machine", "：这是保存的机器")
		}
		return
	}
	drill := []string{inState(m.state())}
	if !m.asDiagram() {
		r, ok := m.here()
		if !ok {
			return
		}
		drill = r.drill
	}
	if m.screen == findings {
		m.killFinding()
		return
	}
	if len(drill) == 0 {
		m.notice = m.say("what is not known cannot be chosen", "未知的内容无法选择")
		return
	}
	m.kill = m.joined(drill)
}

// killFinding closes the sockets that a finding names for an emergency.
func (m *model) killFinding() {
	r, ok := m.here()
	if !ok {
		return
	}
	for _, f := range m.judged.Value.found {
		if words := f.Emergency.Words(); f.key == r.key && len(words) > 2 && words[1] == "kill" {
			m.kill = words[2]
			return
		}
	}
	m.notice = m.say("closing sockets does not help here: Enter tells what does", "此处关闭套接字无济于事：Enter 查看该怎么办")
}
