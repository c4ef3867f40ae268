// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestDiagramIsFigure5: every edge of the figure is drawn once, and beside
// them only bind(), which leads to Linux's BOUND.
func TestDiagramIsFigure5(t *testing.T) {
	drawn := map[string]int{}
	for _, e := range edges() {
		tr, ok := transition(e)
		if !ok {
			t.Errorf("%s>%s %s is drawn and is no transition", e.from, e.to, e.event)
		}
		if !tr.Figure && tr.Event != tcp.BindCall {
			t.Errorf("%s>%s %s is drawn and not in figure 5", e.from, e.to, e.event)
		}
		drawn[fmt.Sprint(e.from, e.to, e.event)]++
	}
	for _, tr := range tcp.Transitions() {
		want := 0
		if tr.Figure || tr.Event == tcp.BindCall {
			want = 1
		}
		if got := drawn[fmt.Sprint(tr.From, tr.To, tr.Event)]; got != want {
			t.Errorf("%s>%s %s: want %d, drawn %d times", tr.From, tr.To, tr.Event, want, got)
		}
	}
}

// TestDiagramHasEveryState: one box for each state, a second one for CLOSE.
func TestDiagramHasEveryState(t *testing.T) {
	boxes := map[tcp.State]int{}
	for _, p := range places() {
		boxes[p.state]++
	}
	for s := range tcp.AllStates.All() {
		want := 1
		if s == tcp.Close {
			want = 2
		}
		if boxes[s] != want {
			t.Errorf("%s: want %d boxes, got %d", s, want, boxes[s])
		}
	}
}

// box returns the corners of the box of s.
func box(s tcp.State, foot bool) (near, far point) {
	for _, p := range places() {
		if p.state == s && p.foot == foot {
			height := len(content(p, map[tcp.State]uint64{s: 1})) + 2
			return p.at, point{p.at.x + boxWidth - 1, p.at.y + height - 1}
		}
	}
	return point{-1, -1}, point{-1, -1}
}

// onBorder reports whether p lies on a side (not a corner) of the box.
func onBorder(p, near, far point) bool {
	vertical := (p.x == near.x || p.x == far.x) && p.y > near.y && p.y < far.y
	horizontal := (p.y == near.y || p.y == far.y) && p.x > near.x && p.x < far.x
	return vertical || horizontal
}

// TestEdgesJoinTheirBoxes: each line begins on the border of the state it
// leads from, and its arrow head touches the border of the state it leads to.
func TestEdgesJoinTheirBoxes(t *testing.T) {
	for _, e := range edges() {
		name := fmt.Sprintf("%s>%s %s", e.from, e.to, e.event)
		near, far := box(e.from, false)
		if !onBorder(e.path[0], near, far) {
			t.Errorf("%s begins at %v, outside of %v-%v", name, e.path[0], near, far)
		}
		end := e.path[len(e.path)-1]
		beyond := end
		switch heading(e.path) {
		case up:
			beyond.y--
		case down:
			beyond.y++
		case left:
			beyond.x--
		case right:
			beyond.x++
		}
		near, far = box(e.to, e.toFoot())
		if !onBorder(beyond, near, far) {
			t.Errorf("%s ends at %v, beside %v-%v", name, end, near, far)
		}
		for i := 1; i < len(e.path); i++ {
			if e.path[i].x != e.path[i-1].x && e.path[i].y != e.path[i-1].y {
				t.Errorf("%s: a slanted line from %v to %v", name, e.path[i-1], e.path[i])
			}
		}
	}
}

// TestNothingCollides: no line crosses another or a box, no word lies on
// either, and nothing leaves the canvas, in both languages, with large counts.
func TestNothingCollides(t *testing.T) {
	counts := map[tcp.State]uint64{}
	for s := range tcp.AllStates.All() {
		counts[s] = 999_999_999
	}
	for _, lang := range languages {
		for _, counts := range []map[tcp.State]uint64{nil, {}, counts} {
			if c := drawDiagram(counts, Options{Lang: lang}); len(c.collisions) > 0 {
				t.Errorf("%s diagram: %v", lang, c.collisions)
			}
		}
		for s := range tcp.AllStates.All() {
			for _, limit := range []int{14, 18, 30, 60} {
				o := Options{Lang: lang}
				in, out := incoming(s, limit, o), outgoing(s, limit, o)
				for _, c := range []*canvas{newWheel(s, in, out).draw(), drawStack(s, in, out)} {
					if len(c.collisions) > 0 {
						t.Errorf("%s %s: %v", lang, s, c.collisions)
					}
				}
			}
		}
	}
}

// TestCanvasNoticesCollisions: the test above can fail.
func TestCanvasNoticesCollisions(t *testing.T) {
	for name, draw := range map[string]func(c *canvas){
		"crossing lines": func(c *canvas) {
			c.line(1, false, point{0, 1}, point{4, 1})
			c.line(2, false, point{2, 0}, point{2, 2})
		},
		"text on a line": func(c *canvas) {
			c.line(1, false, point{0, 1}, point{4, 1})
			c.text(point{2, 1}, "x", plain)
		},
		"line over text": func(c *canvas) {
			c.text(point{2, 1}, "x", plain)
			c.line(1, false, point{0, 1}, point{4, 1})
		},
		"outside":      func(c *canvas) { c.text(point{3, 1}, "中文", plain) },
		"far outside":  func(c *canvas) { c.line(1, false, point{0, 1}, point{0, 9}) },
		"left outside": func(c *canvas) { c.text(point{-1, 0}, "x", plain) },
	} {
		c := newCanvas(5, 3)
		draw(c)
		if len(c.collisions) == 0 {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func TestDiagramShowsCounts(t *testing.T) {
	got := Diagram(map[tcp.State]uint64{tcp.TimeWait: 18122, tcp.Listen: 0}, Options{})
	if !strings.Contains(got, "18,122") {
		t.Errorf("no 18,122 in\n%s", got)
	}
	if zeros := strings.Count(got, " 0 "); zeros != 1 {
		t.Errorf("LISTEN is 0 and the others are not known: want one 0, got %d", zeros)
	}
	named := Diagram(nil, Options{})
	for s := range tcp.AllStates.All() {
		if !strings.Contains(named, " "+s.String()+" ") || !strings.Contains(named, s.RFC()) {
			t.Errorf("%s or %s is not in the diagram", s, s.RFC())
		}
	}
}

// TestASCII: the fallback has no character beyond ASCII, in English.
func TestASCII(t *testing.T) {
	o := Options{ASCII: true}
	all := Diagram(sample(), o)
	for s := range tcp.AllStates.All() {
		all += Neighbourhood(s, o)
	}
	for _, r := range all {
		if r > 126 {
			t.Fatalf("%q is not ASCII", r)
		}
	}
}

// TestNeighbourhoodIsTheGraph: every transition of the state is there with the
// names of the other state and of the event, and nothing else is.
func TestNeighbourhoodIsTheGraph(t *testing.T) {
	for _, lang := range languages {
		for _, width := range []int{40, 60, 80, 120, 200} {
			for s := range tcp.AllStates.All() {
				checkNeighbourhood(t, s, Options{Lang: lang, Width: width})
			}
		}
	}
}

func checkNeighbourhood(t *testing.T, s tcp.State, o Options) {
	t.Helper()
	drawing := Neighbourhood(s, o)
	for line := range strings.Lines(drawing) {
		if w := Width(strings.TrimSuffix(line, "\n")); w > o.Width {
			t.Errorf("%s at %d: %d columns: %s", s, o.Width, w, line)
		}
	}
	events := 0
	for _, tr := range append(s.Previous(), s.Next()...) {
		name := tr.From
		if tr.From == s {
			name = tr.To
		}
		label := knowledge.EventText(tr.Event).In(o.Lang)
		end := name.String()
		if tr.To == tcp.Close && s == tcp.Close && failure(tr.Event) {
			end = anyConnection().In(o.Lang)
		} else {
			events++
		}
		if !hasLine(drawing, end, label) {
			t.Errorf("%s at %d (%s): %s %s is not in\n%s", s, o.Width, o.Lang, end, label, drawing)
		}
	}
	for _, sp := range append(incoming(s, 1, o), outgoing(s, 1, o)...) {
		if sp.name != anyConnection().In(o.Lang) {
			events--
		}
	}
	if events != 0 {
		t.Errorf("%s: %d transitions too few or too many", s, events)
	}
}

// hasLine reports whether one line has both words.
func hasLine(drawing, a, b string) bool {
	for line := range strings.Lines(drawing) {
		if strings.Contains(line, a) && strings.Contains(line, b) {
			return true
		}
	}
	return false
}

func TestNeighbourhoodOfNoState(t *testing.T) {
	if got := Neighbourhood(99, Options{}); got != "" {
		t.Errorf("want nothing, got %s", got)
	}
	if Neighbourhood(tcp.NewSynRecv, Options{}) != Neighbourhood(tcp.SynRecv, Options{}) {
		t.Error("NEW_SYN_RECV is not drawn as SYN_RECV")
	}
}

func BenchmarkDiagram(b *testing.B) {
	counts := sample()
	for b.Loop() {
		Diagram(counts, Options{})
	}
}
