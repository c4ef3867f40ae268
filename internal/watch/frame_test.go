// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// hostileNames are names that others could have chosen.
var hostileNames = []string{
	"\x1b[2J\x1b[31mred", "a\tb", "a\nb\r\nc", "\u202egnp.exe", "zero\u200bwidth", "数据库服务", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "\u0301first",
	"👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "각", "\xff\xfe", "", strings.Repeat("長", 300), strings.Repeat("w", 300), "a\u2028b", "\x9b31m", "·", "１２３",
}

// TestHostileNames: whatever a name is, it takes the columns of its cell, and a
// screen is what it says it is.
func TestHostileNames(t *testing.T) {
	for _, name := range hostileNames {
		for _, ascii := range []bool{false, true} {
			for width := 1; width < 40; width++ {
				c := newCanvas(width, 3)
				tab := table{columns: []column{{"name", false}, {"number", true}}, count: 2, row: func(int) row { return row{cells: []string{name, "17"}} }}
				tab.draw(c, 0, 3, &place{})
				for _, l := range c.lines(manner{ascii: ascii, colour: true}) {
					bare := sgrs.ReplaceAllString(l, "")
					if render.Width(bare) > width {
						t.Fatalf("%q: %d columns of %d: %q", name, render.Width(bare), width, bare)
					}
					if visible.Hidden(bare) >= 0 {
						t.Fatalf("%q: %q has something hidden", name, bare)
					}
					if ascii && strings.ContainsFunc(bare, func(r rune) bool { return r > '~' }) {
						t.Fatalf("%q: %q is not ASCII", name, bare)
					}
				}
			}
		}
	}
}

// TestNumbersStandBelowEachOther: a wide name moves nothing to the right of it.
func TestNumbersStandBelowEachOther(t *testing.T) {
	c := newCanvas(40, 4)
	names := []string{"nginx", "数据库", "e\u0301te\u0301"}
	tab := table{columns: []column{{"name", false}, {"number", true}}, count: 3, row: func(i int) row { return row{cells: []string{names[i], "17"}} }}
	tab.draw(c, 0, 4, &place{})
	for i, l := range c.lines(manner{})[1:] {
		l = strings.TrimRight(sgrs.ReplaceAllString(l, ""), " ")
		if got := render.Width(l); got != 16 {
			t.Errorf("row %d ends in column %d: %q", i, got, l)
		}
	}
}

// TestResizes: no line of any screen is wider than the terminal, in 500 sizes
// from one cell on, with whatever is open.
func TestResizes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	keys := []string{"1", "2", "3", "4", "5", "6", "7", "?", "h", "/", "b", "esc", "enter", "down", "up", "left", "right", "pgdown", "end", "home", "t", "space", "tab", "x"}
	for _, lang := range []knowledge.Lang{knowledge.English, knowledge.Chinese} {
		s := &session{t: t, now: time.Unix(0, 0), files: map[string]string{"a": hostileListing()}}
		s.o = Options{Every: time.Second, Lang: lang, Colour: lang == knowledge.Chinese}
		s.facts("", "queue", []string{"10.0.0.1:80", hostileNames[0], "1", "2", "critical"})
		s.facts("", "uses", []string{"10.0.0.1", "10.0.0.2:80", "1", "2"})
		for _, name := range hostileNames {
			s.findings = append(s.findings, diagnose.Finding{Code: "CW01", Summary: knowledge.Text{En: name, Zh: name}, Detail: []knowledge.Text{{En: name, Zh: name}}})
		}
		s.judge()
		for range 250 {
			m := s.model()
			m.width, m.height = 1+random.IntN(220), 1+random.IntN(70)
			if random.IntN(3) == 0 {
				m.width, m.height = 1+random.IntN(90), 1+random.IntN(26)
			}
			key := keys[random.IntN(len(keys))]
			m.press(key, key)
			m.quit = false
			if random.IntN(4) == 0 {
				s.look("", "a")
			}
			s.text()
		}
	}
}

// hostileListing is a machine whose programs have such names.
func hostileListing() string {
	var b strings.Builder
	b.WriteString("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n")
	for i, name := range hostileNames {
		name = strings.NewReplacer("\n", "", "\r", "", `"`, "").Replace(name)
		b.WriteString("ESTAB 0 0 10.0.0.1:80 10.0.0.2:" + string(rune('1'+i%9)) + `000 users:(("` + name + `",pid=1,fd=3))` + "\n")
	}
	return b.String()
}

// TestEveryKeyIsTold: what the page of keys says is what keys do.
func TestEveryKeyIsTold(t *testing.T) {
	s := &session{t: t, now: time.Unix(0, 0)}
	text := strings.Join(s.model().keys(76), "\n")
	for _, key := range []string{"1-7", "↑ ↓ ← →", "PgUp", "Enter", "Esc", "/", "b ", "?", "t ", "k ", "s ", "space", "h ", "q "} {
		if !strings.Contains(text, key) {
			t.Errorf("%q is not among the keys", key)
		}
	}
	for lang, last := range map[knowledge.Lang]string{knowledge.English: "to findings", knowledge.Chinese: "结论出现之时"} {
		s.m.o.Lang, s.m.width, s.m.height = lang, 80, 24
		s.m.help()
		if got := s.text(); !strings.Contains(got, last) || strings.Contains(got, "↓") && strings.Contains(got, s.m.say("more", "还有")+" ") {
			t.Errorf("on 80x24 not all of the keys is seen:\n%s", got)
		}
	}
}

// TestFrameAllocs: a frame costs the same whether a table has a thousand rows or
// a million.
func TestFrameAllocs(t *testing.T) {
	cost := func(count int) float64 {
		made := 0
		tab := table{columns: []column{{"name", false}, {"number", true}}, count: count, row: func(int) row {
			made++
			return row{cells: []string{"name", "17"}}
		}}
		p := place{cursor: count / 2}
		allocs := testing.AllocsPerRun(10, func() {
			c := newCanvas(80, 24)
			tab.draw(c, 0, 24, &p)
			_ = c.lines(manner{})
		})
		if made > 11*24 {
			t.Errorf("%d rows were made for 11 frames of 24", made)
		}
		return allocs
	}
	few, many := cost(1000), cost(1_000_000)
	if many > few*1.1 || many > 500 {
		t.Errorf("%.0f allocations for a million rows, %.0f for a thousand", many, few)
	}
}

// TestNarrow: on a narrow screen each screen still has its key and the shown one its
// name, and groups keep their count rather than their change.
func TestNarrow(t *testing.T) {
	for _, width := range []int{30, 36, 79} {
		m := pastModel(t, 15*time.Minute)
		m.width, m.height, m.screen = width, 12, sockets
		top := m.frame()[0]
		for _, want := range []string{" 1", " 2", " 3", " 4", " 5", " 6", " 7 sockets"} {
			if !strings.Contains(top, want) {
				t.Errorf("%d columns: no %q: %q", width, want, top)
			}
		}
	}
	keep := &table{columns: []column{{"process", false}, {"state", false}, {"count", true}, {"share", true}, {"change", true}}, expendable: []int{3, 4, 1}}
	rows := []row{{cells: []string{"a-long-process-name", "CLOSE_WAIT", "1,848", "99.7 %", "+2.5/s"}}}
	for width, want := range map[int][]int{70: {19, 10, 5, 6, 6}, 38: {16, 10, 5, 0, 0}, 30: {19, 0, 5, 0, 0}} {
		if got := keep.widths(rows, width); !slices.Equal(got, want) {
			t.Errorf("%d columns: widths %v, want %v", width, got, want)
		}
	}
}
