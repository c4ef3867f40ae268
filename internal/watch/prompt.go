// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A prompt is a line being typed: a filter, or keys of groups.
type prompt struct {
	keys  bool // the line has keys of groups
	text  []rune
	at    int // position of the cursor in text
	err   *problem.SyntaxError
	offer []string // words that may come here
	pick  int      // index in offer that Tab has inserted; -1 for none
	typed string   // the word that was typed before Tab
}

// longest is the greatest length of a filter typed here.
const longest = 2000

func (m *model) open(keys bool) {
	text := m.filter
	if keys {
		text = m.by
	}
	m.prompt = &prompt{keys: keys, text: []rune(text), at: utf8.RuneCountInString(text), pick: -1}
	m.prompt.look()
}

// press handles a key. done says that the line is finished, taken that it is to be
// used.
func (p *prompt) press(key, text string) (done, taken bool) {
	if key == "tab" || key == "shift+tab" {
		p.complete(key == "tab")
		return false, false
	}
	switch key {
	case "enter":
		return true, true
	case "esc", "ctrl+c":
		return true, false
	case "left", "ctrl+b":
		p.at = max(0, p.at-1)
	case "right", "ctrl+f":
		p.at = min(len(p.text), p.at+1)
	case "home", "ctrl+a":
		p.at = 0
	case "end", "ctrl+e":
		p.at = len(p.text)
	case "backspace":
		p.cut(p.at-1, p.at)
	case "delete":
		p.cut(p.at, p.at+1)
	case "ctrl+u":
		p.cut(0, p.at)
	case "ctrl+k":
		p.cut(p.at, len(p.text))
	case "ctrl+w":
		p.cut(p.wordAt(), p.at)
	default:
		p.insert(text)
	}
	p.pick, p.err = -1, nil
	p.look()
	return false, false
}

func (p *prompt) cut(from, to int) {
	from, to = max(0, from), min(len(p.text), to)
	if from < to {
		p.text = append(p.text[:from:from], p.text[to:]...)
		p.at = from
	}
}

// insert inserts text at the cursor. Pasted text may contain anything.
func (p *prompt) insert(text string) {
	for _, r := range text {
		if len(p.text) >= longest {
			return
		}
		if r == '\t' || r == '\n' || r == '\r' {
			r = ' '
		}
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			continue
		}
		p.text = append(p.text[:p.at:p.at], append([]rune{r}, p.text[p.at:]...)...)
		p.at++
	}
}

// wordAt returns where the word before the cursor begins.
func (p *prompt) wordAt() int {
	i := p.at
	ends := " ()"
	if p.keys {
		ends = " ,"
	}
	for i > 0 && !strings.ContainsRune(ends, p.text[i-1]) {
		i--
	}
	return i
}

// look finds the words that may come at the cursor.
func (p *prompt) look() {
	from := p.wordAt()
	p.typed = string(p.text[from:p.at])
	p.offer = nil
	for _, w := range p.expected(from) {
		if strings.HasPrefix(w, strings.ToLower(p.typed)) && w != p.typed && !slices.Contains(p.offer, w) { // the word "state" is also a field
			p.offer = append(p.offer, w)
		}
	}
}

func (p *prompt) expected(from int) (words []string) {
	next := query.Expected{Fields: true}
	if !p.keys {
		next = query.Expect(strings.Fields(strings.NewReplacer("(", " ( ", ")", " ").Replace(string(p.text[:from]))))
	}
	words = append(words, next.Words...)
	if next.Fields {
		for f := range socket.Fields() {
			words = append(words, f.Name)
		}
	}
	if next.States {
		for s := range tcp.AllStates.All() {
			words = append(words, strings.ToLower(strings.ReplaceAll(s.String(), "_", "-")))
		}
	}
	return words
}

// complete inserts the next or the previous offered word.
func (p *prompt) complete(forward bool) {
	if len(p.offer) == 0 {
		return
	}
	switch {
	case forward:
		p.pick = (p.pick + 1) % len(p.offer)
	case p.pick <= 0:
		p.pick = len(p.offer) - 1
	default:
		p.pick--
	}
	p.cut(p.wordAt(), p.at)
	p.insert(p.offer[p.pick])
}

// finish uses the typed line, or shows what is wrong with it.
func (m *model) finish() {
	p := m.prompt
	text := strings.TrimSpace(string(p.text))
	filter, by := text, m.by
	if p.keys {
		filter, by = m.filter, text
	}
	if by == "" {
		by = "state"
	}
	q, err := m.question(filter, by)
	if err != nil {
		wrong, ok := errors.AsType[*problem.SyntaxError](err)
		if !ok {
			wrong = &problem.SyntaxError{Src: text, Msg: err.Error(), Zh: problem.Wording(err, true)}
		}
		p.err = wrong
		return
	}
	changed := filter != m.filter
	m.prompt, m.filter, m.by, m.asked = nil, filter, by, q
	if p.keys && m.screen != groups {
		m.screen = groups
		m.turn()
		return
	}
	m.paused = false
	if changed {
		m.forget()
	}
	m.turn()
}

// forget drops what was seen with another filter.
func (m *model) forget() {
	m.now, m.before, m.last, m.whole = nil, nil, nil, nil
	for i := range m.places {
		m.places[i] = place{}
	}
}

// draw draws the line, and below it the offered words or the error.
func (p *prompt) draw(m *model, c *canvas, y int) {
	head := "/ "
	if p.keys {
		head = m.say("by: ", "按：")
	}
	x := c.put(0, y, c.width, lead, head)
	shown, before := window(string(p.text[:p.at]), string(p.text[p.at:]), c.width-x-1)
	c.put(x, y, c.width-x-1, bold, shown)
	at := x + before
	under := " "
	if before < render.Width(shown) {
		under = shown[len(clip(shown, before)):]
		_, size := utf8.DecodeRuneInString(under)
		under = under[:size]
	}
	c.put(at, y, 2, chosen, under)
	c.blank(0, y+1)
	if p.err != nil {
		p.drawError(m, c, x, y+1)
		return
	}
	p.drawOffer(m, c, y+1)
}

// drawError marks the wrong part and shows the error.
func (p *prompt) drawError(m *model, c *canvas, x, y int) {
	src := p.err.Src
	from, to := min(p.err.Start, len(src)), min(max(p.err.End, p.err.Start+1), len(src))
	at := x + render.Width(visible.Text(src[:from]))
	wide := 1
	if from < to {
		wide = max(1, render.Width(visible.Text(src[from:to])))
	}
	at = min(at, max(x, c.width-20))
	after := c.put(at, y, min(wide, c.width-at), bad, strings.Repeat("^", wide))
	msg := p.err.Msg
	if m.o.Lang == knowledge.Chinese && p.err.Zh != "" {
		msg = p.err.Zh
	}
	if after+1+render.Width(visible.Text(msg)) <= c.width {
		c.put(after+1, y, c.width-after-1, bad, msg)
		return
	}
	c.blank(0, y+1)
	c.put(1, y+1, c.width-1, bad, fit(msg, c.width-2))
}

func (p *prompt) drawOffer(m *model, c *canvas, y int) {
	x := c.put(1, y, c.width, faint, m.say("Tab: ", "Tab："))
	for i, w := range p.offer {
		with := faint
		if i == p.pick {
			with = bold
		}
		if p.pick > 3 && i < p.pick-3 {
			continue
		}
		if x+len(w)+2 > c.width {
			return
		}
		x = c.put(x, y, c.width-x, with, w) + 2
	}
}

// window returns the part of a line that fits and contains the cursor, and how many
// of its columns are before the cursor.
func window(head, tail string, width int) (shown string, before int) {
	head, tail = visible.Text(head), visible.Text(tail)
	for render.Width(head) > max(1, width-2) {
		_, size := utf8.DecodeRuneInString(head)
		head = head[size:]
	}
	return head + tail, render.Width(head)
}

// clip returns the beginning of a text that fits so many columns.
func clip(text string, width int) string {
	used := 0
	for i, r := range text {
		if used >= width {
			return text[:i]
		}
		used += columns(r)
	}
	return text
}
